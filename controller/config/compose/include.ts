import { dirname } from "node:path";
import { renderPlace, type Place } from "../../core/place.ts";
import type { Files } from "../../core/ports/files.ts";
import type { Entry, MapTree, Tree } from "../tree.ts";
import { isFolder } from "./documents.ts";
import { absolute, type Base } from "./rebase.ts";
import { readVariables } from "./project-env.ts";
import { isRemote, refuseRemote } from "./remote.ts";
import type { Report } from "./report.ts";
import { isSame, itemsAt, textAt, valueAt, withValue } from "./trees.ts";
import type { Variables } from "./variables.ts";

/** One item of `include`, understood. */
export interface Inclusion {
  /** Absolute, at least one. */
  readonly files: readonly string[];
  readonly base: Base;
  readonly variables: Variables;
  readonly place: Place;
}

/** Joined into a document: what each of its inclusions gives. */
export interface IncludeContext {
  readonly files: Files;
  readonly report: Report;
  /** Files that we are inside of, absolute. */
  readonly trail: readonly string[];
  /** A whole model of its own; undefined: told already. */
  readonly load: (inclusion: Inclusion, trail: readonly string[]) => MapTree | undefined;
}

/** Sections whose entries have names that must not clash. */
const sections = ["services", "networks", "volumes", "configs", "secrets", "models"] as const;

/** The document with everything that it includes (spec, 14-include). */
export function applyIncludes(document: MapTree, base: Base, variables: Variables, context: IncludeContext): MapTree {
  let joined = document;
  for (const item of itemsAt(document, "include")) {
    const inclusion = understood(item, base, variables, context);
    const model =
      inclusion === undefined ? undefined : context.load(inclusion, [...context.trail, ...inclusion.files.slice(0, 1)]);
    if (model !== undefined) joined = imported(joined, model, context.report);
  }
  return joined;
}

function understood(item: Tree, base: Base, variables: Variables, context: IncludeContext): Inclusion | undefined {
  const { report, files, trail } = context;
  const paths = itemsAt(item, "path").flatMap((path) =>
    path.type === "scalar" && typeof path.value === "string" ? [path] : [],
  );
  const remote = paths.find((path) => isRemote(path.text));
  if (remote !== undefined) {
    refuseRemote(remote.text, remote.place, report);
    return undefined;
  }
  const [first] = paths;
  if (first === undefined) return undefined; // The schema says what is wrong.
  const full = paths.map((path) => absolute(path.text, base));
  const [main = ""] = full;
  if (trail.includes(main)) {
    report.mistake(
      "CONFIG_EXTENDS",
      `${first.text} includes itself${trail.length === 1 ? "" : ", by way of other files"}`,
      first.place,
      "remove one `include` of the circle",
    );
    return undefined;
  }
  const own: Base = { ...base, directory: directoryOf(item, main, base, files) };
  const envFiles = itemsAt(item, "env_file").flatMap((path) =>
    path.type === "scalar" && typeof path.value === "string" && path.value !== "/dev/null"
      ? [{ path: absolute(path.value, base), from: path.place }]
      : [],
  );
  const given = valueAt(item, "env_file") === undefined ? undefined : envFiles;
  const filled = report.attempt(() => readVariables(files, own.directory, given, variables, report));
  return { files: full, base: own, variables: filled ?? variables, place: first.place };
}

/** A `project_directory` that is no folder means the folder that it would lie in, as the reference has it. */
function directoryOf(item: Tree, main: string, base: Base, files: Files): string {
  const written = textAt(item, "project_directory");
  if (written === undefined) return dirname(main);
  const full = absolute(written, base);
  return isFolder(files, full) ? full : dirname(full);
}

function imported(document: MapTree, model: MapTree, report: Report): MapTree {
  return sections.reduce((joined, section) => {
    const theirs = valueAt(model, section);
    if (theirs?.type !== "map") return joined;
    const ours = valueAt(joined, section);
    const entries = new Map<string, Entry>(ours?.type === "map" ? ours.entries : []);
    for (const [name, entry] of theirs.entries) {
      const own = entries.get(name);
      if (own === undefined) entries.set(name, entry);
      else if (!isSame(own.tree, entry.tree)) tellConflict(section, name, own, entry, report);
    }
    return withValue(joined, section, { type: "map", entries, place: ours?.place ?? theirs.place });
  }, document);
}

function tellConflict(section: string, name: string, own: Entry, other: Entry, report: Report): void {
  report.mistake(
    "COMPOSE_CONFLICT",
    `\`${section}.${name}\` is defined here and, differently, at ${renderPlace(other.place)}, which is included`,
    own.place,
    "rename one of them, or list an override file after the included one: `path: [FILE, OVERRIDE]`",
  );
}
