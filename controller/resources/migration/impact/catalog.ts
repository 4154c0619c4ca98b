import { keyOf, type Name } from "../lint/names.ts";

/** What pg_class.relkind says in a letter (manual: pg_class). */
export type RelationKind =
  | "table"
  | "partitioned table"
  | "view"
  | "materialized view"
  | "index"
  | "partitioned index"
  | "sequence"
  | "foreign table"
  | "composite type";

/** A relation of the live database, with as much of it as decides what a statement costs. */
export interface Relation {
  readonly oid: number;
  readonly name: Name;
  readonly kind: RelationKind;
  /** Of the table with its TOAST and without its indexes; of an index, its own. Nothing of the partitions. */
  readonly bytes: number;
  readonly indexBytes: number;
  /** The server's estimate; -1 where it was never vacuumed or analysed (manual: pg_class.reltuples). */
  readonly rows: number;
  readonly indexes: number;
  readonly isLogged: boolean;
  readonly isTemporary: boolean;
  /** Empty: the database's own. */
  readonly tablespace: string;
  /** `heap`; empty where there is nothing stored. */
  readonly accessMethod: string;
  /** Of an index: its table. */
  readonly table?: number;
  readonly columns: ReadonlyMap<string, Column>;
  readonly checks: readonly Check[];
  /** Columns that an index is on. */
  readonly indexed: readonly string[];
}

export interface Column {
  /** As format_type writes it: `character varying(20)`. */
  readonly type: string;
  /** The same without what stands in brackets: `character varying`. */
  readonly plainType: string;
  /** Of a domain, the type that it is made of. */
  readonly base?: string;
  readonly isNotNull: boolean;
  /** s: stored, v: virtual, empty: not generated. */
  readonly generated: string;
}

interface Check {
  readonly name: string;
  readonly columns: readonly string[];
  /** Every row is known to pass. */
  readonly isValid: boolean;
  /** `CHECK ((code IS NOT NULL))` */
  readonly definition: string;
}

export interface ForeignKey {
  readonly name: string;
  /** Oids of the tables. */
  readonly from: number;
  readonly to: number;
  /** Of the one that references, and of the one that is referenced. */
  readonly columns: readonly string[];
  readonly keys: readonly string[];
  /** Every row is known to pass. */
  readonly isValid: boolean;
}

/** A type that a statement names. */
export interface TypeFacts {
  /** As format_type writes it, without what stands in brackets. */
  readonly plainType: string;
  /** A domain: what it is made of. */
  readonly base?: string;
  /** A domain that some value of its base does not pass. */
  readonly isConstrained: boolean;
  /** Plain types whose values it takes as they are stored (manual: CREATE CAST, "binary coercible"). */
  readonly takes: readonly string[];
}

/** A session of somebody else that holds, or waits for, locks; or a transaction that has been open for long. */
export interface Holder {
  readonly pid?: number;
  /** `psql`; what the server calls it where it does not say. */
  readonly application: string;
  /** `idle in transaction`, `active` */
  readonly state: string;
  /** Since its transaction began. */
  readonly ageS: number;
  /** Its last statement, cut. */
  readonly query: string;
  readonly locks: readonly HeldLock[];
}

interface HeldLock {
  readonly relation: number;
  /** As the server writes it: `AccessShareLock`. */
  readonly mode: string;
}

