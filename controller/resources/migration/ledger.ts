import type { Session } from "../../core/ports/postgres.ts";
import { quoteLiteral } from "../../core/sql.ts";
import type { MigrationFile } from "./model.ts";

/** SQL on the ledger, as text: it travels with the migration, in one pipeline of simple queries. */
const table = "poststack.schema_migrations";

/** The version as the ledger's numeric key. */
const key = (order: string): string => `"order" = ${quoteLiteral(order)}::numeric`;
const orNull = (text: string | undefined): string => (text === undefined ? "null" : quoteLiteral(text));

/** Advisory locks of two keys: this one, and a number that one sending has to itself. */
const held = 0x706f_7374;

/** What is sent behind another migration: that one's version, and the number of this sending. */
export interface Behind {
  readonly order: string;
  readonly sending: number;
}

/**
 * The row as it begins. It goes in before the first statement: when another try (or writer) has applied the version, the
 * primary key says so before anything is done twice.
 *
 * @param behind where it was sent before it was known how that one ends. It must be applied, and `holdBack` must not have
 * come first; else the row is refused: where that one failed at its commit, no transaction is left to refuse it.
 */
export function startRow(
  { order, version, name, checksum }: MigrationFile,
  sql: string,
  rollbackSql: string | undefined,
  fence: number,
  behind?: Behind,
): string {
  const values = [order, version, name, checksum, sql].map(quoteLiteral).join(", ");
  const after = behind === undefined ? "" : `, ${quoteLiteral(behind.order)}, ${held}, ${behind.sending}`;
  return `select poststack.start_migration(${values}, ${orNull(rollbackSql)}, ${fence}${after})`;
}

/** The row of a version whose file has not run: the schema is as if it had. */
export function recordRow(
  { order, version, name, checksum }: MigrationFile,
  sql: string,
  rollbackSql: string | undefined,
  fence: number,
): string {
  const values = [order, version, name, checksum, "applied", sql].map(quoteLiteral);
  return `insert into ${table} ("order", version, name, checksum, state, sql, rollback_sql, fence) values (${values.join(", ")}, ${orNull(rollbackSql)}, ${fence}) on conflict do nothing`;
}

/** Asked on another session of the database: whether that sending, where it has not begun by now, will be refused. */
export const holdBack = `select pg_catalog.pg_try_advisory_lock(${held}, $1) as held`;
export const letGo = `select pg_catalog.pg_advisory_unlock(${held}, $1)`;

/** The row of a version that another transaction has recorded already. */
export const isRecorded = (constraint: string | undefined): boolean => constraint === "schema_migrations_pkey";

export const markApplied = (order: string): string => `select poststack.finish_migration(${quoteLiteral(order)})`;

export const deleteRow = (order: string): string => `delete from ${table} where ${key(order)}`;

/** The row's file as it is now. Also what was started: a person has brought the database to the state after it. */
export function updateRow(
  { order, version, name, checksum }: MigrationFile,
  sql: string,
  rollbackSql: string | undefined,
): string {
  return `update ${table} set version = ${quoteLiteral(version)}, name = ${quoteLiteral(name)}, checksum = ${quoteLiteral(checksum)}, state = 'applied', statement_begun = null, sql = ${quoteLiteral(sql)}, rollback_sql = ${orNull(rollbackSql)} where ${key(order)}`;
}

/** One version's row, with what only applying needs. */
export interface FullRow {
  readonly name: string;
  readonly checksum: string;
  readonly state: "started" | "applied" | "reverting";
  readonly sql: string;
  readonly rollbackSql: string | undefined;
  readonly statementsDone: number;
  readonly statementBegun: number | undefined;
}

export async function readRow(session: Session, order: string, signal: AbortSignal): Promise<FullRow | undefined> {
  const [row] = await session.query(`select * from ${table} where "order" = $1::text::numeric`, [order], signal);
  if (row === undefined) return undefined;
  const state = row["state"];
  return {
    name: String(row["name"]),
    checksum: String(row["checksum"]),
    state: state === "started" || state === "reverting" ? state : "applied",
    sql: typeof row["sql"] === "string" ? row["sql"] : "",
    rollbackSql: typeof row["rollback_sql"] === "string" ? row["rollback_sql"] : undefined,
    statementsDone: Number(row["statements_done"]),
    statementBegun: typeof row["statement_begun"] === "number" ? row["statement_begun"] : undefined,
  };
}

/** What a file without a transaction has come to. `begun`: its end is not known until something says so. */
export const setProgress = (order: string, done: number, begun: number | undefined): string =>
  `update ${table} set statements_done = ${done}, statement_begun = ${begun ?? "null"} where ${key(order)}`;

/** The text that is being run, where a person has corrected what had not run yet. */
export const setText = (order: string, sql: string, checksum: string): string =>
  `update ${table} set sql = ${quoteLiteral(sql)}, checksum = ${quoteLiteral(checksum)} where ${key(order)}`;

export const markReverting = (order: string, rollbackSql: string): string =>
  `update ${table} set state = 'reverting', statements_done = 0, statement_begun = null, rollback_sql = ${quoteLiteral(rollbackSql)} where ${key(order)}`;

export const unmarkReverting = (order: string): string => `update ${table} set state = 'applied' where ${key(order)}`;

export const setRollback = (order: string, rollbackSql: string): string =>
  `update ${table} set rollback_sql = ${quoteLiteral(rollbackSql)} where ${key(order)}`;

/** What is in the database was there before the first migration and is not theirs. */
export const markForeign = "insert into poststack.system_info values ('baseline', '0') on conflict do nothing";
