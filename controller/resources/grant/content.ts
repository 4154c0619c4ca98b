import type { Content, Fact } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { DesiredGrant, GrantAction, Privilege, Surplus } from "./model.ts";

/** Every privilege one by one: the reason counts those after the fourth. */
export function content(action: GrantAction): Content {
  switch (action.verb) {
    case "create":
      return { facts: { ...grantFacts(action.desired), missing: gained(action.missing) } };
    case "update": {
      const { desired, missing, surplus } = action;
      return { facts: { ...grantFacts(desired), missing: gained(missing), surplus: lost(surplus) } };
    }
    case "revoke":
      return { facts: { surplus: lost(action.surplus) } };
    case "refuse":
      return { facts: action.error.code };
    default:
      return unreachable(action);
  }
}

const grantFacts = ({ to, on, privileges, withGrantOption, forFuture, owner }: DesiredGrant) => ({
  to,
  on: { ...on },
  privileges,
  withGrantOption,
  forFuture,
  owner,
});

const gained = (missing: readonly Privilege[]): Fact =>
  inOrder(missing.map(({ type, object, privilege }) => [type, object, privilege]));

const lost = (surplus: readonly Surplus[]): Fact =>
  inOrder(
    surplus.map(({ privilege: { to, type, object, oid, owner, privilege }, onlyOption }) => [
      to,
      type,
      object,
      String(oid),
      owner,
      privilege,
      String(onlyOption),
    ]),
  );

/** As the server lists them is by chance. */
const inOrder = (rows: readonly (readonly string[])[]): Fact => rows.map((row) => JSON.stringify(row)).sort();