/** What the query of live.ts brings, as it comes. */
export interface CatalogFacts {
  /** The server's major version. */
  readonly major: number;
  /** Oid by {@link keyOf} of the name that a statement has. */
  readonly named: ReadonlyMap<string, number>;
  readonly relations: readonly Relation[];
  /** Child and parent. */
  readonly inheritance: readonly (readonly [number, number])[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Partitioned table and its default partition. */
  readonly defaults: readonly (readonly [number, number])[];
  /** View, what it reads, and which columns of that. */
  readonly reads: readonly (readonly [number, number, readonly string[]])[];
  /** Sequence, the table that owns it, and the column. */
  readonly owned: readonly (readonly [number, number, string])[];
  /** By the text that asked for it. */
  readonly types: ReadonlyMap<string, TypeFacts>;
  /** Tables that have a column of a domain, by the domain's {@link keyOf}. */
  readonly domains: ReadonlyMap<string, readonly number[]>;
  /** Oids of the relations that something else reaches, by its key (reaching.ts). */
  readonly reached: ReadonlyMap<string, readonly number[]>;
  /** Whether a function of that name, the last part of it, may give another value for each row. */
  readonly volatile: ReadonlyMap<string, boolean>;
  /** With it, a timestamp is stored as a timestamptz of the same moment is. */
  readonly isUtc: boolean;
  readonly holders: readonly Holder[];
}

/** The same, to be asked. Of what is not there, and of what the migrations so far make, it knows nothing. */
export interface Catalog extends CatalogFacts {
  readonly find: (name: Name) => Relation | undefined;
  /** The name with the schema in which it is found, as far as that is known. */
  readonly resolve: (name: Name) => Name;
  /** From now on the name means another relation, or (undefined) one that nobody else uses yet. */
  readonly rename: (name: Name, relation: Relation | undefined) => void;
  /** All below it that inherit from it, itself first. */
  readonly family: (relation: Relation) => readonly Relation[];
  readonly parents: (relation: Relation) => readonly Relation[];
  /** The default partition. */
  readonly defaultOf: (relation: Relation) => Relation | undefined;
  readonly tableOf: (index: Relation) => Relation | undefined;
  /** Foreign keys that it has, each with the table that it names. */
  readonly referenced: (relation: Relation) => readonly (ForeignKey & { readonly other: Relation })[];
  /** Foreign keys of others that name it. */
  readonly referencing: (relation: Relation) => readonly (ForeignKey & { readonly other: Relation })[];
  /** Views that read it, or a column of it, and views that read those. */
  readonly viewsOf: (relation: Relation, column?: string) => readonly Relation[];
  /** What a view reads, down to the tables. */
  readonly readBy: (view: Relation) => readonly Relation[];
  /** Oids of the tables that have a column of a domain. */
  readonly usersOf: (domain: Name) => readonly number[];
  /** Sequences that go with it, or with a column of it. */
  readonly sequencesOf: (relation: Relation, column?: string) => readonly Relation[];
}

/** Of a database that has nothing of what is named. */
export const noFacts: CatalogFacts = {
  major: 0,
  named: new Map(),
  relations: [],
  inheritance: [],
  foreignKeys: [],
  defaults: [],
  reads: [],
  owned: [],
  types: new Map(),
  domains: new Map(),
  reached: new Map(),
  volatile: new Map(),
  isUtc: false,
  holders: [],
};

export function openCatalog(facts: CatalogFacts): Catalog {
  const byOid = new Map(facts.relations.map((relation) => [relation.oid, relation]));
  const named = new Map<string, number | undefined>(facts.named);
  const known = (oids: readonly number[]): readonly Relation[] => oids.flatMap((oid) => byOid.get(oid) ?? []);
  const from = (links: readonly (readonly [number, number])[], oid: number): readonly number[] =>
    links.flatMap(([start, end]) => (start === oid ? [end] : []));
  const to = (links: readonly (readonly [number, number])[], oid: number): readonly number[] =>
    links.flatMap(([start, end]) => (end === oid ? [start] : []));
  /** Everything that is reached, without the start. */
  const reached = (start: number, next: (oid: number) => readonly number[]): readonly Relation[] => {
    const all = new Set([start]);
    // A set hands out what is added while it is walked.
    for (const oid of all) for (const one of next(oid)) all.add(one);
    return known([...all].slice(1));
  };
  return {
    ...facts,
    find(name) {
      const oid = named.get(keyOf(name));
      return oid === undefined ? undefined : byOid.get(oid);
    },
    resolve: (name) => name,
    usersOf: (domain) => facts.domains.get(keyOf(domain)) ?? [],
    rename: (name, relation) => named.set(keyOf(name), relation?.oid),
    family: (relation) => [relation, ...reached(relation.oid, (oid) => to(facts.inheritance, oid))],
    parents: ({ oid }) => known(from(facts.inheritance, oid)),
    defaultOf: ({ oid }) => known(from(facts.defaults, oid))[0],
    tableOf: ({ table }) => (table === undefined ? undefined : byOid.get(table)),
    referenced: ({ oid }) =>
      facts.foreignKeys.flatMap((key) => (key.from === oid ? known([key.to]).map((other) => ({ ...key, other })) : [])),
    referencing: ({ oid }) =>
      facts.foreignKeys.flatMap((key) => (key.to === oid ? known([key.from]).map((other) => ({ ...key, other })) : [])),
    viewsOf: ({ oid }, column) => {
      const isOfColumn = ([, of, columns]: CatalogFacts["reads"][number]): boolean =>
        of !== oid || column === undefined || columns.includes(column);
      const reads = facts.reads.filter(isOfColumn).map(pairOf);
      return reached(oid, (one) => to(reads, one));
    },
    readBy: ({ oid }) => reached(oid, (one) => from(facts.reads.map(pairOf), one)),
    sequencesOf: ({ oid }, column) =>
      known(
        facts.owned.flatMap(([sequence, by, of]) =>
          by === oid && (column === undefined || column === of) ? [sequence] : [],
        ),
      ),
  };
}

const pairOf = ([view, of]: CatalogFacts["reads"][number]) => [view, of] as const;

/** As a person writes it: `public` is where a name is looked for anyway. */
export const shortName = ({ schema, name }: Name): Name =>
  schema === "public" || schema === undefined ? { name } : { schema, name };
