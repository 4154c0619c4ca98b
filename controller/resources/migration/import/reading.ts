import { PoststackError } from "../../../core/errors.ts";

/** How a text that another tool runs becomes one that Poststack runs. Without one it is ours already. */
export interface Reading {
  /** One file holds both ways, parted by the marks of this tool. */
  readonly sections?: "dbmate" | "node-pg-migrate";
  /** Whether the tool runs it outside of a transaction: always, never, or where a statement cannot run in one. */
  readonly outside: "yes" | "no" | "if-needed";
}

export type Way = "up" | "down";

/** What runs, and by how many lines it is longer at its top than the file. */
interface Converted {
  readonly text: string;
  readonly shift: number;
}

const header = "-- poststack: no-transaction";

/**
 * What of a text runs, as Poststack would have it written: lines stay where they are, so that errors have their place, and
 * what runs outside of a transaction begins with our header. What `db import` writes is this text.
 *
 * @param text with `\n` line ends
 * @returns undefined where the file has no such way
 * @throws PoststackError `MIGRATION_HEADER`: the marks are not what the tool takes
 */
export function convert(text: string, { sections, outside }: Reading, way: Way, file: string): Converted | undefined {
  if (sections === "dbmate") return dbmateSection(text, way, file);
  const part = sections === undefined ? text : nodePgMigrateSection(text, way, file);
  if (part === undefined) return undefined;
  const runsOutside = outside === "yes" || (outside === "if-needed" && cannotRunInTransaction(part));
  if (!runsOutside || part.split("\n", 1)[0] === header) return { text: part, shift: 0 };
  return { text: `${header}\n${part}`, shift: 1 };
}

/** The marks of dbmate's parser: at the beginning of a line, options behind them (dbmate, pkg/dbmate/migration.go). */
export const dbmateMarks = { up: /^--[^\S\n]*migrate:up(?=\s|$).*$/m, down: /^--[^\S\n]*migrate:down(?=\s|$).*$/m };

/** Up is all before the mark of down: only comments may stand before the mark of up. Options: `transaction:false`. */
function dbmateSection(text: string, way: Way, file: string): Converted | undefined {
  const up = dbmateMarks.up.exec(text);
  const down = dbmateMarks.down.exec(text);
  if (up === null) throw badMarks(file, "has no line `-- migrate:up`, which dbmate asks for");
  if (down !== null && down.index < up.index) throw badMarks(file, "has `-- migrate:down` before `-- migrate:up`");
  if (/^(?!\s*(?:--|$))/m.test(text.slice(0, up.index))) {
    throw badMarks(file, "has statements before `-- migrate:up`, which dbmate refuses");
  }
  const mark = way === "up" ? up : down;
  if (mark === null) return undefined;
  const part = way === "up" ? text.slice(0, down?.index) : from(text, mark.index);
  const isOutside = /\btransaction:false\b/.test(mark[0]);
  return { text: isOutside ? part.replace(mark[0], header) : part, shift: 0 };
}

/** The marks of node-pg-migrate (its src/sqlMigration.ts). What stands above the first one it does not run. */
export const nodePgMigrateMarks = {
  up: /^[^\S\n]*--[\s-]*up\s+migration/im,
  down: /^[^\S\n]*--[\s-]*down\s+migration/im,
};

function nodePgMigrateSection(text: string, way: Way, file: string): string | undefined {
  const up = text.search(nodePgMigrateMarks.up);
  const down = text.search(nodePgMigrateMarks.down);
  if (up < 0 && down >= 0) {
    throw badMarks(file, "has no line `-- Up Migration`: node-pg-migrate would run its way back right behind it");
  }
  if (up < 0) return way === "up" ? text : undefined;
  const [start, other] = way === "up" ? [up, down] : [down, up];
  if (start < 0) return undefined;
  return from(other > start ? text.slice(0, other) : text, start);
}

/** The text from there on, with its lines where they were. */
const from = (text: string, start: number): string =>
  "\n".repeat(text.slice(0, start).split("\n").length - 1) + text.slice(start);

const badMarks = (file: string, what: string): PoststackError =>
  new PoststackError("MIGRATION_HEADER", {
    what: `${file} ${what}`,
    where: { file, line: 1, column: 1 },
    next: "put the mark at the beginning of a line of its own",
  });

/** Comments, strings and bodies in dollar quotes: words in there are no statements. */
const unspoken = /--.*$|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|\$(\w*)\$[\s\S]*?\$\1\$/gm;

/** "cannot run inside a transaction block" (manual: PreventInTransactionBlock's callers). */
const alone =
  /\b(?:create\s+(?:unique\s+)?index|drop\s+index)\s+concurrently\b|\breindex\b[^;]*\bconcurrently\b|\bdetach\s+partition\b[^;]*\bconcurrently\b|(?:^|;)\s*(?:vacuum|alter\s+system|(?:create|drop)\s+(?:database|tablespace))\b/i;

const cannotRunInTransaction = (text: string): boolean =>
  /\b(?:concurrently|vacuum|system|database|tablespace)\b/i.test(text) && alone.test(text.replaceAll(unspoken, " "));
