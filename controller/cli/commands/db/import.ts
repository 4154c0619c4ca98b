import { join } from "node:path";
import { readTexts } from "../../../config/migrations.ts";
import { listFolder } from "../../../config/desired/migrations.ts";
import { chooseEnvironment } from "../../../config/choose.ts";
import { migrationsOf } from "../../../config/migration-folder.ts";
import { detectFormats, treeOf } from "../../../config/migration-formats/formats.ts";
import { rewritten } from "../../../config/migration-formats/rewrite.ts";
import { isRefusal } from "../../../core/action.ts";
import { PoststackError, PoststackErrors, type ErrorFacts } from "../../../core/errors.ts";
import { foreignFormats, type ForeignFormat } from "../../../resources/migration/import/formats.ts";
import type { MigrationFile } from "../../../resources/migration/model.ts";
import { readForward, readRollback, readSource } from "../../../resources/migration/source.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { look } from "../../look.ts";
import { openEnvironment, openProject, type OpenedProject } from "../../open.ts";
import { paintedError } from "../../report.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

interface Found {
  readonly format: ForeignFormat;
  readonly folder: string;
  readonly files: readonly MigrationFile[];
  readonly repeatable: readonly { readonly name: string; readonly path: string }[];
}

/** What the next apply would do about the ledger of another tool. */
interface Ledger {
  readonly takeOver: string | null;
  /** Null: the server cannot be asked. */
  readonly pending: number | null;
  readonly errors: readonly ErrorFacts[];
}

/** What another tool's folder and ledger hold. Writes nothing but, where that is asked for, a new folder. */
export async function importCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openProject(context, { chosen: name, usable: "chosen" });
  const own = migrationsOf(opened.project, chooseEnvironment(opened.project, name));
  checkFolder(opened, own);
  const format = formatOf(opened, own, options.text("from"));
  const found = findMigrations(opened, own, format);
  const environment = openEnvironment(context, name, { migration: { readAs: format } });
  const ledger = await look(environment, world.signal, ({ plan, observation }): Promise<Ledger> => {
    const actions = plan.actions.filter(({ kind }) => kind === "migration");
    const isDeferred = observation.observed.migration === undefined;
    return Promise.resolve({
      takeOver: actions.find(({ verb }) => verb === "import")?.reason ?? null,
      pending: isDeferred ? null : actions.filter(({ verb }) => verb === "apply" || verb === "repeat").length,
      errors: actions.flatMap((action) => (isRefusal(action) ? [action.error] : [])),
    });
  });
  const directory = options.text("write");
  const texts = directory === undefined ? new Map<string, string>() : textsFor(found, directory, opened);
  if (directory !== undefined) write(texts, directory, opened, context);
  tell(found, ledger, environment.environment, directory, [...texts.keys()], context);
  return ledger.errors.length > 0 ? exitCode.error : exitCode.done;
}

type Own = ReturnType<typeof migrationsOf>;

/**
 * Elsewhere the default folder may be missing, for nobody asked for it. Here it is what is asked about.
 *
 * @throws PoststackError `FILE_MISSING`
 */
function checkFolder({ files }: OpenedProject, own: Own): void {
  const folder = join(own.migrations);
  if (files.isFolder(folder)) return;
  throw new PoststackError("FILE_MISSING", {
    what: `the migrations folder ${folder} does not exist`,
    where: own.place,
    next: "say where the other tool keeps its migrations: `migrations: { directory: … }` below `project`",
  });
}

/** @throws PoststackError `USAGE`: it is nobody's, or several tools' */
function formatOf({ files }: OpenedProject, own: Own, from: string | undefined): ForeignFormat {
  const asked = foreignFormats.find((format) => format === from) ?? own.migrationFormat.format;
  if (asked !== "poststack") return asked;
  const folder = join(own.migrations);
  const [format, ...others] = detectFormats(treeOf(files, folder));
  if (format !== undefined && others.length === 0) return format;
  throw new PoststackError("USAGE", {
    what:
      format === undefined
        ? `${folder} looks like the folder of no tool that is known here`
        : `${folder} could be one of ${[format, ...others].join(", ")}`,
    where: own.place,
    next: `say whose it is: --from ${format ?? foreignFormats.join("|")}`,
  });
}

