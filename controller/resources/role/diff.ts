import type { Refusal } from "../../core/action.ts";
import { driftOf, summarise, type Drift } from "../../core/drift.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import { resourceId } from "../../core/id.ts";
import { comparable, defaults } from "./attributes.ts";
import type { DesiredRole, MembershipChange, ObservedRole, RoleAction } from "./model.ts";
import { adminStays, invalid, nameTaken, ownsObjects, secretLost, type Seen } from "./refusals.ts";

export function diff(desired: readonly DesiredRole[], observed: readonly ObservedRole[]): readonly RoleAction[] {
  const seen: Seen = {
    // Whoever asked saw at least the role that it asked as: nothing seen means that there is no server yet.
    asked: observed.length > 0,
    admin: observed.find(({ isAdmin }) => isAdmin),
    known: new Set([
      ...observed.map(({ name }) => name),
      ...desired.filter(({ ensure }) => ensure === "present").map(({ name }) => name),
    ]),
  };
  const byName = new Map(observed.map((role) => [role.name, role]));
  const wanted = new Set(desired.map(({ name }) => name));
  return [
    ...desired.flatMap((role) => diffRole(role, byName.get(role.name), seen)),
    ...observed
      .filter((role) => role.owner === "ours" && !role.isAdmin && !wanted.has(role.name))
      .map((role) => drop(role, "no longer in the files", desired[0], undefined)),
  ];
}

function diffRole(desired: DesiredRole, observed: ObservedRole | undefined, seen: Seen): readonly RoleAction[] {
  if (desired.ensure === "absent") {
    if (observed === undefined) return [];
    if (observed.isAdmin) return [refuse(desired, adminStays(desired))];
    if (observed.owner === "foreign") return [refuse(desired, nameTaken(desired, observed))];
    const why = desired.goesWith === undefined ? "ensure: absent" : "goes with its environment";
    return [drop(observed, why, desired, desired)];
  }
  const error = invalid(desired, seen);
  if (error !== undefined) return [refuse(desired, error)];
  if (observed === undefined) return [create(desired)];
  // Poststack works as this login: taking a power or a membership from it could lock Poststack out.
  if (observed.isAdmin) return [];
  if (observed.owner === "foreign") return [refuse(desired, nameTaken(desired, observed))];
  if (desired.generated === "new" && ["differs", "matches", "unknown"].includes(observed.password)) {
    return [refuse(desired, secretLost(desired))];
  }
  return update(desired, observed);
}

function create(desired: DesiredRole): RoleAction {
  const given = driftOf(comparable(desired.attributes), comparable(defaults)).map(({ field, to }) =>
    to === "true" ? field : to === "false" ? `no ${field}` : `${field} ${to}`,
  );
  const words = [
    ...given,
    ...(desired.password === undefined ? [] : ["password"]),
    ...(desired.inRoles.length === 0 ? [] : [`in_roles ${desired.inRoles.join(", ")}`]),
  ];
  return {
    ...facts(desired, ["not found", ...words].join("; ")),
    verb: "create",
    desired,
  };
}

function update(desired: DesiredRole, observed: ObservedRole): readonly RoleAction[] {
  const memberships = membershipChange(desired, observed);
  const drift = [
    ...driftOf(comparable(desired.attributes), comparable(observed.attributes)),
    ...passwordDrift(desired, observed),
    ...memberships.drift,
  ];
  if (drift.length === 0) return [];
  const reason = drift.map((one) => (one.field.startsWith("in_roles ") ? one.field : summarise([one]))).join("; ");
  const change = { ...facts(desired, reason), verb: "update", desired, oid: observed.oid, drift, memberships } as const;
  const takes = memberships.revoke.length > 0 || drift.some(isLostPower);
  return [takes ? { ...change, alsoTakesAway: true } : change];
}

/** `createdb true → false`. Inheriting is the default: a file that is cut off does not end it. */
const isLostPower = ({ field, from, to }: Drift): boolean =>
  from === "true" && to === "false" && !field.startsWith("inherit");

