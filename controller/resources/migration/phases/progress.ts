import type { Row, Session } from "../../../core/ports/postgres.ts";
import { quoteIdentifier, quoteLiteral } from "../../../core/sql.ts";

/** SQL on the ledger, as text: each batch carries its own in the same transaction. */
const table = "poststack.backfills";

const key = (order: string): string => `"order" = ${quoteLiteral(order)}::numeric`;
const orNull = (text: string | undefined): string => (text === undefined ? "null" : quoteLiteral(text));

/** How far a backfill has come. Keys as the server writes them. */
export interface Progress {
  /** Whose keys: `public.users.id`. */
  readonly key: string;
  /** The last key that is done; undefined: none yet. */
  readonly doneTo: string | undefined;
  /** The greatest key when it began: what comes after it is written by those who know of the change. Undefined: no rows. */
  readonly until: string | undefined;
  readonly keys: number;
  readonly batches: number;
}

/** Also over what an earlier run left that was rolled back before it had ended. */
export const beginProgress = (
  order: string,
  { key: of, until }: Pick<Progress, "key" | "until">,
  fence: number,
): string =>
  `insert into ${table} ("order", key, until, fence) values (${[order, of].map(quoteLiteral).join(", ")}, ${orNull(until)}, ${fence}) on conflict ("order") do update set key = excluded.key, until = excluded.until, fence = excluded.fence, done_to = null, keys = 0, batches = 0, started_at = now()`;

export const advance = (order: string, doneTo: string, keys: number): string =>
  `update ${table} set done_to = ${orNull(doneTo)}, keys = keys + ${keys}, batches = batches + 1 where ${key(order)}`;

export const endProgress = (order: string): string => `delete from ${table} where ${key(order)}`;

export async function readProgress(
  session: Session,
  order: string,
  signal: AbortSignal,
): Promise<Progress | undefined> {
  const [row] = await session.query(`select * from ${table} where "order" = $1::text::numeric`, [order], signal);
  if (row === undefined) return undefined;
  return {
    key: String(row["key"]),
    doneTo: textIn(row, "done_to"),
    until: textIn(row, "until"),
    keys: Number(row["keys"]),
    batches: Number(row["batches"]),
  };
}

const textIn = (row: Row, column: string): string | undefined => {
  const value = row[column];
  return typeof value === "string" ? value : undefined;
};

/** The column that a backfill goes along. */
export interface Key {
  /** `public.users.id`, for people and for the ledger. */
  readonly called: string;
  /** The table, and the column, as they stand in a statement. */
  readonly table: string;
  readonly column: string;
  readonly type: string;
  /** Rows of the table, as the statistics have it; undefined: it was never analysed. */
  readonly estimate: number | undefined;
}

/** Why there is no such key. */
export type NoKey = "table" | "column" | "primary" | "index" | "nulls";

/**
 * Looks the column up. It needs an index that it leads, else each batch would read the whole table, and may not be null, for
 * a row without a key is in no range.
 *
 * @param names of the table, with its schema or without
 * @param column undefined: that of the primary key, if it is one column
 */
export async function findKey(
  session: Session,
  names: readonly string[],
  column: string | undefined,
  signal: AbortSignal,
): Promise<Key | NoKey> {
  const [found] = await session.query(keyQuery, [names.map(quoteIdentifier).join("."), column ?? null], signal);
  if (found === undefined) return "table";
  const { name, type, schema, relation, rows } = found;
  if (typeof name !== "string" || typeof type !== "string") return column === undefined ? "primary" : "column";
  if (found["indexed"] !== true) return "index";
  if (found["required"] !== true) return "nulls";
  const estimate = Number(rows);
  return {
    called: [schema, relation, name].map(String).join("."),
    table: [schema, relation].map((one) => quoteIdentifier(String(one))).join("."),
    column: quoteIdentifier(name),
    type,
    estimate: estimate < 0 ? undefined : Math.round(estimate),
  };
}

const keyQuery = `
select nspname as schema, relname as relation, reltuples::float8 as rows, attname as name,
  pg_catalog.format_type(atttypid, atttypmod) as type, attnotnull as required,
  exists (select from pg_catalog.pg_index where indrelid = class.oid and indisvalid and indkey[0] = attnum and indpred is null) as indexed
from pg_catalog.pg_class as class join pg_catalog.pg_namespace as namespace on namespace.oid = relnamespace
left join pg_catalog.pg_attribute on attrelid = class.oid and attnum > 0 and not attisdropped and case when $2::text is null
  then attnum = (select indkey[0] from pg_catalog.pg_index where indrelid = class.oid and indisprimary and indnkeyatts = 1)
  else attname = $2::text end
where class.oid = pg_catalog.to_regclass($1::text)`;

/** The greatest key; undefined: there are no rows. */
export async function greatestKey(
  session: Session,
  { table: of, column }: Key,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Qualified: a bare name would mean the text that is selected, if the column is called so (manual: ORDER BY Clause).
  const query = `select source.${column}::text as last from ${of} as source order by source.${column} desc limit 1`;
  const [row] = await session.query(query, [], signal);
  return row === undefined ? undefined : textIn(row, "last");
}

/** The keys of one batch. */
export interface Range {
  readonly first: string;
  readonly last: string;
  readonly keys: number;
}

/** The next keys in order; undefined: all are done. Of keys that are not unique, all equal ones are in the same range. */
export async function nextRange(
  session: Session,
  { table: of, column, type }: Key,
  { doneTo, until }: Pick<Progress, "doneTo" | "until">,
  size: number,
  signal: AbortSignal,
): Promise<Range | undefined> {
  if (until === undefined) return undefined;
  const after = doneTo === undefined ? "" : `${column} > $2::${type} and `;
  const batch = `select ${column} as key from ${of} where ${after}${column} <= $1::${type} order by ${column} limit ${size}`;
  const end = (direction: "asc" | "desc"): string =>
    `(select batch.key::text from batch order by batch.key ${direction} limit 1)`;
  const query = `with batch as materialized (${batch})
    select ${end("asc")} as first, ${end("desc")} as last, (select count(*)::int from batch) as keys`;
  const [row] = await session.query(query, doneTo === undefined ? [until] : [until, doneTo], signal);
  const [first, last] = row === undefined ? [] : [textIn(row, "first"), textIn(row, "last")];
  return first === undefined || last === undefined ? undefined : { first, last, keys: Number(row?.["keys"]) };
}
