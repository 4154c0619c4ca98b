import { PoststackError } from "../../core/errors.ts";
import type { ParsedSql, SqlParser, SqlStatement } from "../../core/ports/sql-parser.ts";
import type { FileSetting } from "./file-settings.ts";
import { firstLine, placeAt, type Source } from "./source.ts";
import { settingsOf } from "./text.ts";

/** Words that the parser must look at: they stand in all that is forbidden, and mostly in what is fine. */
const suspicious = /\b(?:begin|start|commit|end|rollback|abort|savepoint|release|prepare|isolation|stdin)\b|\\/i;

export interface Runnable extends Source {
  /** How the transaction is to begin, where the file says it: `repeatable read`. */
  readonly isolation?: string;
  /** What its header sets, before its first statement. */
  readonly settings: readonly FileSetting[];
}

/**
 * The text as it runs: refuses what would end the migration's transaction or is not SQL, before anything runs
 * (RELIABILITY 25). The same words inside strings, comments, names and function bodies are fine.
 *
 * `BEGIN; …; COMMIT;` around statements of the file is fine too, and common: other tools run files without a transaction.
 * The pair is blanked, position by position, for the file is one transaction already; so is SET TRANSACTION ISOLATION LEVEL
 * before the first statement, for ours comes before it.
 *
 * @throws PoststackError `MIGRATION_TRANSACTION`, `MIGRATION_META_COMMAND`
 */
export async function runnable(source: Source, isTransactional: boolean, parser: SqlParser): Promise<Runnable> {
  const settings = settingsOf(source.text);
  if (!suspicious.test(source.text)) return { ...source, settings };
  const parsed = await parser.parse(source.text);
  const meta = metaCommand(source, parsed);
  if (meta !== undefined) throw meta;
  let text = source.text;
  let open: SqlStatement | undefined;
  let isolation: string | undefined;
  let isFirst = true;
  for (const statement of parsed?.statements ?? []) {
    const { is } = statement.kind;
    if (is === "copy-from-client") throw copyFromClient(source, statement);
    // Only before the first query, which would be one of ours.
    if (statement.kind.is === "isolation" && isFirst && isTransactional) {
      isolation = statement.kind.level;
      text = blanked(text, statement);
    }
    isFirst &&= is === "begin";
    if (is !== "begin" && is !== "commit" && is !== "transaction-control") continue;
    const isPaired = isTransactional && is === (open === undefined ? "begin" : "commit");
    if (!isPaired) throw transactionControl(source, statement, isTransactional);
    open = is === "begin" ? statement : undefined;
    text = blanked(text, statement);
  }
  if (open !== undefined) throw transactionControl(source, open, isTransactional);
  return { ...source, text, settings, ...(isolation === undefined ? {} : { isolation }) };
}

/** Character for character: what the server says of the rest keeps its place. */
const blanked = (text: string, { start, text: statement }: SqlStatement): string =>
  text.slice(0, start) + statement.replaceAll(/[^\n]/gu, " ") + text.slice(start + statement.length);

/** Where the words cannot be told apart (data after COPY may hold a lone quote), a backslash that begins a line tells. */
function metaCommand(source: Source, parsed: ParsedSql | undefined): PoststackError | undefined {
  const offset = parsed === undefined ? source.text.search(/^\\[a-z.!?;]/im) : (parsed.backslash ?? -1);
  if (offset < 0) return undefined;
  const [command = "\\"] = /^\\\S*/.exec(source.text.slice(offset)) ?? [];
  return new PoststackError("MIGRATION_META_COMMAND", {
    what: `\`${command}\` is a command of psql, not SQL`,
    where: placeAt(source, offset),
    next:
      command === "\\."
        ? "write the rows as INSERT statements, or load them in an init job"
        : "write what it does as SQL, or run the script with psql in an init job",
  });
}

const transactionControl = (source: Source, { start, text }: SqlStatement, isTransactional: boolean): PoststackError =>
  new PoststackError("MIGRATION_TRANSACTION", {
    what: isTransactional
      ? `\`${firstLine(text)}\` would end the transaction that the migration runs in`
      : `\`${firstLine(text)}\`: statements of a file with \`-- poststack: no-transaction\` run one by one`,
    where: placeAt(source, start),
    next: isTransactional
      ? "take it out: each file is one transaction with its entry in the ledger already"
      : "put what belongs together in a file of its own, without that line",
  });

const copyFromClient = (source: Source, { start, text }: SqlStatement): PoststackError =>
  new PoststackError("MIGRATION_META_COMMAND", {
    what: `\`${firstLine(text)}\` waits for rows that only psql would send`,
    where: placeAt(source, start),
    next: "write the rows as INSERT statements, or load them in an init job",
  });
