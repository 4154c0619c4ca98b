import { basename, dirname, join, resolve } from "node:path";
import { chooseEnvironment } from "../../../config/choose.ts";
import { listFolder } from "../../../config/desired/migrations.ts";
import { migrationsOf } from "../../../config/migration-folder.ts";
import type { MigrationFolder, MigrationFormat, ProjectSource } from "../../../config/source.ts";
import { PoststackError, PoststackErrors } from "../../../core/errors.ts";
import type { SqlParser } from "../../../core/ports/sql-parser.ts";
import type { NamedMigration } from "../../../resources/migration/model.ts";
import { suggestRollback, type Suggestion } from "../../../resources/migration/rollback/suggest.ts";
import type { Context } from "../../context.ts";
import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { nextVersion } from "../../next-version.ts";
import { openProject, type OpenedProject } from "../../open.ts";
import type { Invocation, Options } from "../../spec.ts";
import type { World } from "../../world.ts";
import { filesFor } from "./new-files.ts";
import { writeRollback } from "./new-rollback.ts";

const grammar = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;
const limitBytes = 16 * 1024 * 1024;

/** Writes the next migration, named and numbered as those of the folder are, with a way back where one can be derived. */
export async function newCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const of = options.text("rollbackFor");
  checkUsage(name, of, options);
  const opened = openProject(context);
  const own = folderFor(opened.project, options.text("environment"));
  const { format } = own.migrationFormat;
  const existing = existingIn(opened, own);
  const { clock, parser } = world.openEngine(opened.root, "none", context.log);
  if (of !== undefined) return writeRollback(of, existing, own, { ...opened, parser }, context);

  const given = givenSql(options, world);
  const version = nextVersion(existing, clock.date(), options.flag("timestamp") || usesTimestamps(format, existing));
  const forward = given === undefined ? { isOutside: false } : await read(given, parser);
  const { suggestion } = forward;
  const folder = own.migrations;
  const texts = filesFor(
    format,
    { folder: join(folder), version, name: name ?? "", hasUpFiles: existing.at(-1)?.file.endsWith(".up.sql") === true },
    {
      forward: given === undefined ? forwardText(name ?? "") : `${given.trimEnd()}\n`,
      back: rollbackText(`${version}_${name ?? ""}`, suggestion),
      isOutside: { forward: forward.isOutside, back: suggestion?.isOutside === true },
    },
  );
  world.writeProjectFiles(opened.root, texts, { overwrite: false });
  tell(version, [...texts.keys()], suggestion, context);
  return exitCode.done;
}

function checkUsage(name: string | undefined, rollbackFor: string | undefined, options: Options): void {
  const sources = [options.text("sql"), options.text("from"), rollbackFor].filter((one) => one !== undefined);
  if (sources.length > 1) {
    throw new PoststackError("USAGE", {
      what: "--sql, --from and --rollback-for each say what is written",
      next: "give one of them",
    });
  }
  if (rollbackFor !== undefined) {
    if (name === undefined) return;
    throw new PoststackError("USAGE", {
      what: "--rollback-for names a migration that is there",
      next: `poststack db new --rollback-for ${rollbackFor}`,
    });
  }
  if (name === undefined || !grammar.test(name) || /\.sql$|_(?:rollback|down|up)$/i.test(name))
    throw badName(name ?? "");
}

/**
 * The folder of the environment that is meant; where several could be, the project's.
 *
 * @throws PoststackError `ENVIRONMENT_UNKNOWN`
 */
function folderFor(project: ProjectSource, name: string | undefined): MigrationFolder {
  const usable = [...project.environments.values()].filter(({ template }) => !template);
  const isOpen = name === undefined && project.defaultEnvironment === undefined && usable.length !== 1;
  return isOpen ? project : migrationsOf(project, chooseEnvironment(project, name));
}

/** @throws PoststackErrors `MIGRATION_NAME` */
function existingIn({ files }: OpenedProject, own: MigrationFolder): readonly NamedMigration[] {
  const { migrations, errors } = listFolder(files, join(own.migrations), own.migrationFormat.format);
  if (errors.length > 0) throw new PoststackErrors(errors);
  return migrations;
}

/** What the first migration of a folder looks like, by the tool's own habit. */
const usesTimestamps = (format: MigrationFormat["format"], existing: readonly NamedMigration[]): boolean =>
  existing.length <= 1 && ["dbmate", "diesel", "prisma", "node-pg-migrate"].includes(format);

function givenSql(options: Options, world: World): string | undefined {
  const from = options.text("from");
  if (from === undefined) return options.text("sql");
  const path = resolve(world.cwd, from);
  return world.openFiles(dirname(path)).read(basename(path), { limitBytes }).replaceAll(/\r\n?/g, "\n");
}

/** @throws PoststackError `USAGE`: it is not SQL that the parser can read */
async function read(
  sql: string,
  parser: SqlParser,
): Promise<{ readonly isOutside: boolean; readonly suggestion?: Suggestion }> {
  const parsed = await parser.parse(sql);
  if (parsed === undefined) {
    throw new PoststackError("USAGE", {
      what: "the SQL has a quote or comment without an end",
      next: "close it, or write the file by hand",
    });
  }
  const isOutside = parsed.statements.some(({ kind }) => kind.is === "build-index" || kind.is === "drop-index");
  const hasHeader = /^\s*--\s*poststack\s*:\s*no-transaction\b/i.test(sql);
  return { isOutside: isOutside && !hasHeader, suggestion: suggestRollback(parsed) };
}

function tell(version: string, paths: readonly string[], suggestion: Suggestion | undefined, context: Context): void {
  if (context.json) {
    const rollback = suggestion === undefined ? {} : { rollback: suggestion.isComplete ? "complete" : "partial" };
    return printJson(context, { version: 1, migration: version, files: paths, ...rollback });
  }
  for (const path of paths) context.print(path);
  context.note(suggestion === undefined ? "Write both, then: poststack db migrate" : verdictOf(suggestion));
}

const verdictOf = ({ isComplete }: Suggestion): string =>
  isComplete
    ? "The way back is derived from the statements. Then: poststack db migrate"
    : "The way back is derived as far as the statements tell: see its comments. Then: poststack db migrate";

const forwardText = (name: string): string => `\
-- ${name.replaceAll(/[_-]+/g, " ")}
-- Runs as one transaction. What cannot (CREATE INDEX CONCURRENTLY) needs the line \`-- poststack: no-transaction\` above.

`;

const rollbackText = (stem: string, suggestion: Suggestion | undefined): string =>
  `-- Takes back ${stem}.sql.\n\n${suggestion === undefined || suggestion.text === "" ? "" : `${suggestion.text}\n`}`;

function badName(name: string): PoststackError {
  const near = name
    .replace(/\.sql$/i, "")
    .replaceAll(/[^A-Za-z0-9_-]+/g, "_")
    .replaceAll(/^[_-]+|[_-]+$/g, "")
    .replace(/_(?:rollback|down|up)$/i, "")
    .slice(0, 100);
  return new PoststackError("USAGE", {
    what: `${JSON.stringify(name)} is no name for a migration`,
    next: `use letters, digits, _ and -, without number and ending: ${grammar.test(near) ? near : "add_users"}`,
  });
}
