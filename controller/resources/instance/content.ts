import type { Content } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { ContainerServer, DesiredInstance, InstanceAction } from "./model.ts";

/** Whether there is drift decides whether settings are written, and it is told field by field. */
export function content(action: InstanceAction): Content {
  switch (action.verb) {
    case "create":
      return { facts: serverFacts(action.desired) };
    case "start":
    case "reload":
    case "restart":
    case "update":
      return { facts: { ...serverFacts(action.desired), drift: action.drift.map((one) => ({ ...one })) } };
    case "replace": {
      const { drift, onlyIf, otherwise } = action;
      return {
        facts: {
          ...serverFacts(action.desired),
          drift: drift.map((one) => ({ ...one })),
          ...(onlyIf === undefined ? {} : { onlyIf: onlyIf.madeFrom }),
          ...(otherwise === undefined ? {} : { otherwise: [otherwise.verb, content(otherwise).facts] }),
        },
      };
    }
    case "stop":
      return { facts: { name: nameOf(action.desired) } };
    case "delete":
      return { facts: { name: nameOf(action.desired), deleteData: action.desired.deleteData } };
    case "refuse":
      return { facts: action.error.code };
    default:
      return unreachable(action);
  }
}

const nameOf = ({ spec, container }: DesiredInstance): string | undefined => spec?.name ?? container?.name;

const serverFacts = ({ provider, spec, container, endpoint, parameters }: DesiredInstance) => ({
  provider,
  ...(container === undefined ? {} : containerFacts(container)),
  ...(spec === undefined ? {} : { name: spec.name, major: spec.major, bind: spec.bind, port: spec.port }),
  admin: endpoint.admin.user,
  parameters,
});

const containerFacts = ({ name, image, major, bind, port, volume, networks, alias }: ContainerServer) => ({
  name,
  image,
  major,
  bind,
  port,
  volume,
  networks,
  alias,
});
