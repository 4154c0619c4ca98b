import type { ErrorFacts } from "../../core/errors.ts";
import type { PublishedPort } from "../../core/ports/container-spec.ts";
import { portText } from "./plain-text.ts";
import type { ContainerAction, DesiredContainer } from "./model.ts";

/** Known when it is looked, and again when the engine refuses the name. */
export const nameTaken = ({ name, place }: DesiredContainer): ErrorFacts => ({
  code: "NAME_TAKEN",
  what: `a container "${name}" is there already, and Poststack did not make it for this environment`,
  where: place,
  next: `give the service another \`container_name\`, or remove the one that is there: docker rm ${name}`,
});

export const portTaken = ({ id, place }: DesiredContainer, port: PublishedPort, holder: string): ErrorFacts => ({
  code: "PORT_TAKEN",
  what: `port ${portText(port)} of ${id} is taken by container "${holder}"`,
  where: place,
  next: `stop it (docker stop ${holder}), or publish another port`,
});

export const refuse = ({ id, dependsOn, place }: DesiredContainer, error: ErrorFacts): ContainerAction => ({
  kind: "container",
  verb: "refuse",
  id,
  dependsOn,
  hazards: [],
  place,
  reason: error.what,
  error,
});
