import type { Drift } from "../../core/drift.ts";
import { kindOf, resourceId, type ResourceId } from "../../core/id.ts";
import type {
  DesiredGrant,
  GrantAction,
  ObservedGrant,
  ObservedPrivilege,
  Privilege,
  PrivilegeType,
  Surplus,
} from "./model.ts";
import { invalid } from "./refusals.ts";
import { describe, keyOf, wishesOf, worldOf, type Wishes, type World } from "./wishes.ts";

/**
 * Wishes of all grants are one set: what one of them asks for, another one's end does not take away. Privileges that
 * others granted count as there, and are never taken away.
 */
export function diff(
  desired: readonly DesiredGrant[],
  observed: readonly ObservedGrant[],
  changing: ReadonlySet<ResourceId>,
): readonly GrantAction[] {
  const world = worldOf(observed);
  const grants = desired.map((grant) => ({ grant, wishes: wishesOf(grant, world) }));
  const surplus = surplusOf(grants, world);
  const taken = new Set<Surplus>();
  const actions = grants.flatMap(({ grant, wishes }): readonly GrantAction[] => {
    const mine = surplus.filter((one) => !taken.has(one) && speaksOf(grant, one.privilege));
    for (const one of mine) taken.add(one);
    const error = invalid(grant, world);
    if (error !== undefined) return [{ ...facts(grant, error.what), verb: "refuse", error }];
    return diffGrant(grant, grows(grant, changing) ? withComing(grant, wishes) : wishes, mine, world);
  });
  return [
    ...actions,
    ...revocations(
      surplus.filter((one) => !taken.has(one)),
      world,
    ),
  ];
}

/**
 * Whether it speaks of objects that migrations of the same plan may make: granted behind them, in the plan that was
 * approved, and not in one that comes after it. What the owner makes later has its default privileges already.
 */
const grows = ({ on, forFuture, dependsOn }: DesiredGrant, changing: ReadonlySet<ResourceId>): boolean =>
  "names" in on &&
  on.names === "all" &&
  !forFuture &&
  dependsOn.some((id) => kindOf(id) === "migration" && changing.has(id));

const withComing = ({ on }: DesiredGrant, wishes: Wishes): Wishes =>
  wishes.notThere.length > 0 ? wishes : { ...wishes, coming: `${on.type}s of this plan's migrations` };

function diffGrant(
  desired: DesiredGrant,
  { privileges, notThere, coming }: Wishes,
  surplus: readonly Surplus[],
  world: World,
): readonly GrantAction[] {
  // Nobody could be asked, as there is no server: everything is still to be granted.
  if (world.version === undefined) {
    return [{ ...facts(desired, describe(desired)), verb: "create", desired, missing: privileges }];
  }
  const there = new Map(world.privileges.map((one) => [keyOf(one.to, one, one.owner), one]));
  const found = (one: Privilege): ObservedPrivilege | undefined => there.get(keyOf(desired.to, one, desired.owner));
  const missing = privileges.filter((one) => {
    const granted = found(one);
    return granted === undefined || (desired.withGrantOption && !granted.grantable);
  });
  missing.sort((a, b) => compare(gained(a, false).field, gained(b, false).field));
  if (missing.length === 0 && notThere.length === 0 && coming === undefined && surplus.length === 0) return [];
  if (surplus.length === 0 && !privileges.some((one) => found(one) !== undefined)) {
    const later = notThere.map((one) => `${one} does not exist yet`);
    const what = [describe(desired), ...later, ...(coming === undefined ? [] : [`also ${coming}`])];
    return [{ ...facts(desired, what.join("; ")), verb: "create", desired, missing }];
  }
  const drift = [
    ...missing.map((one) => gained(one, found(one) !== undefined)),
    ...surplus.map(lost),
    ...[...notThere, ...(coming === undefined ? [] : [coming])].map((one) => ({
      field: `+ ${one}`,
      from: "not there yet",
      to: "granted",
    })),
  ];
  const change = { ...facts(desired, shortened(drift)), verb: "update", desired, drift, missing, surplus } as const;
  return [surplus.length === 0 ? change : { ...change, alsoTakesAway: true }];
}

/** What is ours, is there, and is wished by nobody. */
function surplusOf(
  grants: readonly { readonly grant: DesiredGrant; readonly wishes: Wishes }[],
  { privileges }: World,
): readonly Surplus[] {
  const wished = new Map<string, { readonly option: boolean }>();
  for (const { grant, wishes } of grants) {
    for (const one of wishes.privileges) {
      const key = keyOf(grant.to, one, grant.owner);
      wished.set(key, { option: grant.withGrantOption || wished.get(key)?.option === true });
    }
  }
  return privileges
    .flatMap((privilege): readonly Surplus[] => {
      const wish = wished.get(keyOf(privilege.to, privilege, privilege.owner));
      if (wish === undefined && privilege.ours) return [{ privilege, onlyOption: false }];
      const losesOption = privilege.optionOurs && privilege.grantable && wish?.option !== true;
      return losesOption ? [{ privilege, onlyOption: true }] : [];
    })
    .sort((a, b) => compare(lost(a).field, lost(b).field));
}

/** Whether a person would look for this privilege under that grant. */
function speaksOf({ to, on }: DesiredGrant, privilege: ObservedPrivilege): boolean {
  if (to !== privilege.to || on.type !== privilege.type.replace("default ", "")) return false;
  return on.type === "database" || on.schema === privilege.schema;
}

/**
 * One action for each role, type and schema whose grant has gone from the files. No wish is left to say what they need:
 * the database, and by way of it the server, which may be about to restart.
 */
function revocations(surplus: readonly Surplus[], { database }: World): readonly GrantAction[] {
  const groups = new Map<string, Surplus[]>();
  for (const one of surplus) {
    const { to, type, schema } = one.privilege;
    const where = schema === "" ? "database" : `${type.replace("default ", "")}s.${schema}`;
    const name = `${to}.${type === "schema" ? `schema.${schema}` : where}`;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, group]) => ({
      id: resourceId("grant", name),
      kind: "grant",
      verb: "revoke",
      dependsOn: database === undefined ? [] : [resourceId("database", database)],
      reason: `no longer in the files: ${shortened(group.map(lost))}`,
      hazards: [],
      surplus: group,
    }));
}

const readable = (type: PrivilegeType, object: string): string =>
  type.startsWith("default ") ? `later ${type.slice("default ".length)}s in schema ${object}` : `${type} ${object}`;

const gained = ({ type, object, privilege }: Privilege, onlyOption: boolean): Drift => ({
  field: `+ ${onlyOption ? "grant option for " : ""}${privilege} on ${readable(type, object)}`,
  from: "no",
  to: "yes",
});

const lost = ({ privilege: { type, object, privilege }, onlyOption }: Surplus): Drift => ({
  field: `- ${onlyOption ? "grant option for " : ""}${privilege} on ${readable(type, object)}`,
  from: "yes",
  to: "no",
});

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Fields that are told one by one before the rest is counted. */
const told = 4;

function shortened(drift: readonly Drift[]): string {
  const fields = drift.map(({ field }) => field);
  if (fields.length <= told + 1) return fields.join("; ");
  return `${fields.slice(0, told).join("; ")}; and ${fields.length - told} more`;
}

const facts = (desired: DesiredGrant, reason: string) =>
  ({
    id: desired.id,
    kind: "grant",
    dependsOn: desired.dependsOn,
    reason,
    hazards: [],
    place: desired.place,
  }) as const;
