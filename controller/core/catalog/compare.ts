import { lookupOf, type Lookup } from "./lookup.ts";
import {
  listOf,
  textOf,
  type Catalog,
  type CatalogObject,
  type Fact,
  type Grant,
  type Identity,
  type ObjectKind,
} from "./model.ts";
import { followRenames, type Rename } from "./renames.ts";
import { withoutDigests } from "./secret-settings.ts";

/** One object that differs, with what went or came along with it. */
export interface Difference {
  readonly change: "added" | "removed" | "changed";
  readonly kind: ObjectKind;
  readonly identity: Identity;
  /** Empty for what is added or removed as a whole. */
  readonly fields: readonly FieldChange[];
  readonly from?: CatalogObject;
  readonly to?: CatalogObject;
  /** Of what is added or removed: its columns, constraints, indexes, the sequences behind its columns … */
  readonly parts: readonly CatalogObject[];
}

export interface FieldChange {
  /** `type`, `owner`, `comment`, `grants to writer`. */
  readonly field: string;
  /** Absent: as Postgres has it by itself. */
  readonly from?: string;
  readonly to?: string;
}

/**
 * What would have to happen to `old` to make it `to`. The order of columns is no difference: no statement changes it. A table
 * that was renamed is one that changed, and what else differs is told under its new name. Pure; the same catalogs in any order
 * give the same differences, in the order of `to`, then of `old`.
 */
export function compareCatalogs(old: Pick<Catalog, "objects">, to: Pick<Catalog, "objects">): readonly Difference[] {
  const { from, renames } = followRenames(old, to);
  const [before, after] = [lookupOf(from), lookupOf(to)];
  const changes = new Map<Identity, Difference>();
  for (const object of to.objects) {
    const old = before.get(object.identity);
    const change = old === undefined ? undefined : changeOf(old, object);
    if (change !== undefined) changes.set(object.identity, change);
  }
  for (const rename of renames) changes.set(rename.to.identity, withName(rename, changes.get(rename.to.identity)));
  const changed = to.objects
    .flatMap(({ identity }) => changes.get(identity) ?? [])
    .filter((one) => !isHandedDown(one, changes, after));
  return [...whole("added", to, after, before), ...whole("removed", from, before, after), ...changed];
}

/** A table that is called otherwise, with what else is other about it. */
const withName = ({ from, to }: Rename, change: Difference | undefined): Difference => ({
  change: "changed",
  kind: to.kind,
  identity: to.identity,
  fields: [field("name", from.name, to.name), ...(change?.fields ?? [])],
  from,
  to,
  parts: [],
});

/** Objects that only one side has, each part with what it is a part of. */
function whole(
  change: "added" | "removed",
  { objects }: Pick<Catalog, "objects">,
  own: Lookup,
  other: Lookup,
): readonly Difference[] {
  const isNew = (identity: Identity | undefined): boolean =>
    identity !== undefined && own.get(identity) !== undefined && other.get(identity) === undefined;
  /** The outermost new object that this one belongs to; undefined for what a view's query or a type's attributes tell. */
  const rootOf = (object: CatalogObject): CatalogObject | undefined => {
    const home = homesOf(object, own).find((one) => isNew(one));
    const parent = home === undefined ? undefined : own.get(home);
    if (parent !== undefined) return rootOf(parent);
    return object.kind === "column" && /^(?:view|materialized view|type) /.test(object.parent ?? "")
      ? undefined
      : object;
  };
  const families = new Map<CatalogObject, CatalogObject[]>();
  for (const object of objects) {
    const root = isNew(object.identity) ? rootOf(object) : undefined;
    if (root === undefined) continue;
    const family = families.get(root) ?? [];
    families.set(root, family);
    if (object !== root) family.push(object);
  }
  return [...families].map(([object, parts]) => ({
    change,
    kind: object.kind,
    identity: object.identity,
    fields: [],
    ...(change === "added" ? { to: object } : { from: object }),
    parts,
  }));
}

/** What an object may come and go with: its parent, a sequence's column, a function's base type, what it is inherited from. */
function homesOf(object: CatalogObject, lookup: Lookup): readonly Identity[] {
  const column = textOf(object, "ownedBy");
  return [
    ...(object.kind === "sequence" && column !== undefined ? [`column ${column}` as const] : []),
    ...(object.kind === "function" ? typesOf(object, lookup) : []),
    ...(object.parent === undefined ? [] : [object.parent]),
    ...sourcesOf(object, lookup),
  ];
}

