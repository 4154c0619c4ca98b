import { resolve } from "node:path";
import { fileStart, type Place } from "../../core/place.ts";
import type { Files } from "../../core/ports/files.ts";
import type { Path } from "../source.ts";
import { placeOf, type MapTree } from "../tree.ts";
import { assemble, type Assembly } from "./assemble.ts";
import { checkConsistency } from "./consistency.ts";
import { documentReader, shownPath } from "./documents.ts";
import { withFileValues } from "./env-files.ts";
import { projectName } from "./names.ts";
import { loadedFrom, type LoadedCompose, type ReadCompose } from "./loaded.ts";
import { normalise } from "./normalise.ts";
import { isActive } from "./profiles.ts";
import { readVariables } from "./project-env.ts";
import { readProject } from "./decode/project.ts";
import { newReport, type Report } from "./report.ts";
import { checkSupport } from "./support/check.ts";
import { entriesAt, isNull, mapValues, valueAt, withValue } from "./trees.ts";
import { onlyUsed } from "./used.ts";
import type { Variables } from "./variables.ts";

/** A deployment with more is no deployment for one host (RELIABILITY 37). */
const mostServices = 500;

export interface ComposeOptions {
  readonly files: Files;
  /** Compose files, the later on top; relative to the project's folder. At least one. */
  readonly composeFiles: readonly string[];
  /** Absolute: what paths of these files are relative to, and where `.env` is. */
  readonly directory: string;
  /** Stronger than any name in the files. */
  readonly name?: string;
  /** `*` asks for all of them. COMPOSE_PROFILES counts as well. */
  readonly profiles?: readonly string[];
  /** The variables of the process. */
  readonly shell: Variables;
  /** Instead of the `.env` of the folder; relative to the folder. */
  readonly envFiles?: readonly string[];
  /** For `~`. Default: HOME of the shell. */
  readonly home?: string;
  /** False only warns of what cannot be deployed: for who wants to see the project, and not to run it. */
  readonly refusesUnsupported?: boolean;
  /** Whether a variable without a value and without a default is an error; else an empty text stands for it. */
  readonly requiresVariables?: boolean;
  /** Who names the files, for an error about a file as a whole. */
  readonly from?: Place;
}

/**
 * Compose files as one project.
 *
 * @throws PoststackErrors of all that is wrong, sorted by place: `COMPOSE_*`, `CONFIG_*`, `DEPENDENCY_CYCLE`,
 *   `ENV_FILE_SYNTAX`, `FILE_*`, `PATH_OUTSIDE`, `VARIABLE_*`
 */
export const loadCompose = (options: ComposeOptions): LoadedCompose => loadedFrom(readCompose(options));

/** @throws PoststackErrors as {@link loadCompose} does */
export function readCompose(options: ComposeOptions): ReadCompose {
  const report = newReport({ requiresVariables: options.requiresVariables ?? false });
  const read = report.attempt(() => load(options, report));
  report.throwAny();
  if (read === undefined) throw new TypeError("nothing was loaded, and nothing was wrong");
  return { ...read, warnings: report.warnings(), sources: report.sources() };
}

function load(options: ComposeOptions, report: Report): Pick<ReadCompose, "project" | "document"> | undefined {
  const { files, directory, shell } = options;
  const paths = options.composeFiles.map((file) => resolve(directory, file));
  const given = options.envFiles?.map((path) => ({ path: resolve(directory, path) }));
  const found = report.attempt(() => readVariables(files, directory, given, shell, report)) ?? shell;

  const read = documentReader(files, report);
  const documents = paths.flatMap((path) => read(path, options.from));
  const name = report.attempt(() => projectName(options.name, documents, directory, found)) ?? "unnamed";
  const variables: Variables = { get: (asked) => (asked === "COMPOSE_PROJECT_NAME" ? name : found.get(asked)) };
  const home = options.home ?? shell.get("HOME");

  const assembly: Assembly = { files, read, report, values: new Map(), misfits: new Set(), included: 0 };
  const base = { directory, home };
  const whole = assemble({ files: paths, base, variables }, [], assembly);
  if (whole === undefined || whole.entries.size === 0) {
    const where = fileStart(shownPath(paths[0] ?? directory, files.root));
    if (!report.hasErrors()) {
      report.mistake("COMPOSE_EMPTY", "the Compose file says nothing", where, "begin with `services:`");
    }
    return undefined;
  }
  checkCount(whole, report);

  const asked = new Set([...(options.profiles ?? []), ...(variables.get("COMPOSE_PROFILES") ?? "").split(",")]);
  checkSupport(whole, {
    isActive: (service) => isActive(service, asked),
    report,
    refuses: options.refusesUnsupported ?? true,
  });
  const withFiles = changedServices(whole, (service) =>
    isActive(service, asked) ? withFileValues(service, files, variables, report) : service,
  );
  const document = normalise(withFiles, name);
  const { values, misfits } = assembly;
  const everything = readProject(document, {
    directory,
    isActive: (service) => isActive(service, asked),
    values,
    report,
  });
  const locate = (path: Path): Place => placeOf(document, document.place, path);
  checkConsistency(everything, { document, misfits, report, placeOf: locate });
  return { project: onlyUsed(everything), document };
}

function changedServices(document: MapTree, change: (service: MapTree) => MapTree): MapTree {
  const services = valueAt(document, "services");
  if (services?.type !== "map") return document;
  return withValue(
    document,
    "services",
    mapValues(services, (service) => (service.type === "map" ? change(service) : service)),
  );
}

function checkCount(document: MapTree, report: Report): void {
  const services = [...entriesAt(document, "services")].filter(([, { tree }]) => !isNull(tree));
  const first = services[mostServices];
  if (first === undefined) return;
  const what = `${services.length} services, and ${mostServices} are the most`;
  report.mistake("CONFIG_LIMIT", what, first[1].place, "divide them among several projects");
}
