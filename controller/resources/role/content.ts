import type { Content } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { DesiredRole, RoleAction } from "./model.ts";

/** Of a password only that there is one: which one may be made up after the plan, and then is on disk before it is set. */
export function content(action: RoleAction): Content {
  switch (action.verb) {
    case "create":
      return { facts: roleFacts(action.desired) };
    case "update": {
      const { desired, oid, drift, memberships } = action;
      return {
        facts: {
          ...roleFacts(desired),
          oid,
          drift: drift.map((one) => ({ ...one })),
          grant: memberships.grant,
          revoke: memberships.revoke,
        },
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

const roleFacts = ({ name, ensure, attributes, inRoles, password }: DesiredRole) => ({
  name,
  ensure,
  attributes: { ...attributes },
  inRoles,
  hasPassword: password !== undefined,
});
