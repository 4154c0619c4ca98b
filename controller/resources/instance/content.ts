import type { Content } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { DesiredInstance, InstanceAction } from "./model.ts";

/** Whether there is drift decides whether settings are written, and it is told field by field. */
export function content(action: InstanceAction): Content {
  switch (action.verb) {
    case "create":
      return { facts: serverFacts(action.desired) };
    case "start":
    case "reload":
    case "restart":
      return { facts: { ...serverFacts(action.desired), drift: action.drift.map((one) => ({ ...one })) } };
    case "stop":
      return { facts: { name: action.desired.spec?.name } };
    case "delete":
      return { facts: { name: action.desired.spec?.name, deleteData: action.desired.deleteData } };
    case "refuse":
      return { facts: action.error.code };
    default:
      return unreachable(action);
  }
}

const serverFacts = ({ provider, spec, endpoint, parameters }: DesiredInstance) => ({
  provider,
  name: spec?.name,
  major: spec?.major,
  bind: spec?.bind,
  port: spec?.port,
  admin: endpoint.admin.user,
  parameters,
});
