import type { ResourceId } from "../../core/id.ts";
import { PoststackError, type ErrorFacts } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Session } from "../../core/ports/postgres.ts";
import type { SqlParser } from "../../core/ports/sql-parser.ts";
import { readRow } from "./ledger.ts";
import type { LedgerRow, NamedMigration } from "./model.ts";
import { firstLine, placeAt, readForward, type Source } from "./source.ts";
import { headersIn } from "./text.ts";

/** How far an earlier try came with a file whose statements run one by one, and with which text. */
export interface Earlier {
  readonly text: string;
  readonly done: number;
  /** Counts from 1. Its end is not known. */
  readonly begun: number | undefined;
}

/**
 * What has run, or may have, must still be what the file says; the rest may be corrected.
 *
 * @throws PoststackError `MIGRATION_EDITED`
 */
export async function checkUnchanged(
  name: string,
  source: Source,
  { text, done, begun = 0 }: Earlier,
  parser: SqlParser,
): Promise<void> {
  if (text === source.text) return;
  const before = (await parser.parse(text))?.statements ?? [];
  const statements = (await parser.parse(source.text))?.statements ?? [];
  for (let index = 0; index < Math.max(done, begun); index++) {
    if (before[index]?.text === statements[index]?.text) continue;
    throw new PoststackError("MIGRATION_EDITED", {
      what: `statement ${index + 1} of ${name} has run and is no longer the same`,
      where: placeAt(source, statements[index]?.start ?? source.text.length),
      next: "put the statement back as it was; only statements that have not run may be corrected",
      details: [`was: ${firstLine(before[index]?.text ?? "")}`],
    });
  }
}

/** Of files that began and did not finish: why one cannot go on, by its id. The same is asked again when it does. */
export async function observeResumed(
  files: readonly NamedMigration[],
  rows: readonly LedgerRow[],
  session: Session | undefined,
  { files: from, parser }: Pick<Ports, "files" | "parser">,
  signal: AbortSignal,
): Promise<ReadonlyMap<ResourceId, ErrorFacts>> {
  const found = new Map<ResourceId, ErrorFacts>();
  for (const { order } of rows.filter(({ state }) => state === "started")) {
    const file = files.find((one) => one.order === order);
    const row = file === undefined || session === undefined ? undefined : await readRow(session, order, signal);
    if (file === undefined || row === undefined) continue;
    try {
      const source = readForward(file, from);
      const { transactional, phase = file.phase } = headersIn(source.text);
      // A transaction has left nothing, and a backfill goes by its own record.
      if (transactional || phase === "backfill") continue;
      const earlier = { text: row.sql, done: row.statementsDone, begun: row.statementBegun };
      await checkUnchanged(file.name, source, earlier, parser);
    } catch (error) {
      if (!(error instanceof PoststackError)) throw error;
      found.set(file.id, error.facts);
    }
  }
  return found;
}
