import type { MigrationFolder } from "../../../config/source.ts";
import { PoststackError } from "../../../core/errors.ts";
import { fileStart } from "../../../core/place.ts";
import type { SqlParser } from "../../../core/ports/sql-parser.ts";
import type { NamedMigration } from "../../../resources/migration/model.ts";
import { suggestRollback } from "../../../resources/migration/rollback/suggest.ts";
import { readForward, readRollback } from "../../../resources/migration/source.ts";
import { parseTarget } from "../../../resources/migration/target.ts";
import { printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import type { OpenedProject } from "../../open.ts";
import { rollbackFileOf } from "./new-files.ts";

const header = "-- poststack: no-transaction\n";

/**
 * Derives the way back of a migration that has none. Where one file holds both ways it is printed, for a file of the user's
 * is not edited.
 *
 * @throws PoststackError `MIGRATION_UNKNOWN`, `FILE_EXISTS`, `USAGE`
 */
export async function writeRollback(
  version: string,
  existing: readonly NamedMigration[],
  own: MigrationFolder,
  { files, root, parser }: OpenedProject & { readonly parser: SqlParser },
  context: Context,
): Promise<ExitCode> {
  const target = parseTarget(version, existing, []);
  const migration = typeof target === "object" ? existing.find(({ order }) => order === target.order) : undefined;
  if (migration === undefined) {
    throw new PoststackError("MIGRATION_UNKNOWN", {
      what: `no migration has the version ${version}`,
      where: fileStart(own.migrations),
      next: "`poststack db status` lists them",
    });
  }
  if (readRollback(migration, files) !== undefined) {
    throw new PoststackError("FILE_EXISTS", {
      what: `${migration.name} has a way back already, ${migration.rollbackFile ?? migration.file}`,
      next: "edit it, or remove it first",
    });
  }
  const parsed = await parser.parse(readForward(migration, files).text);
  if (parsed === undefined) {
    throw new PoststackError("USAGE", {
      what: `${migration.file} has a quote or comment without an end`,
      where: fileStart(migration.file),
      next: "close it",
    });
  }
  const suggestion = suggestRollback(parsed);
  const path = rollbackFileOf(own.migrationFormat.format, migration);
  const text = `${suggestion.isOutside ? header : ""}-- Takes back ${migration.file}.\n\n${suggestion.text}\n`;
  if (path !== undefined) context.world.writeProjectFiles(root, new Map([[path, text]]), { overwrite: false });
  const rollback = suggestion.isComplete ? "complete" : "partial";
  const told = path === undefined ? { files: [], text } : { files: [path] };
  if (context.json) printJson(context, { version: 1, migration: migration.version, ...told, rollback });
  else if (path === undefined) context.print(text.trimEnd());
  else context.print(path);
  if (!suggestion.isComplete) context.note("Not everything can be derived from the file: see the comments.");
  return exitCode.done;
}
