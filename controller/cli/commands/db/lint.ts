import { relative, resolve } from "node:path";
import { PoststackError } from "../../../core/errors.ts";
import { plainPolicy } from "../../../resources/migration/lint/level.ts";
import { judge, type Finding } from "../../../resources/migration/lint/judge.ts";
import type { LintFacts } from "../../../resources/migration/lint/facts.ts";
import type {
  DesiredMigrations,
  MigrationFile,
  ObservedMigrations,
  RepeatableFile,
} from "../../../resources/migration/model.ts";
import { isAfter, parseTarget } from "../../../resources/migration/target.ts";
import { contextOf, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { look } from "../../look.ts";
import { openEnvironment, type OpenedEnvironment } from "../../open.ts";
import type { Invocation, Options } from "../../spec.ts";
import type { World } from "../../world.ts";
import type { LintReport } from "./lint-message.ts";

/** Which files in the order in which they run, and what is known of the tables that they touch. */
interface Chosen {
  readonly files: readonly (MigrationFile | RepeatableFile)[];
  /** All are still to run, one after the other. */
  readonly isChain: boolean;
  readonly facts?: LintFacts;
}

type Recorded = Pick<ObservedMigrations, "rows" | "repeated" | "tables">;

/** What the rules find in migrations, as a person, a CI or an editor reads it. Changes nothing. */
export async function lintCommand({ args, options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const [environment, paths] = environmentAndFiles(args);
  const most = mostWarnings(options);
  // Which files there are is all that is taken from an earlier run: those that are looked at are read.
  const opened = openEnvironment(context, environment, {}, { recall: true });
  const [migrations] = (await opened.load()).resources.migration;
  const chosen =
    migrations === undefined
      ? { files: [], isChain: false }
      : await choose(migrations, paths, opened, options, context);
  const findings = migrations === undefined ? [] : await lint(chosen, migrations, opened);
  opened.remember();
  const report: LintReport = { environment: opened.environment, files: chosen.files.map(({ file }) => file), findings };

  const format = context.json ? "json" : (options.text("format") ?? "text");
  const { renderReport } = await import("./lint-report.ts");
  context.print(renderReport(report, format, { paint: context.paint, version: world.version }));
  const count = (level: Finding["level"]): number => findings.filter((one) => one.level === level).length;
  return count("error") > 0 || count("warning") > most ? exitCode.error : exitCode.done;
}

/** The first word is an environment unless it is a path. */
function environmentAndFiles([first, ...rest]: Invocation["args"]): readonly [string | undefined, readonly string[]] {
  const files = rest.flatMap((one) => (one === undefined ? [] : [one]));
  if (first === undefined || !/[/\\]|\.sql$/i.test(first)) return [first, files];
  return [undefined, [first, ...files]];
}

async function choose(
  migrations: DesiredMigrations,
  paths: readonly string[],
  opened: OpenedEnvironment,
  options: Options,
  context: Context,
): Promise<Chosen> {
  const since = options.text("since");
  if ([paths.length > 0, since !== undefined, options.flag("all")].filter(Boolean).length > 1) {
    throw new PoststackError("USAGE", { what: "files, --since and --all are three ways to choose", next: "give one" });
  }
  if (paths.length > 0) return { files: named(migrations, paths, opened, context), isChain: true };
  const { repeatable = [] } = migrations;
  const all = [...migrations.files, ...repeatable];
  // Which of the repeatable ones have changed, only the ledger knows; they run after every version.
  if (since !== undefined) return { files: [...after(migrations, since), ...repeatable], isChain: true };
  if (options.flag("all")) return { files: all, isChain: false };
  const ledger = options.flag("offline") ? undefined : await askLedger(opened, context);
  if (ledger === undefined) {
    context.note("No server was asked: every migration is looked at, and every table may be large.");
    return { files: all, isChain: false };
  }
  const { rows, repeated = [], tables } = ledger;
  const known = new Set(rows.map(({ order }) => order));
  const asRan = new Map(repeated.map(({ name, checksum }) => [name, checksum]));
  const files = [
    ...migrations.files.filter(({ order }) => !known.has(order)),
    ...repeatable.filter(({ name, checksum }) => asRan.get(name) !== checksum),
  ];
  return { files, isChain: true, ...(tables === undefined ? {} : { facts: tables }) };
}

/** Nothing recorded where nothing is made yet; undefined where there is no server to ask, or none that answers. What the files say was read well before. */
async function askLedger(opened: OpenedEnvironment, context: Context): Promise<Recorded | undefined> {
  try {
    return await look(opened, context.world.signal, async ({ observation: { observed } }) =>
      observed.migration === undefined ? undefined : (observed.migration[0] ?? { rows: [] }),
    );
  } catch (error) {
    if (!(error instanceof PoststackError) || error.errorClass === "interrupted") throw error;
    context.note(`warning: ${error.message}`);
    return undefined;
  }
}

function named(
  { files: versions, repeatable = [], folder }: DesiredMigrations,
  paths: readonly string[],
  { root }: OpenedEnvironment,
  { world }: Context,
): Chosen["files"] {
  const files = [...versions, ...repeatable];
  const wanted = new Set(
    paths.map((path) => {
      const file = relative(root, resolve(world.cwd, path)).replaceAll("\\", "/");
      if (files.some((one) => one.file === file)) return file;
      throw new PoststackError("USAGE", {
        what: `${path} is no migration of this project`,
        next: `name files of ${folder} that run forward`,
      });
    }),
  );
  return files.filter(({ file }) => wanted.has(file));
}

function after({ files }: DesiredMigrations, since: string): readonly MigrationFile[] {
  const target = parseTarget(since, files, []);
  if (target !== undefined) return files.filter(({ order }) => isAfter(order, target));
  throw new PoststackError("MIGRATION_UNKNOWN", {
    what: `no migration has the version ${since}`,
    next: "`poststack db status` lists them; 0 means before the first",
  });
}

async function lint(
  { files, isChain, facts }: Chosen,
  { lint: policy = plainPolicy }: DesiredMigrations,
  { files: from, ports }: OpenedEnvironment,
): Promise<readonly Finding[]> {
  const { examined, repeatableText, versionText } = await import("../../../resources/migration/lint/files.ts");
  const texts = files.map((file) => () => ("version" in file ? versionText(file, from) : repeatableText(file, from)));
  const suspicions = (await examined(texts, ports.parser, isChain)).flat();
  return judge(suspicions, { policy, ...(facts === undefined ? {} : { facts }), unknown: "error" });
}

function mostWarnings(options: Options): number {
  const text = options.text("maxWarnings");
  if (text === undefined) return Infinity;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new PoststackError("USAGE", { what: `--max-warnings ${text} is no number`, next: "give one, such as 0" });
}
