import { join } from "node:path";
import { PoststackError } from "../../../core/errors.ts";
import type { Context } from "../../context.ts";
import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { nextVersion } from "../../next-version.ts";
import { openProject } from "../../open.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

const grammar = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

/** Writes the next pair of migration files, named and numbered as those of the folder are. */
export async function newCommand({ args: [name = ""], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  if (!grammar.test(name) || /\.sql$|_(?:rollback|down|up)$/i.test(name)) throw badName(name);
  const { project, files, root } = openProject(context);
  const { readMigrations } = await import("../../../config/migrations.ts");
  const existing = readMigrations(files, project.migrations, project.placeOf(["project", "migrations"]));
  const { clock } = world.openEngine(root, "none", context.log);
  const version = nextVersion(existing, clock.date(), options.flag("timestamp"));

  const stem = `${version}_${name}`;
  const hasUpFiles = existing.at(-1)?.file.endsWith(".up.sql") === true;
  const [forward, rollback] = hasUpFiles ? [".up.sql", ".down.sql"] : [".sql", ".rollback.sql"];
  const paths = [join(project.migrations, stem + forward), join(project.migrations, stem + rollback)] as const;
  const texts = new Map([
    [paths[0], forwardText(name)],
    [paths[1], rollbackText(stem + forward)],
  ]);
  world.writeProjectFiles(root, texts, { overwrite: false });
  tell(version, paths, context);
  return exitCode.done;
}

function tell(version: string, paths: readonly string[], context: Context): void {
  if (context.json) return printJson(context, { version: 1, migration: version, files: paths });
  for (const path of paths) context.print(path);
  context.note("Write both, then: poststack db migrate");
}

const forwardText = (name: string): string => `\
-- ${name.replaceAll(/[_-]+/g, " ")}
-- Runs as one transaction. What cannot (CREATE INDEX CONCURRENTLY) needs the line \`-- poststack: no-transaction\` above.

`;

const rollbackText = (file: string): string => `\
-- Takes back ${file}.

`;

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
