import type { Content } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { DesiredExtension, ExtensionAction } from "./model.ts";

export function content(action: ExtensionAction): Content {
  switch (action.verb) {
    case "create":
      return { facts: extensionFacts(action.desired) };
    case "update": {
      const { desired, oid, drift } = action;
      return { facts: { ...extensionFacts(desired), oid, drift: drift.map((one) => ({ ...one })) } };
    }
    case "drop":
      return { facts: { name: action.name, oid: action.oid } };
    case "refuse":
      return { facts: action.error.code };
    default:
      return unreachable(action);
  }
}

const extensionFacts = ({ name, version, schema }: DesiredExtension) => ({ name, version, schema });
