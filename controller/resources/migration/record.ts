import type { Ports } from "../../core/ports.ts";
import type { Files } from "../../core/ports/files.ts";
import { done, type Result } from "../../core/resource.ts";
import { deleteRow, markForeign, recordRow, updateRow } from "./ledger.ts";
import type { LedgerRow, MigrationFile, RepeatableFile } from "./model.ts";
import { readRepeatable } from "./repeatable/apply.ts";
import { writeRepeated } from "./repeatable/ledger.ts";
import { freshSession, writeLedger } from "./session.ts";
import { readMigration, readRollback } from "./source.ts";

/**
 * Takes the present schema for what these files made: their rows, without running them. All or none. Without files: takes
 * what is there for foreign.
 *
 * @param repeated repeatable files that have run as they are
 */
export async function baseline(
  migrations: readonly MigrationFile[],
  ports: Ports,
  signal: AbortSignal,
  repeated: readonly RepeatableFile[] = [],
): Promise<Result> {
  if (migrations.length === 0 && repeated.length === 0) {
    // Only the admin may write there.
    const admin = await ports.server.admin(signal);
    await writeLedger(admin, markForeign, ports, signal);
    return { note: "recorded" };
  }
  const session = await freshSession(ports, signal);
  const fence = ports.server.fence();
  const rows = migrations.map((migration) => {
    const { text, rollbackSql } = texts(migration, ports.files);
    return recordRow(migration, text, rollbackSql, fence);
  });
  const again = repeated.map((file) => writeRepeated(file, readRepeatable(file, ports).text, fence));
  await writeLedger(session, [...rows, ...again].join("; "), ports, signal);
  return { note: `${migrations.length} recorded` };
}

/** Takes the file as it is for what was applied. */
export async function repair(migration: MigrationFile, ports: Ports, signal: AbortSignal): Promise<Result> {
  const { text, rollbackSql } = texts(migration, ports.files);
  const session = await freshSession(ports, signal);
  await writeLedger(session, updateRow(migration, text, rollbackSql), ports, signal);
  return done;
}

/** Somebody has seen that nothing of it is in the database. */
export async function unrecord({ order }: LedgerRow, ports: Ports, signal: AbortSignal): Promise<Result> {
  const session = await freshSession(ports, signal);
  await writeLedger(session, deleteRow(order), ports, signal);
  return done;
}

const texts = (
  migration: MigrationFile,
  files: Files,
): { readonly text: string; readonly rollbackSql: string | undefined } => ({
  text: readMigration(migration, files).text,
  rollbackSql: readRollback(migration, files)?.text,
});
