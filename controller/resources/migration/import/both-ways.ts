import { PoststackError } from "../../../core/errors.ts";
import { withoutComments } from "../../../core/sql-comments.ts";
import { placeAt, type Source } from "../source.ts";
import { foreignFormats } from "./formats.ts";
import { dbmateMarks, nodePgMigrateMarks } from "./reading.ts";

/** What parts the two ways in one file, by the tool that reads it so. */
const marks: Readonly<Record<string, { readonly up: RegExp; readonly down: RegExp }>> = {
  dbmate: dbmateMarks,
  "node-pg-migrate": nodePgMigrateMarks,
  // Case-insensitive, on a line of their own without a blank before (goose, Annotations).
  goose: { up: /^--\s*\+goose\s+up\b/im, down: /^--\s*\+goose\s+down\b/im },
  // sql-migrate, README: Writing migrations.
  "sql-migrate": { up: /^--\s*\+migrate\s+up\b/im, down: /^--\s*\+migrate\s+down\b/im },
};

/**
 * For a text that would run as a whole: its way back would run right behind its way forward. A mark of the one way alone parts
 * nothing, and what `db import` has written has the mark of its way.
 *
 * @throws PoststackError `MIGRATION_HEADER`
 */
export function refuseBothWays(source: Source): void {
  if (!mayPart.test(source.text)) return;
  for (const [tool, { up, down }] of Object.entries(marks)) {
    const at = source.text.search(down);
    const forward = source.text.search(up);
    if (at < 0 || forward < 0 || isEmpty(source.text.slice(at, forward > at ? forward : undefined))) continue;
    throw new PoststackError("MIGRATION_HEADER", {
      what: `${source.file} holds the way back, too, behind this mark of ${tool}: as a plain file it would run both`,
      where: placeAt(source, at),
      next: foreignFormats.some((format) => format === tool)
        ? `keep the folder as it is with \`migrations: { format: ${tool} }\`, or let \`poststack db import --from ${tool} --write FOLDER\` write two files`
        : "put what is below the mark into a file of its own that ends in .rollback.sql",
    });
  }
}

/** Many files of such tools have the mark of the way back, and nothing behind it: as plain ones they do the same. */
const isEmpty = (way: string): boolean => withoutComments(way, { texts: "code" }).trim() === "";

/** Most texts have no such comment, and cost this one search. */
const mayPart = /^[^\S\n]*--[^\n]*\bdown\b/im;