/** Types that are made of this function, which speaks of them: neither can be without the other. */
const typesOf = ({ identity, dependsOn }: CatalogObject, lookup: Lookup): readonly Identity[] =>
  dependsOn
    .map(({ on }) => lookup.get(on))
    .filter((one) => one?.kind === "type" && one.dependsOn.some(({ on }) => on === identity))
    .flatMap((one) => one?.identity ?? []);

/** The same thing in the tables that this one's table inherits from, or is a partition of. */
function sourcesOf(object: CatalogObject, lookup: Lookup): readonly Identity[] {
  const index = textOf(object, "attachedTo");
  if (index !== undefined) return [`index ${index}`, ...keyOfIndex(index, object, lookup)];
  const table = object.parent === undefined ? undefined : lookup.get(object.parent);
  if (table === undefined || (object.kind !== "column" && object.kind !== "constraint")) return [];
  const parents = [...listOf(table, "inherits"), textOf(table, "partitionOf") ?? []].flat();
  const name = textOf(object, "name") ?? "";
  return parents.map((parent): Identity =>
    object.kind === "column" ? `column ${parent}.${name}` : `constraint ${name} on ${parent}`,
  );
}

/** The constraint of the parent table that this index is behind. */
function keyOfIndex(index: string, { parent }: CatalogObject, lookup: Lookup): readonly Identity[] {
  const table = parent === undefined ? undefined : lookup.get(parent);
  const above = table === undefined ? undefined : textOf(table, "partitionOf");
  return above === undefined
    ? []
    : lookup
        .partsOf(`table ${above}`)
        .filter(({ kind, shape }) => kind === "constraint" && shape === index)
        .map(({ identity }) => identity);
}

/** Whether the very same has changed in the table above, from where Postgres hands it down. */
function isHandedDown({ to, fields }: Difference, changes: ReadonlyMap<Identity, Difference>, lookup: Lookup): boolean {
  const words = JSON.stringify(fields);
  return (
    to !== undefined && sourcesOf(to, lookup).some((source) => JSON.stringify(changes.get(source)?.fields) === words)
  );
}

function changeOf(from: CatalogObject, to: CatalogObject): Difference | undefined {
  const fields = [
    ...[...new Set([...Object.keys(from.facts), ...Object.keys(to.facts)])]
      .filter((name) => written(from.facts[name]) !== written(to.facts[name]) && !isFilling(name, to))
      .map((name) => field(name, written(from.facts[name]), written(to.facts[name]))),
    ...(from.owner === to.owner ? [] : [field("owner", from.owner, to.owner)]),
    ...(from.comment === to.comment ? [] : [field("comment", from.comment, to.comment)]),
    ...grantFields(from.grants, to.grants),
  ];
  if (fields.length === 0) return undefined;
  return { change: "changed", kind: to.kind, identity: to.identity, fields, from, to, parts: [] };
}

/** A materialized view that has been filled since then has rows, and is no other view. That it is emptied is a change. */
const isFilling = (fact: string, { facts }: CatalogObject): boolean =>
  fact === "populated" && facts["populated"] === undefined;

const written = (fact: Fact | undefined): string | undefined => (typeof fact === "object" ? fact.join(", ") : fact);

const field = (name: string, from: string | undefined, to: string | undefined): FieldChange => ({
  field: name,
  ...(from === undefined ? {} : { from: withoutDigests(from) }),
  ...(to === undefined ? {} : { to: withoutDigests(to) }),
});

function grantFields(from: readonly Grant[], to: readonly Grant[]): readonly FieldChange[] {
  const roles = [...new Set([...from, ...to].map((grant) => grant.to))].sort();
  return roles.flatMap((role) => {
    const [before, after] = [wordsFor(role, from), wordsFor(role, to)];
    return before === after ? [] : [field(`grants to ${role}`, before, after)];
  });
}

function wordsFor(role: string, grants: readonly Grant[]): string | undefined {
  const words = grants
    .filter(({ to }) => to === role)
    .map(
      ({ privilege, grantable, revoked }) =>
        `${revoked ? "no " : ""}${privilege}${grantable ? " with grant option" : ""}`,
    );
  return words.length === 0 ? undefined : words.join(", ");
}
