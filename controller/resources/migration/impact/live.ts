import type { Session } from "../../../core/ports/postgres.ts";
import { quoteIdentifier, sqlFailure } from "../../../core/sql.ts";
import { keyOf, type Name } from "../lint/names.ts";
import type { CatalogFacts, ForeignKey, RelationKind } from "./catalog.ts";
import type { Asked } from "./asked.ts";
import { catalogQuery } from "./live-query.ts";
import { readReached } from "./reached-query.ts";
import { withoutTexts } from "../../../core/without-texts.ts";

/** What the server says when lock_timeout is over (manual: appendix A). */
const lockNotAvailable = "55P03";

/**
 * One read for all that the statements name, whatever their number. It waits for nobody: the size of a relation, and the
 * words of a CHECK, are asked only where no one holds or wants the ACCESS EXCLUSIVE lock of what the server opens to tell,
 * with ACCESS SHARE; else the size is the one that the last VACUUM or ANALYZE left. So it is for all of them where somebody
 * takes such a lock while they are measured.
 */
export async function readCatalogFacts(session: Session, asked: Asked, signal: AbortSignal): Promise<CatalogFacts> {
  const reached = await readReached(asked.reaching, session, signal);
  const values = [
    asked.relations.map(regclass),
    asked.types.map(({ text }) => text),
    asked.domains.map(regclass),
    [...asked.functions],
    asked.cascades,
    asked.schemas,
    [...new Set([...reached.values()].flat())],
  ];
  const [row] = await session.query(catalogQuery, [...values, false], signal).catch((error: unknown) => {
    if (sqlFailure(error)?.sqlState !== lockNotAvailable) throw error;
    return session.query(catalogQuery, [...values, true], signal);
  });
  const facts = JSON.parse(row?.["facts"] as string) as LiveFacts;
  const textOf = new Map(asked.types.map(({ text, key }) => [text, key]));
  return {
    major: Math.floor(session.version / 10_000),
    named: new Map(facts.named.map(([index, oid]) => [keyOf(asked.relations[index - 1] ?? { name: "" }), oid])),
    relations: facts.relations.map(({ schema, name, relkind, table, columns, checks, ...rest }) => ({
      ...rest,
      name: { schema, name },
      kind: kinds[relkind] ?? "table",
      ...(table === null ? {} : { table }),
      columns: new Map(
        columns.map(([column, type, plainType, isNotNull, generated, base]) => [
          column,
          { type, plainType, isNotNull, generated, ...(base === null ? {} : { base }) },
        ]),
      ),
      checks: checks.map(([check, isValid, of, definition]) => ({
        name: check,
        isValid,
        columns: of,
        definition: definition ?? "",
      })),
    })),
    inheritance: facts.inheritance,
    defaults: facts.defaults,
    foreignKeys: facts.foreign_keys.map(([name, from, to, columns, keys, isValid]): ForeignKey => {
      return { name, from, to, columns, keys, isValid };
    }),
    reads: facts.reads,
    owned: facts.owned,
    types: new Map(
      facts.types.map(([text, plainType, base, isConstrained, takes]) => [
        textOf.get(text) ?? text,
        { plainType, isConstrained, takes, ...(base === null ? {} : { base }) },
      ]),
    ),
    domains: new Map(facts.domains.map(([index, oids]) => [keyOf(asked.domains[index - 1] ?? { name: "" }), oids])),
    reached,
    volatile: new Map(facts.functions),
    isUtc: facts.is_utc,
    holders: facts.holders.map(({ pid, query: text, ...rest }) => ({
      ...rest,
      query: withoutTexts(text),
      ...(pid === null ? {} : { pid }),
    })),
  };
}

/** A name as to_regclass reads it. */
const regclass = ({ schema, name }: Name): string =>
  schema === undefined ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

const kinds: { readonly [letter: string]: RelationKind } = {
  r: "table",
  p: "partitioned table",
  v: "view",
  m: "materialized view",
  i: "index",
  I: "partitioned index",
  S: "sequence",
  f: "foreign table",
  c: "composite type",
};

interface LiveFacts {
  readonly named: readonly [number, number][];
  readonly relations: readonly {
    readonly oid: number;
    readonly schema: string;
    readonly name: string;
    readonly relkind: string;
    readonly bytes: number;
    readonly indexBytes: number;
    readonly rows: number;
    readonly indexes: number;
    readonly isLogged: boolean;
    readonly isTemporary: boolean;
    readonly tablespace: string;
    readonly accessMethod: string;
    readonly table: number | null;
    readonly columns: readonly [string, string, string, boolean, string, string | null][];
    readonly checks: readonly [string, boolean, readonly string[], string | null][];
    readonly indexed: readonly string[];
  }[];
  readonly inheritance: readonly [number, number][];
  readonly defaults: readonly [number, number][];
  readonly foreign_keys: readonly [string, number, number, readonly string[], readonly string[], boolean][];
  readonly reads: readonly [number, number, readonly string[]][];
  readonly owned: readonly [number, number, string][];
  readonly types: readonly [string, string, string | null, boolean, readonly string[]][];
  readonly domains: readonly [number, readonly number[]][];
  readonly functions: readonly [string, boolean][];
  readonly is_utc: boolean;
  readonly holders: readonly {
    readonly pid: number | null;
    readonly application: string;
    readonly state: string;
    readonly ageS: number;
    readonly query: string;
    readonly locks: readonly { readonly relation: number; readonly mode: string }[];
  }[];
}
