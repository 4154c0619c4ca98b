import type { ErrorFacts } from "../../core/errors.ts";
import { nameTaken as taken } from "../../core/foreign-objects.ts";
import type { ContainerSummary } from "../../core/ports/container-facts.ts";
import type { PublishedPort } from "../../core/ports/container-spec.ts";
import { takenByTwin, twinIn } from "../../core/twin.ts";
import { portText } from "./notation.ts";
import type { ContainerAction, DesiredContainer } from "./model.ts";

/** Known when it is looked, and again when the engine refuses the name. */
export const nameTaken = (desired: DesiredContainer, holder?: Pick<ContainerSummary, "labels">): ErrorFacts => {
  const twin = holder === undefined ? undefined : twinIn(holder.labels, desired.project);
  if (twin !== undefined) return takenByTwin("container", desired, twin, desired.project);
  const next = `give the service another \`container_name\`, or remove the one that is there: docker rm --force ${desired.name}`;
  return taken("container", desired, next);
};

export const portTaken = ({ id, place }: DesiredContainer, port: PublishedPort, holder: string): ErrorFacts => ({
  code: "PORT_TAKEN",
  what: `port ${portText(port)} of ${id} is taken by container "${holder}"`,
  where: place,
  next: `stop it (docker stop ${holder}), or publish another port`,
});

/** By what is not ours. */
export const livedIn = ({ id, place }: DesiredContainer, names: readonly string[]): ErrorFacts => ({
  code: "ENGINE_OBJECT_IN_USE",
  what: `${id} has to be made anew, and ${names.join(", ")}, which is not of this environment, lives inside its container or one that goes with it`,
  where: place,
  next: `end it first, as Podman removes no container that another one depends on: podman rm --force ${names.join(" ")}`,
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
