import { PoststackError } from "../../core/errors.ts";
import { fileStart, type Place } from "../../core/place.ts";
import type { Files } from "../../core/ports/files.ts";
import type { MigrationFile } from "./model.ts";
import { checksumOf } from "./text.ts";

/** SQL as it runs, and the file that it stands in, so that what the server says of it can be placed. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** One migration's text, in bytes. */
const limitBytes = 16 * 1024 * 1024;

/** @throws PoststackError `PLAN_STALE` when the file is no longer what was planned; what `Files.read` throws */
export function readMigration({ name, file, checksum }: MigrationFile, files: Files): Source {
  const source = readSource(file, files);
  if (checksumOf(Buffer.from(source.text)) === checksum) return source;
  throw new PoststackError("PLAN_STALE", {
    what: `${name} changed after it was planned`,
    where: fileStart(file),
    next: "plan again",
  });
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
export function placeAt({ file, text }: Source, offset: number): Place {
  const before = text.slice(0, offset);
  return { file, line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
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
