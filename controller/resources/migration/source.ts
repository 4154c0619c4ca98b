import { PoststackError } from "../../core/errors.ts";
import { fileStart, type Place } from "../../core/place.ts";
import type { Files } from "../../core/ports/files.ts";
import { convert, type Way } from "./import/reading.ts";
import type { MigrationFile, NamedMigration } from "./model.ts";
import { checksumOf } from "./text.ts";

/** SQL as it runs, and the file that it stands in, so that what the server says of it can be placed. */
export interface Source {
  readonly file: string;
  readonly text: string;
  /** Lines that were put above those of the file. */
  readonly shift?: number;
}

/** One migration's text, in bytes. */
const limitBytes = 16 * 1024 * 1024;

/** @throws PoststackError `PLAN_STALE` when the file is no longer what was planned; what `Files.read` throws */
export function readMigration({ name, file, checksum, reading }: MigrationFile, files: Files): Source {
  const source = readForward({ file, ...(reading === undefined ? {} : { reading }) }, files);
  if (checksumOf(Buffer.from(source.text)) === checksum) return source;
  throw new PoststackError("PLAN_STALE", {
    what: `${name} changed after it was planned`,
    where: fileStart(file),
    next: "plan again",
  });
}

/** The way forward, as it runs. @throws what `readSource` throws; `MIGRATION_HEADER` */
export const readForward = (named: Pick<NamedMigration, "file" | "reading">, files: Files): Source =>
  readWay(named.file, named.reading, "up", files) ?? { file: named.file, text: "" };

/** The way back, as it runs; undefined where there is none. @throws what `readSource` throws; `MIGRATION_HEADER` */
export const readRollback = (
  { rollbackFile, reading }: Pick<NamedMigration, "rollbackFile" | "reading">,
  files: Files,
): Source | undefined => (rollbackFile === undefined ? undefined : readWay(rollbackFile, reading, "down", files));

/**
 * The way back, compared with what was planned.
 *
 * @param checksum undefined where it was not looked at
 * @throws PoststackError `PLAN_STALE`; what {@link readRollback} throws
 */
export function readPlannedRollback(
  named: Pick<NamedMigration, "name" | "rollbackFile" | "reading">,
  checksum: string | undefined,
  files: Files,
): Source | undefined {
  const source = readRollback(named, files);
  if (source !== undefined) checkPlanned(named.name, source, checksum);
  return source;
}

/** @throws PoststackError `PLAN_STALE`: a rollback is another one than the plan has */
export function checkPlanned(name: string, { text }: Source, checksum: string | undefined): void {
  if (checksum === undefined || checksumOf(Buffer.from(text)) === checksum) return;
  throw new PoststackError("PLAN_STALE", {
    what: `the rollback of ${name} changed after it was planned`,
    next: "plan again",
  });
}

function readWay(file: string, reading: NamedMigration["reading"], way: Way, files: Files): Source | undefined {
  const source = readSource(file, files);
  if (reading === undefined) return source;
  const converted = convert(source.text, reading, way, file);
  return converted === undefined ? undefined : { file, ...converted };
}

/** The text that the checksum stands for: `\n` line ends, no byte order mark. */
export function readSource(file: string, files: Files): Source {
  const text = files.read(file, { limitBytes }).replace(/^\u{FEFF}/u, "");
  // A statement goes to the server as a C string: what comes after a NUL would silently not run.
  const nul = text.indexOf("\0");
  if (nul < 0) return { file, text: text.includes("\r") ? text.replaceAll(/\r\n?/g, "\n") : text };
  throw new PoststackError("FILE_UNREADABLE", {
    what: `${file} holds a NUL character`,
    where: placeAt({ file, text }, nul),
    next: "save it as UTF-8 text",
  });
}

/** @param offset in UTF-16 code units */
export function placeAt({ file, text, shift = 0 }: Source, offset: number): Place {
  const before = text.slice(0, offset);
  return { file, line: Math.max(1, before.split("\n").length - shift), column: offset - before.lastIndexOf("\n") };
}

/** The server counts characters; a JavaScript string counts UTF-16 code units. Both from 0 here. */
export function offsetOfCharacter(text: string, character: number): number {
  let offset = 0;
  for (let seen = 0; seen < character && offset < text.length; seen++) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** The first line of a statement, shortened: enough to know it by. */
export function firstLine(statement: string): string {
  const [line = ""] = statement.trimStart().split("\n", 1);
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
