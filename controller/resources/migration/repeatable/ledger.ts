import type { Session } from "../../../core/ports/postgres.ts";
import { quoteLiteral } from "../../../core/sql.ts";
import type { RepeatableFile } from "../model.ts";
import type { RepeatedRow } from "./model.ts";

const table = "poststack.repeatable_migrations";

/** The row as the file leaves it, in the transaction of the file. */
export function writeRepeated({ name, checksum }: RepeatableFile, sql: string, fence: number | string): string {
  const values = [name, checksum, sql].map(quoteLiteral).join(", ");
  return `insert into ${table} (name, checksum, sql, fence) values (${values}, ${fence}) on conflict (name) do update set checksum = excluded.checksum, sql = excluded.sql, fence = excluded.fence, duration_ms = null, applied_by = current_user, applied_at = now()`;
}

export const markRepeated = (name: string): string =>
  `update ${table} set duration_ms = (extract(epoch from clock_timestamp() - now()) * 1000)::int where name = ${quoteLiteral(name)}`;

export const forgetRepeated = (name: string): string => `delete from ${table} where name = ${quoteLiteral(name)}`;

export async function readRepeated(session: Session, signal: AbortSignal): Promise<readonly RepeatedRow[]> {
  const rows = await session.query(`select name, checksum from ${table} order by name collate "C"`, [], signal);
  return rows.map((row) => ({ name: String(row["name"]), checksum: String(row["checksum"]) }));
}

/** Whether the row is as a file would leave it that ended its own transaction. */
export async function isWritten(
  { name, checksum }: RepeatableFile,
  session: Session,
  signal: AbortSignal,
): Promise<boolean> {
  return (await readRepeated(session, signal)).some((row) => row.name === name && row.checksum === checksum);
}
