import type { Row } from "../ports/postgres.ts";
import {
  identityOf,
  kinds,
  type Catalog,
  type CatalogObject,
  type Dependency,
  type Facts,
  type Grant,
  type Identity,
  type ObjectKind,
} from "./model.ts";

/** What the server answered, question by question. */
export interface CatalogRows {
  readonly objects: readonly Row[];
  readonly dependencies: readonly Row[];
  readonly aliases: readonly Row[];
  readonly grants: readonly Row[];
  readonly comments: readonly Row[];
  readonly roles: readonly Row[];
  readonly uncovered: readonly Row[];
}

/** Catalog, oid and column number: what the server knows an object by. */
type Key = `${string}:${string}:${string}`;

/** Rows by oid → objects by name. Pure. */
export function decode(rows: CatalogRows): Catalog {
  const identities = new Map<Key, Identity>();
  for (const row of rows.objects) identities.set(keyOf(row), identityIn(row));
  const find = finder(identities, rows.aliases);

  const owners = new Map(
    rows.roles.map((row) => [text(row["oid"]), row["isOwner"] === true ? undefined : text(row["name"])]),
  );
  const comments = new Map<Identity, string>();
  for (const row of rows.comments) {
    const identity = find(keyOf(row));
    // A comment on the index of a constraint is no comment on the constraint.
    if (identity !== undefined && identities.get(keyOf(row)) === identity) comments.set(identity, text(row["comment"]));
  }
  const grants = new Map<Identity, Grant[]>();
  for (const row of rows.grants) {
    const identity = identities.get(keyOf(row));
    if (identity !== undefined) listIn(grants, identity).push(grantIn(row));
  }
  const dependencies = dependenciesOf(rows.dependencies, find);

  const objects = rows.objects.map((row): CatalogObject => {
    const identity = identityIn(row);
    const owner = owners.get(text(row["owner"]));
    const comment = comments.get(identity);
    return {
      kind: row["kind"] as ObjectKind,
      identity,
      name: text(row["name"]),
      ...(row["parent"] === null ? {} : { parent: row["parent"] as Identity }),
      ...(owner === undefined ? {} : { owner }),
      facts: row["facts"] as Facts,
      ...(row["shape"] === null ? {} : { shape: text(row["shape"]) }),
      dependsOn: dependencies.get(identity) ?? [],
      ...(comment === undefined ? {} : { comment }),
      grants: (grants.get(identity) ?? []).sort(
        (a, b) => compareText(a.to, b.to) || compareText(a.privilege, b.privilege),
      ),
    };
  });
  const owner = rows.roles.find((row) => row["isOwner"] === true);
  return {
    objects: sorted(objects),
    owner: text(owner?.["name"]),
    uncovered: rows.uncovered.map((row) => text(row["name"])),
  };
}

const text = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "number" ? `${value}` : "";
const keyOf = ({ catalog, oid, sub }: Row): Key => `${text(catalog)}:${text(oid)}:${text(sub)}`;
const identityIn = ({ kind, name }: Row): Identity => identityOf(kind as ObjectKind, text(name));

/** The object that stands behind a key: itself, the one it is a part of, or the one that it came with. */
function finder(identities: ReadonlyMap<Key, Identity>, aliasRows: readonly Row[]): (key: Key) => Identity | undefined {
  const aliases = new Map<string, Key>();
  for (const row of aliasRows) {
    const from = `${text(row["catalog"])}:${text(row["oid"])}`;
    aliases.set(from, `${text(row["ofCatalog"])}:${text(row["ofOid"])}:${text(row["ofSub"])}`);
  }
  const find = (key: Key, depth = 0): Identity | undefined => {
    const [catalog = "", oid = ""] = key.split(":");
    const found = identities.get(key) ?? identities.get(`${catalog}:${oid}:0`);
    const alias = aliases.get(`${catalog}:${oid}`);
    // An array of a row type of a view: three steps.
    return found ?? (alias === undefined || depth > 4 ? undefined : find(alias, depth + 1));
  };
  return find;
}

function dependenciesOf(
  rows: readonly Row[],
  find: (key: Key) => Identity | undefined,
): ReadonlyMap<Identity, readonly Dependency[]> {
  const edges = new Map<Identity, Map<Identity, boolean>>();
  for (const row of rows) {
    const from = find(keyOf(row));
    const on = find(`${text(row["onCatalog"])}:${text(row["onOid"])}:${text(row["onSub"])}`);
    if (from === undefined || on === undefined || from === on) continue;
    // OWNED BY makes a sequence depend on its column, whose default depends on the sequence. It is said at the end.
    if (from.startsWith("sequence ")) continue;
    const soft = row["catalog"] === "pg_attrdef";
    const known = edges.get(from) ?? new Map<Identity, boolean>();
    known.set(on, (known.get(on) ?? true) && soft);
    edges.set(from, known);
  }
  return new Map(
    [...edges].map(([from, targets]) => [
      from,
      [...targets].map(([on, soft]) => ({ on, soft })).sort((a, b) => compareText(a.on, b.on)),
    ]),
  );
}

const grantIn = (row: Row): Grant => ({
  to: text(row["to"]),
  privilege: text(row["privilege"]),
  grantable: row["grantable"] === true,
  revoked: row["revoked"] === true,
});

function listIn<K, V>(map: Map<K, V[]>, key: K): V[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}

/** By code units, as no locale decides. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const rank = new Map<ObjectKind, number>(kinds.map((kind, index) => [kind, index]));

/** By kind and identity; columns stay in the order of their table, which is what they are sorted by. */
export const compareObjects = (a: CatalogObject, b: CatalogObject): number =>
  (rank.get(a.kind) ?? 0) - (rank.get(b.kind) ?? 0) ||
  (a.kind === "column" ? compareText(a.parent ?? "", b.parent ?? "") : compareText(a.identity, b.identity));

const sorted = (objects: readonly CatalogObject[]): readonly CatalogObject[] => [...objects].sort(compareObjects);
