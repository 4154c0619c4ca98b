import type { ErrorFacts } from "../../core/errors.ts";
import { quoteIdentifier, quoteLiteral } from "../../core/sql.ts";
import { expiry } from "./attributes.ts";
import type { DesiredRole, ObservedRole } from "./model.ts";

/** What one look at the server tells about all roles. */
export interface Seen {
  readonly asked: boolean;
  readonly admin: ObservedRole | undefined;
  readonly known: ReadonlySet<string>;
}

/** Why a role cannot be made as the files ask, whatever the server holds under its name. */
export function invalid({ name, attributes, inRoles, place }: DesiredRole, seen: Seen): ErrorFacts | undefined {
  // Names that Postgres keeps for itself (manual: CREATE ROLE, Predefined Roles).
  if (name.startsWith("pg_") || ["public", "none"].includes(name)) {
    return {
      code: "NAME_TAKEN",
      what: `"${name}" is a name that Postgres keeps for itself`,
      where: place,
      next: "choose another name",
    };
  }
  if (Number.isNaN(Date.parse(attributes.validUntil ?? "")) && expiry(attributes.validUntil) !== "never") {
    return {
      code: "CONFIG_TYPE",
      what: `valid_until of role "${name}" is not a date: ${attributes.validUntil ?? ""}`,
      where: place,
      next: "write it as 2027-01-31 or 2027-01-31T12:00:00Z",
    };
  }
  const missing = seen.asked ? inRoles.filter((parent) => !seen.known.has(parent)) : [];
  if (missing.length > 0) {
    return {
      code: "ROLE_MISSING",
      what: `role "${name}" is to be in ${missing.map((one) => `"${one}"`).join(", ")}, which neither the files make nor the server has`,
      where: place,
      next: "correct the name, or add the role under roles:",
    };
  }
  if (attributes.superuser && seen.admin?.attributes.superuser === false) {
    return {
      code: "NOT_PERMITTED",
      what: `role "${name}" is to be superuser, which only a superuser can make; Poststack works as "${seen.admin.name}"`,
      where: place,
      next: "take superuser out of the file, or give Poststack a superuser's login",
    };
  }
  return undefined;
}

export function nameTaken({ name, mark, ensure, place }: DesiredRole, observed: ObservedRole): ErrorFacts {
  const why = observed.strayMark
    ? "its mark names another role: it was dropped and made again by hand, or restored from a dump"
    : "Poststack did not make it";
  const adopt = `comment on role ${quoteIdentifier(name)} is ${quoteLiteral(`${mark} ${observed.oid}`).trim()};`;
  return {
    code: "NAME_TAKEN",
    what: `role "${name}" exists and is not this environment's: ${why}`,
    where: place,
    next:
      ensure === "absent"
        ? `drop it yourself, or hand it over to Poststack: ${adopt}`
        : `choose another name, or hand it over to Poststack: ${adopt}`,
  };
}

export const adminStays = ({ name, place }: DesiredRole): ErrorFacts => ({
  code: "NOT_PERMITTED",
  what: `role "${name}" is the login that Poststack itself uses`,
  where: place,
  next: "give Poststack another login before this one goes",
});

export const secretLost = ({ name, place }: DesiredRole): ErrorFacts => ({
  code: "SECRET_LOST",
  what: `role "${name}" has a password that was generated here and is no longer on disk`,
  where: place,
  next: `put the state directory back, or write the password into the file, or have a new one made after: alter role ${quoteIdentifier(name)} password null;`,
});

export function ownsObjects(observed: ObservedRole, why: string, desired: DesiredRole | undefined): ErrorFacts {
  const { name, ownedObjects, ownsIn } = observed;
  const role = quoteIdentifier(name);
  const where = ownsIn.length === 0 ? "" : ` in ${ownsIn.map((one) => `"${one}"`).join(", ")}`;
  return {
    code: "ROLE_OWNS_OBJECTS",
    what: `role "${name}" is to go (${why}) and owns ${ownedObjects} ${ownedObjects === 1 ? "object" : "objects"}${where}`,
    ...(desired === undefined ? {} : { where: desired.place }),
    next: `in each of these databases, give them to another role: reassign owned by ${role} to another_role; drop owned by ${role};`,
  };
}
