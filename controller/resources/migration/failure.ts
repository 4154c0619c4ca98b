import { PoststackError } from "../../core/errors.ts";
import { fileStart, type Place } from "../../core/place.ts";
import type { SqlFailure } from "../../core/ports/postgres.ts";
import type { SqlParser, SqlStatement } from "../../core/ports/sql-parser.ts";
import { sqlFailure } from "../../core/sql.ts";
import type { FileSetting } from "./file-settings.ts";
import { byHand } from "./refusals.ts";
import { firstLine, offsetOfCharacter, placeAt, type Source } from "./source.ts";

/** Cannot run inside a transaction block; tried to end the transaction that it runs in. */
export const needsNoTransaction = (error: unknown): boolean =>
  ["25001", "2D000"].includes(sqlFailure(error)?.sqlState ?? "");

export interface Failed {
  readonly name: string;
  readonly source: Source;
  /** What of the file remains, as the end of a sentence. */
  readonly remains: string;
  /** The statement that was sent alone; or the commit, which no statement of the file is to blame for. */
  readonly statement?: SqlStatement | "commit";
  /** All of it was taken back, as is known for certain: also where its transaction was not recognised at the end. */
  readonly isUndone?: boolean;
}

/**
 * What the server said of a migration, with the place in the file. What is not about the file (the connection, the disk,
 * the fence) comes back as it is.
 */
export async function explain(error: unknown, failed: Failed, parser: SqlParser): Promise<unknown> {
  const failure = sqlFailure(error);
  if (!(error instanceof PoststackError) || failure === undefined) return error;
  const { name, source, remains } = failed;
  if (error.code === "MIGRATION_INTERRUPTED") {
    return failed.isUndone === true ? unrecognised(error, failed, parser) : endedItself(error, name, source);
  }
  if (error.code !== "POSTGRES_QUERY") return error;

  const { where, text } = await locate(failure, failed, parser);
  const details = detailsOf(failure, text);
  const code = failure.sqlState === "2D000" ? "MIGRATION_TRANSACTION" : "MIGRATION_FAILED";
  const next = nextStep(failure.sqlState, text) ?? `correct the file and apply again; ${remains}`;
  return new PoststackError(code, { what: `${name}: ${failure.message}`, where, next, details }, { cause: failure });
}

/** The server refuses what a line at the top of the file asks for: a role that the owner may not take, a value out of range. */
export function headerFailed(error: unknown, name: string, source: Source, settings: readonly FileSetting[]): unknown {
  const failure = sqlFailure(error);
  if (!(error instanceof PoststackError) || failure === undefined || error.code !== "POSTGRES_QUERY") return error;
  const setting = settings.find(({ value }) => failure.message.includes(value.replace(/^'|'$/g, ""))) ?? settings[0];
  const { file, shift = 0 } = source;
  return new PoststackError(
    "MIGRATION_FAILED",
    {
      what: `${name}: ${failure.message}`,
      where: { file, line: Math.max(1, (setting?.line ?? 1) - shift), column: 1 },
      next:
        setting?.role === undefined
          ? "correct that line; nothing of the file has run"
          : `let the owner of the database be a member of it: \`in_roles: [${setting.role}]\` in .poststack.yml; nothing of the file has run`,
      details: [`SQLSTATE ${failure.sqlState}`],
    },
    { cause: failure },
  );
}

/** A statement outside of a transaction failed, and may have committed a part of what it does before. */
export async function explainPartial(
  error: unknown,
  failed: Omit<Failed, "remains">,
  parser: SqlParser,
): Promise<unknown> {
  const failure = sqlFailure(error);
  if (failure === undefined) return error;
  const { where, text } = await locate(failure, failed, parser);
  return new PoststackError(
    "MIGRATION_INTERRUPTED",
    {
      what: `${failed.name}: ${failure.message}; the statement runs outside of a transaction, and what it had committed before stays`,
      where,
      next: byHand(failed.name),
      details: detailsOf(failure, text),
    },
    { cause: failure },
  );
}

