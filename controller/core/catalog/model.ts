/** What the catalog of one database holds, as data: read by `read.ts`, written as SQL by `render.ts`, compared by `compare.ts`. */
export interface Catalog {
  /** In the order of their creation inside a parent (columns); else sorted by kind and identity. */
  readonly objects: readonly CatalogObject[];
  /** The role that the database belongs to, quoted; a fact of the place, not of the schema. */
  readonly owner: string;
  /** What is there and is not described: said rather than left out in silence. `operator class public.ops` */
  readonly uncovered: readonly string[];
}

/** In the order in which they are made, where nothing else decides. */
export const kinds = [
  "database",
  "schema",
  "extension",
  "language",
  "access method",
  "foreign data wrapper",
  "server",
  "user mapping",
  "collation",
  "type",
  "domain",
  "domain constraint",
  "text search parser",
  "text search template",
  "text search dictionary",
  "text search configuration",
  "sequence",
  "function",
  "procedure",
  "aggregate",
  "operator",
  "cast",
  "operator family",
  "operator class",
  "conversion",
  "transform",
  "table",
  "foreign table",
  "column",
  "view",
  "materialized view",
  "constraint",
  "index",
  "statistics",
  "foreign key",
  "rule",
  "trigger",
  "policy",
  "publication",
  "event trigger",
  "default privileges",
] as const;

export type ObjectKind = (typeof kinds)[number];

/** `public.users`, `users_pkey on public.users`: as SQL writes it behind the kind. */
export type ObjectName = string;

/** Kind and name: what an object is known by on both sides of a comparison. Never an oid. */
export type Identity = `${ObjectKind} ${ObjectName}` | "database";

/**
 * One object. `facts` hold all that it is made of, by name, as pieces of SQL in the server's own words; what is as
 * Postgres makes it by itself is left out, so that a fact means the same in every version.
 */
export interface CatalogObject {
  readonly kind: ObjectKind;
  readonly identity: Identity;
  readonly name: ObjectName;
  /** The table of a column, constraint, index, trigger …, the domain of its constraint: it goes where that goes. */
  readonly parent?: Identity;
  /** A role's name, quoted. Absent: the owner of the database, or the object has no owner of its own. */
  readonly owner?: string;
  readonly facts: Facts;
  /**
   * What follows from the rest and is not compared. What may not change when it is replaced in place: a view's columns, a
   * function's result and arguments. Of a constraint the index behind it; of an index its name without the schema; of a
   * column the storage of its type.
   */
  readonly shape?: string;
  readonly dependsOn: readonly Dependency[];
  readonly comment?: string;
  /** Sorted. Only what differs from what Postgres grants by itself. */
  readonly grants: readonly Grant[];
}

export type Fact = string | readonly string[];
export type Facts = Readonly<Record<string, Fact>>;

export interface Dependency {
  readonly on: Identity;
  /** By way of a default or a check, which can be added later: where such edges make a circle, it is cut there. */
  readonly soft: boolean;
}

/** One privilege of one role. Who granted it is left out: it follows from who may. */
export interface Grant {
  /** A role's name, quoted; `public`. */
  readonly to: string;
  /** Lower case: `select`. */
  readonly privilege: string;
  readonly grantable: boolean;
  /** Postgres grants it by itself, and here it was taken away. */
  readonly revoked: boolean;
}

export const identityOf = (kind: ObjectKind, name: ObjectName): Identity =>
  // The database is called otherwise wherever its schema is made.
  kind === "database" ? kind : `${kind} ${name}`;

/** A fact that is one text. */
export function textOf({ facts }: CatalogObject, name: string): string | undefined {
  const fact = facts[name];
  return typeof fact === "string" ? fact : undefined;
}

/** A fact that is a list; empty where it is absent. */
export function listOf({ facts }: CatalogObject, name: string): readonly string[] {
  const fact = facts[name];
  return typeof fact === "object" ? fact : [];
}

/** The parent's name without its kind: `table public.users` → `public.users`. */
export function parentName({ parent }: CatalogObject): ObjectName {
  const kind = kinds.find((one) => parent?.startsWith(`${one} `));
  return kind === undefined ? "" : (parent ?? "").slice(kind.length + 1);
}

/** Name and type of each column of a view, as its `shape` tells them. */
export const columnsOfView = ({ shape = "[]" }: CatalogObject): readonly (readonly [string, string])[] =>
  JSON.parse(shape) as readonly (readonly [string, string])[];

/** A quoted name as it is: `"Two Words"` → `Two Words`. */
export const plainName = (name: ObjectName): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
