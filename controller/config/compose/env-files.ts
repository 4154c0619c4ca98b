import type { Files } from "../../core/ports/files.ts";
import type { DotenvEntry } from "../dotenv.ts";
import type { Entry, MapTree, Tree } from "../tree.ts";
import { readEnvFile, readRawEnvFile, tellUnset } from "./project-env.ts";
import type { Report } from "./report.ts";
import { itemsAt, textAt, textTree, valueAt, withValue } from "./trees.ts";
import type { Variables } from "./variables.ts";

/**
 * A service whose `environment` and `labels` hold what its env files and label files say, below what is written there
 * itself. Every value has its place in its own file.
 */
export function withFileValues(service: MapTree, files: Files, variables: Variables, report: Report): MapTree {
  const environment = itemsAt(service, "env_file").map((item) => ({
    path: valueAt(item, "path"),
    isRaw: textAt(item, "format") === "raw",
    isRequired: isTrue(valueAt(item, "required")),
  }));
  const labels = itemsAt(service, "label_file").map((path) => ({ path, isRaw: false, isRequired: true }));
  return underlaid(underlaid(service, "environment", environment), "labels", labels);

  function underlaid(map: MapTree, key: string, sources: readonly Source[]): MapTree {
    const found = new Map<string, DotenvEntry>();
    for (const source of sources) {
      for (const entry of report.attempt(() => read(source, found)) ?? []) found.set(entry.name, entry);
    }
    if (found.size === 0) return map;
    const own = valueAt(map, key);
    const entries = new Map<string, Entry>(
      Array.from(found, ([name, { value, place }]) => [name, { place, tree: textTree(value, place) }]),
    );
    if (own?.type === "map") for (const [name, entry] of own.entries) entries.set(name, entry);
    return withValue(map, key, { type: "map", entries, place: own?.place ?? map.place });
  }

  function read({ path, isRaw, isRequired }: Source, weaker: ReadonlyMap<string, DotenvEntry>): readonly DotenvEntry[] {
    if (path?.type !== "scalar" || typeof path.value !== "string") return [];
    if (!isRequired && !files.exists(path.value)) return [];
    const lookups = {
      stronger: (name: string) => variables.get(name),
      weaker: (name: string) => weaker.get(name)?.value,
    };
    const entries = (isRaw ? readRawEnvFile : readEnvFile)(files, { path: path.value, from: path.place }, lookups);
    tellUnset(entries, report);
    for (const entry of entries) report.lookedUp(entry.place.file, entry.place);
    return entries;
  }
}

interface Source {
  readonly path: Tree | undefined;
  readonly isRaw: boolean;
  readonly isRequired: boolean;
}

const isTrue = (tree: Tree | undefined): boolean =>
  tree === undefined || (tree.type === "scalar" && tree.value !== false && tree.text !== "false");
