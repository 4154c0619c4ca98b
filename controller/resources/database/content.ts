import type { Content } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { DatabaseAction, DesiredDatabase } from "./model.ts";

/** Without the mark: before the first apply there is none that would last. */
export function content(action: DatabaseAction): Content {
  switch (action.verb) {
    case "create":
      return { facts: databaseFacts(action.desired) };
    case "update": {
      const { desired, oid, ownerRole, handsOver, drift } = action;
      return {
        facts: { ...databaseFacts(desired), oid, ownerRole, handsOver, drift: drift.map((one) => ({ ...one })) },
      };
    }
    case "drop":
      return { facts: { name: action.name, oid: action.oid } };
    case "refuse":
      return { facts: action.error.code };
    default:
      return unreachable(action);
  }
}

const databaseFacts = ({ name, owner, ledgerVersion }: DesiredDatabase) => ({ name, owner, ledgerVersion });