/** @throws PoststackErrors of all that the tool itself would not take either, and of programs */
function findMigrations({ files }: OpenedProject, own: Own, format: ForeignFormat): Found {
  const folder = join(own.migrations);
  const listing = listFolder(files, folder, format);
  const { migrations, errors } = readTexts(files, listing.migrations, own.place);
  if (listing.errors.length + errors.length > 0) throw new PoststackErrors([...listing.errors, ...errors]);
  return { format, folder, files: migrations, repeatable: listing.repeatable };
}

function textsFor({ files: migrations, repeatable, folder }: Found, directory: string, { files }: OpenedProject) {
  const converted = migrations.map((migration) => ({
    migration,
    forward: readForward(migration, files).text,
    back: readRollback(migration, files)?.text,
  }));
  const again = repeatable.map(({ name, path }) => ({ name, text: readSource(`${folder}/${path}`, files).text }));
  return rewritten(join(directory), converted, again);
}

/** Into a folder that has no migrations: what is there is never mixed with what comes. */
function write(
  texts: ReadonlyMap<string, string>,
  directory: string,
  { files, root }: OpenedProject,
  { world }: Context,
): void {
  const there = files.list(directory).filter((entry) => entry.endsWith(".sql"));
  if (there.length > 0) {
    throw new PoststackError("FILE_EXISTS", {
      what: `${directory} holds ${there.length === 1 ? "a migration" : `${there.length} migrations`} already`,
      next: "name a new folder",
    });
  }
  world.writeProjectFiles(root, texts, { overwrite: false });
}

function tell(
  { format, folder, files, repeatable }: Found,
  ledger: Ledger,
  environment: string,
  directory: string | undefined,
  written: readonly string[],
  context: Context,
): void {
  const withRollback = files.filter(({ rollbackFile }) => rollbackFile !== undefined).length;
  const outsideTransaction = files.filter(({ transactional }) => !transactional).length;
  const config =
    directory === undefined ? { directory: folder, format } : { directory: join(directory), ledger: format };
  const counts = { migrations: files.length, withRollback, outsideTransaction, repeatable: repeatable.length };
  if (context.json) {
    printJson(context, { version: 1, format, folder, ...counts, environment, ...ledger, config, written });
    return;
  }
  const details = [
    `${withRollback} with a way back`,
    ...(outsideTransaction === 0 ? [] : [`${outsideTransaction} outside of a transaction`]),
    ...(repeatable.length === 0 ? [] : [`${repeatable.length} repeatable`]),
  ];
  context.print(`${folder}: ${files.length} migrations of ${format}, ${details.join(", ")}.`);
  context.print(`${environment}: ${ledgerText(ledger)}.`);
  for (const error of ledger.errors) context.note(paintedError(error, context.paintError));
  if (written.length > 0)
    context.print(`${join(directory ?? "")}: ${written.length} files written; ${folder} is as it was.`);
  const keys = Object.entries(config).map(([key, value]) => `${key}: ${value}`);
  context.note(
    `\nIn .poststack.yml, under project, and then \`poststack plan\`:\n\n  migrations: { ${keys.join(", ")} }`,
  );
}

function ledgerText({ takeOver, pending, errors }: Ledger): string {
  if (pending === null) return "its server is not running, so its ledger was not looked for";
  if (errors.length > 0 && takeOver === null) return "it cannot be taken over as it is";
  if (errors.length > 0) return `${takeOver ?? ""}; what is still to run cannot run as it is`;
  const rest = pending === 0 ? "nothing is left to run" : `${pending} still to run`;
  return `${takeOver ?? "no ledger to take over"}; ${rest}`;
}
