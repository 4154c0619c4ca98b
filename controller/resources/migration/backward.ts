import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Session } from "../../core/ports/postgres.ts";
import { done, type Result } from "../../core/resource.ts";
import { runnable } from "./guard.ts";
import { deleteRow, markReverting, readRow, setRollback, unmarkReverting, updateRow, type FullRow } from "./ledger.ts";
import type { MigrationAction } from "./model.ts";
import { freshSession, writeLedger } from "./session.ts";
import { checkPlanned, readMigration, readRollback, type Source } from "./source.ts";
import { runStatements } from "./statements.ts";
import { headersOf } from "./text.ts";
import { runInTransaction } from "./transaction.ts";

type Of<V extends MigrationAction["verb"]> = Extract<MigrationAction, { readonly verb: V }>;

/**
 * Runs the rollback file and takes the row away. Without a file: what the ledger kept of it when the migration was applied.
 *
 * @throws PoststackError `ROLLBACK_MISSING`, `PLAN_STALE`, `MIGRATION_*`, `FENCED`
 */
export async function rollBackMigration(
  { migration: { name, order }, rollbackFile, reading, rollbackChecksum }: Of<"rollback">,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const session = await freshSession(ports, signal);
  const row = await readRow(session, order, signal);
  // An earlier try committed and could not tell.
  if (row === undefined) return { note: "rolled back already" };
  const written = {
    ...(rollbackFile === undefined ? {} : { rollbackFile }),
    ...(reading === undefined ? {} : { reading }),
  };
  const source = readRollback(written, ports.files) ?? recorded(name, row);
  checkPlanned(name, source, rollbackChecksum);
  const { transactional } = headersOf(Buffer.from(source.text));
  const runs = await runnable(source, transactional, ports.parser);
  if (!transactional) {
    return rollBackOutside(session, order, row, source, ports, signal);
  }
  const before = markReverting(order, source.text);
  const begun = { order, state: "reverting" } as const;
  const step = { name, sources: [runs] as const, before, begun, after: deleteRow(order), durable: true };
  await runInTransaction(session, step, ports, signal);
  return done;
}

async function rollBackOutside(
  session: Session,
  order: string,
  row: FullRow,
  source: Source,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const isResumed = row.state === "reverting";
  if (!isResumed) await writeLedger(session, markReverting(order, source.text), ports, signal);
  const earlier = isResumed
    ? { earlier: { text: row.rollbackSql ?? "", done: row.statementsDone, begun: row.statementBegun } }
    : {};
  const ledger = {
    finish: deleteRow(order),
    undo: unmarkReverting(order),
    correct: setRollback(order, source.text),
  };
  const script = { name: row.name, order, source, ...ledger, ...earlier };
  const count = await runStatements(session, script, ports, signal);
  return { note: count === 1 ? "1 statement" : `${count} statements` };
}

/**
 * Takes back what was applied, by the rollback recorded then, and applies the file as it is now: one transaction.
 *
 * @throws PoststackError `ROLLBACK_MISSING`, `PLAN_STALE`, `MIGRATION_*`, `FENCED`
 */
export async function replayMigration(
  { migration, rollbackChecksum }: Of<"replay">,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const { name, order, rollbackFile } = migration;
  const source = readMigration(migration, ports.files);
  const rollbackSql = readRollback(migration, ports.files)?.text;
  const session = await freshSession(ports, signal);
  const row = await readRow(session, order, signal);
  if (row?.checksum === migration.checksum) return { note: "replayed already" };
  if (row === undefined) {
    throw new PoststackError("PLAN_STALE", { what: `${name} is no longer applied`, next: "plan again" });
  }
  const back = recorded(rollbackFile ?? name, row);
  checkPlanned(name, back, rollbackChecksum);
  await runInTransaction(
    session,
    {
      name,
      sources: [await runnable(back, true, ports.parser), await runnable(source, true, ports.parser)],
      before: markReverting(order, back.text),
      begun: { order, state: "reverting" },
      after: updateRow(migration, source.text, rollbackSql),
      durable: true,
    },
    ports,
    signal,
  );
  return done;
}

function recorded(name: string, { rollbackSql }: FullRow): Source {
  if (rollbackSql !== undefined) return { file: `${name} (rollback as recorded)`, text: rollbackSql };
  throw new PoststackError("ROLLBACK_MISSING", {
    what: `${name} has no rollback file, and the ledger kept none`,
    next: "write the rollback file",
  });
}
