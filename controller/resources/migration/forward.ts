import { PoststackError } from "../../core/errors.ts";
import { fileStart } from "../../core/place.ts";
import type { Ports } from "../../core/ports.ts";
import type { Session } from "../../core/ports/postgres.ts";
import { done, type Link, type Result } from "../../core/resource.ts";
import { sqlFailure } from "../../core/sql.ts";
import { runnable } from "./guard.ts";
import { deleteRow, isRecorded, markApplied, readRow, setText, startRow, type FullRow } from "./ledger.ts";
import type { MigrationAction, MigrationFile } from "./model.ts";
import { runBackfill } from "./phases/backfill.ts";
import { unlessNewcomers } from "./phases/newcomers.ts";
import { freshSession, writeLedger } from "./session.ts";
import { readMigration, readPlannedRollback, type Source } from "./source.ts";
import { runStatements } from "./statements.ts";
import { runInTransaction } from "./transaction.ts";

/** @throws PoststackError `PLAN_STALE`, `MIGRATION_*`, `FENCED` */
export async function applyMigration(
  { migration, rollbackChecksum, durable, beside }: Extract<MigrationAction, { readonly verb: "apply" }>,
  ports: Ports,
  signal: AbortSignal,
  link?: Link<MigrationAction>,
): Promise<Result> {
  const { name, order } = migration;
  const source = readMigration(migration, ports.files);
  const rollbackSql = readPlannedRollback(migration, rollbackChecksum, ports.files)?.text;
  const runs = await runnable(source, migration.transactional, ports.parser);
  const ahead = link?.before;
  const session = await (migration.transactional ? ports.server.owner(signal) : freshSession(ports, signal));
  if (beside !== undefined) await unlessNewcomers(migration, beside, ports, signal);
  const sending = Math.floor(ports.clock.random() * 2 ** 31);
  const behind = ahead?.action.verb === "apply" ? { order: ahead.action.migration.order, sending } : undefined;
  const before = startRow(migration, source.text, rollbackSql, ports.server.fence(), behind);
  if (!migration.transactional) return applyOutside(session, migration, source, before, ports, signal);
  try {
    const begun = { order, state: "started" } as const;
    const step = { name, sources: [runs] as const, before, begun, after: markApplied(order), durable, sending };
    await runInTransaction(session, step, ports, signal, link);
    return done;
  } catch (error) {
    if (!isRecorded(sqlFailure(error)?.constraint)) throw error;
    return alreadyApplied(migration, await readRow(session, order, signal));
  }
}

async function applyOutside(
  session: Session,
  migration: MigrationFile,
  source: Source,
  before: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const { name, order, checksum } = migration;
  const row = await readRow(session, order, signal);
  if (row !== undefined && row.state !== "started") return alreadyApplied(migration, row);
  if (migration.phase === "backfill") return runBackfill(session, { migration, source, before, row }, ports, signal);
  if (row === undefined) await writeLedger(session, before, ports, signal);
  const ledger = {
    finish: markApplied(order),
    undo: deleteRow(order),
    correct: setText(order, source.text, checksum),
  };
  const earlier =
    row === undefined ? {} : { earlier: { text: row.sql, done: row.statementsDone, begun: row.statementBegun } };
  const count = await runStatements(session, { name, order, source, ...ledger, ...earlier }, ports, signal);
  return { note: count === 1 ? "1 statement" : `${count} statements` };
}

/** An earlier try committed and could not tell, which is success; anything else in its place is not. */
function alreadyApplied({ name, file, checksum }: MigrationFile, row: FullRow | undefined): Result {
  if (row?.state === "applied" && row.checksum === checksum) return { note: "applied already" };
  throw new PoststackError("PLAN_STALE", {
    what: `the ledger has version ${name} by now, ${row === undefined ? "or had it a moment ago" : `${row.state}, with other text`}`,
    where: fileStart(file),
    next: "plan again",
  });
}