function passwordDrift({ password }: DesiredRole, observed: ObservedRole): readonly Drift[] {
  if (password === undefined) return [];
  if (observed.password === "none") return [{ field: "password", from: "none", to: "set" }];
  return observed.password === "differs" ? [{ field: "password", from: "set", to: "set" }] : [];
}

/**
 * Memberships that others made stay, and count as there. A membership of ours whose INHERIT is not the role's (since
 * Postgres 16 it is fixed when granted) is granted again.
 */
function membershipChange(
  { inRoles, attributes }: DesiredRole,
  observed: ObservedRole,
): MembershipChange & { readonly drift: readonly Drift[] } {
  const missing = inRoles.filter((name) => !observed.inRoles.includes(name));
  const inherits = (name: string): boolean => observed.inheriting.includes(name);
  // Before 16 it follows the role's own attribute; what it is after this update need not be told twice.
  const stale = inRoles.filter(
    (name) =>
      observed.ourMemberships.includes(name) &&
      inherits(name) !== attributes.inherit &&
      observed.attributes.inherit === attributes.inherit,
  );
  const follow = observed.attributes.inherit === attributes.inherit ? [] : observed.ourMemberships;
  const revoke = observed.ourMemberships.filter((name) => !inRoles.includes(name));
  const grant = [...new Set([...missing, ...stale, ...follow.filter((name) => inRoles.includes(name))])].sort();
  return {
    grant,
    revoke,
    ours: [...new Set([...observed.ourMemberships, ...missing])].filter((name) => !revoke.includes(name)).sort(),
    drift: [
      ...missing.map((name) => ({ field: `in_roles + ${name}`, from: "no", to: "yes" })),
      ...revoke.map((name) => ({ field: `in_roles - ${name}`, from: "yes", to: "no" })),
      ...stale.map((name) => ({
        field: `inherit of ${name}`,
        from: String(inherits(name)),
        to: String(attributes.inherit),
      })),
    ],
  };
}

/** @param any a wish of the same environment: for the mark, and for what else goes */
function drop(
  observed: ObservedRole,
  why: string,
  any: DesiredRole | undefined,
  desired: DesiredRole | undefined,
): RoleAction {
  const id = desired?.id ?? resourceId("role", observed.name);
  const common = {
    id,
    kind: "role",
    dependsOn: desired?.dependsOn ?? [],
    hazards: [],
    ...(desired === undefined ? {} : { place: desired.place }),
  } as const;
  const { name, oid, ownedObjects, ownsIn, ownsDatabases } = observed;
  const losesAll = ownsIn.length > 0 && ownsIn.every((database) => any?.goesWith?.includes(database) === true);
  const { handover } = any ?? {};
  const handsOverAll =
    handover !== undefined &&
    handover.to !== name &&
    ownsDatabases.includes(handover.database) &&
    ownsIn.every((database) => database === handover.database);
  if (handsOverAll) {
    const reason = `${why}; what it owns goes to ${handover.to} with the database`;
    const dependsOn = [...common.dependsOn, handover.databaseId];
    return { ...common, dependsOn, verb: "drop", reason, name, oid, mark: any?.mark ?? "" };
  }
  if (ownedObjects === 0 || losesAll) {
    return { ...common, verb: "drop", reason: why, name, oid, mark: any?.mark ?? "" };
  }
  const error = ownsObjects(observed, why, desired);
  return { ...common, verb: "refuse", reason: error.what, error };
}

const facts = (desired: DesiredRole, reason: string) =>
  ({
    id: desired.id,
    kind: "role",
    dependsOn: desired.dependsOn,
    reason,
    hazards: [],
    place: desired.place,
  }) as const;

const refuse = (desired: DesiredRole, error: ErrorFacts): Refusal<"role"> => ({
  ...facts(desired, error.what),
  verb: "refuse",
  error,
});