const detailsOf = (failure: SqlFailure, statement: string | undefined): readonly string[] =>
  [
    `SQLSTATE ${failure.sqlState}`,
    ...(failure.detail === undefined ? [] : [`detail: ${failure.detail}`]),
    ...(failure.hint === undefined ? [] : [`hint: ${failure.hint}`]),
    ...(statement === undefined ? [] : [`statement: ${firstLine(statement)}`]),
  ].flatMap((line) => line.split("\n"));

interface Located {
  readonly where: Place;
  readonly text?: string;
}

async function locate(
  failure: SqlFailure,
  { source, statement }: Omit<Failed, "remains">,
  parser: SqlParser,
): Promise<Located> {
  if (statement === "commit") return { where: fileStart(source.file) };
  if (statement !== undefined) {
    const inside = failure.position === undefined ? 0 : offsetOfCharacter(statement.text, failure.position - 1);
    return { where: placeAt(source, statement.start + inside), text: statement.text };
  }
  const offset = failure.position === undefined ? undefined : offsetOfCharacter(source.text, failure.position - 1);
  const statements = (await parser.parse(source.text))?.statements ?? [];
  const found =
    offset === undefined ? statements[failure.completed ?? 0] : statements.findLast(({ start }) => start <= offset);
  const at = offset ?? found?.start;
  return {
    where: at === undefined ? fileStart(source.file) : placeAt(source, at),
    ...(found === undefined ? {} : { text: found.text }),
  };
}

function nextStep(sqlState: string, statement: string | undefined): string | undefined {
  switch (sqlState) {
    case "25001":
      // SET TRANSACTION after the first query says 25001 too.
      if (/^set\b/i.test(statement ?? "")) return undefined;
      return "put the line `-- poststack: no-transaction` at the top of the file, best in a file with this statement alone";
    case "55P04":
      return "add the value to the enum in a migration of its own, before this one: a new value cannot be used in the transaction that adds it";
    case "57014":
      return "it took longer than the file's `statement-timeout` or `statement_timeout` allows, or somebody cancelled it: do it in smaller steps, or give it more time; nothing of the statement remains";
    case "2D000":
      return "take the COMMIT or ROLLBACK out of the block or procedure, or put `-- poststack: no-transaction` at the top of the file";
    case "42501":
      return "migrations run as the owner of the database, never as superuser: declare extensions and roles in .poststack.yml";
    default:
      return undefined;
  }
}

/** What takes back, or overwrites, the setting by which the transaction is known at its end. */
const takesMark = /^reset\s+all\b|\bpoststack\.transaction\b/i;

/** Only the mark of the transaction is gone, not the transaction. */
async function unrecognised(error: PoststackError, failed: Failed, parser: SqlParser): Promise<PoststackError> {
  const { name, source, remains } = failed;
  const statements = (await parser.parse(source.text))?.statements ?? [];
  const found = statements.findLast(({ text }) => takesMark.test(text));
  const cause = found === undefined ? "a statement, perhaps RESET ALL in a function," : `\`${firstLine(found.text)}\``;
  return new PoststackError(
    "MIGRATION_FAILED",
    {
      what: `${name}: ${cause} takes back the setting by which the migration's transaction is known at its end`,
      where: found === undefined ? fileStart(source.file) : placeAt(source, found.start),
      next: `take it out: each file begins with the settings of a fresh session; \`RESET name\` takes back one of them; ${remains}`,
    },
    { cause: error.cause },
  );
}

const endedItself = (error: PoststackError, name: string, source: Source): PoststackError =>
  new PoststackError(
    "MIGRATION_INTERRUPTED",
    {
      what: `${name} ended its own transaction: what it did before that is in the database, what came after is not`,
      where: fileStart(source.file),
      next: `take the transaction control out of the file, and ${byHand(name)}`,
    },
    { cause: error.cause },
  );
