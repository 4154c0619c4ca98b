import { PoststackError } from "../../../core/errors.ts";
import { fileStart } from "../../../core/place.ts";
import type { Ports } from "../../../core/ports.ts";
import { done, type Result } from "../../../core/resource.ts";
import { runnable } from "../guard.ts";
import type { MigrationAction, RepeatableFile } from "../model.ts";
import { freshSession, writeLedger } from "../session.ts";
import { readSource, type Source } from "../source.ts";
import { checksumOf } from "../text.ts";
import { runInTransaction } from "../transaction.ts";
import { forgetRepeated, isWritten, markRepeated, writeRepeated } from "./ledger.ts";

type Of<V extends MigrationAction["verb"]> = Extract<MigrationAction, { readonly verb: V }>;

/**
 * One file, one transaction, one row. It is made to run again, so a lost answer is no harm.
 *
 * @throws PoststackError `PLAN_STALE`, `MIGRATION_*`, `FENCED`
 */
export async function repeatMigration(
  { repeatable }: Of<"repeat">,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const source = readRepeatable(repeatable, ports);
  const runs = await runnable(source, true, ports.parser);
  const session = await ports.server.owner(signal);
  const step = {
    name: repeatable.name,
    sources: [runs] as const,
    before: writeRepeated(repeatable, source.text, ports.server.fence()),
    begun: (admin: typeof session, limit: AbortSignal) => isWritten(repeatable, admin, limit),
    after: markRepeated(repeatable.name),
    durable: true,
  };
  await runInTransaction(session, step, ports, signal);
  return done;
}

/** Takes the row out of the ledger, and nothing out of the database. */
export async function forgetMigration({ row }: Of<"forget">, ports: Ports, signal: AbortSignal): Promise<Result> {
  const session = await freshSession(ports, signal);
  await writeLedger(session, forgetRepeated(row.name), ports, signal);
  return done;
}

/** @throws PoststackError `PLAN_STALE` when the file is no longer what was planned */
export function readRepeatable({ name, file, checksum }: RepeatableFile, { files }: Pick<Ports, "files">): Source {
  const source = readSource(file, files);
  if (checksumOf(Buffer.from(source.text)) === checksum) return source;
  throw new PoststackError("PLAN_STALE", {
    what: `${name} changed after it was planned`,
    where: fileStart(file),
    next: "plan again",
  });
}
