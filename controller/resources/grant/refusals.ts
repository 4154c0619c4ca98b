import type { ErrorFacts } from "../../core/errors.ts";
import { resourceId } from "../../core/id.ts";
import type { DesiredGrant, GrantTarget } from "./model.ts";
import type { World } from "./wishes.ts";

/** What each type of object has (manual: 5.8, Privileges). `maintain` came with Postgres 17. */
const privilegesOf: Readonly<Record<GrantTarget["type"], readonly string[]>> = {
  database: ["connect", "create", "temporary"],
  schema: ["create", "usage"],
  table: ["delete", "insert", "maintain", "references", "select", "trigger", "truncate", "update"],
  sequence: ["select", "update", "usage"],
  function: ["execute"],
};

/** Why a grant cannot be made as the files ask. */
export function invalid(desired: DesiredGrant, { version, roles }: World): ErrorFacts | undefined {
  const { to, on, privileges, withGrantOption, forFuture, dependsOn, place } = desired;
  if (on.type !== "database" && on.schema === "poststack") {
    return {
      code: "NOT_PERMITTED",
      what: "schema poststack holds Poststack's own records, and nothing in it is granted",
      where: place,
      next: "remove this grant",
    };
  }
  if (forFuture && (on.type === "database" || on.type === "schema" || on.names !== "all")) {
    return {
      code: "CONFIG_TYPE",
      what: "`default` speaks of all later objects of a schema, and this grant names single ones",
      where: place,
      next: "remove `default`, or write `all` for the names",
    };
  }
  if (to === "public" && withGrantOption) {
    return {
      code: "CONFIG_TYPE",
      what: "PUBLIC cannot have a grant option: it is no role that could grant",
      where: place,
      next: "remove `with_grant_option`",
    };
  }
  const known = privilegesOf[on.type];
  const unknown = privileges.filter((one) => !known.includes(one));
  if (unknown.length > 0) {
    return {
      code: "PRIVILEGE_UNKNOWN",
      what: `${on.type === "table" ? "tables" : `a ${on.type}`} have no privilege ${unknown.join(", ")}`,
      where: place,
      next: `choose among ${known.join(", ")}`,
    };
  }
  if (version !== undefined && version < 170_000 && privileges.includes("maintain")) {
    return {
      code: "PRIVILEGE_UNKNOWN",
      what: `maintain came with Postgres 17, and this server is ${Math.floor(version / 10_000)}`,
      where: place,
      next: "leave it out",
    };
  }
  // Who is made in this plan is among the dependencies.
  if (version !== undefined && to !== "public" && !roles.has(to) && !dependsOn.includes(resourceId("role", to))) {
    return {
      code: "ROLE_MISSING",
      what: `role "${to}" is to be given privileges, and neither the files make it nor the server has it`,
      where: place,
      next: "correct the name, or add the role under roles:",
    };
  }
  return undefined;
}
