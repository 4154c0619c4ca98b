import { existsSync, readdirSync } from "node:fs";
import { basename, join, normalize } from "node:path";
import { projectFiles } from "../../../controller/adapters/files.ts";
import type { ComposeOptions } from "../../../controller/config/compose/load.ts";
import { corpusPath, hasCorpus, readCorpus } from "../../support/corpus.ts";

// The cases of the corpus as its README describes them.

interface CaseFile {
  readonly id: string;
  readonly project_dir: string;
  readonly compose_files: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly expect: "ok" | "error";
  readonly error_class?: string;
  readonly unset_variables?: readonly string[];
}

export interface ComposeCase extends CaseFile {
  readonly kind: "real" | "suite";
  /** Absolute: what the case may read. */
  readonly root: string;
  /** Absolute: the project's folder. */
  readonly directory: string;
}

/** One expectation: no profile active, or all of them. */
export interface Variant {
  readonly one: ComposeCase;
  readonly profiles: readonly string[];
  readonly expected: Json;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonMap = { readonly [key: string]: Json };

export const home = "/home/corpus";

function casesOf(kind: "real" | "suite"): readonly ComposeCase[] {
  if (!hasCorpus) return [];
  return readdirSync(corpusPath("compose", kind))
    .sort()
    .map((folder) => {
      const file = readCorpus("compose", kind, folder, "case.json") as CaseFile;
      const root = corpusPath("compose", kind, folder, "files");
      return { ...file, kind, root, directory: join(root, file.project_dir) };
    });
}

export const composeCases: readonly ComposeCase[] = [...casesOf("real"), ...casesOf("suite")];

/** What a case is loaded with. */
export function optionsOf(one: ComposeCase, profiles: readonly string[] = []): ComposeOptions {
  const name = nameOf(one);
  return {
    files: projectFiles(one.root),
    directory: one.directory,
    composeFiles: one.compose_files,
    shell: new Map(Object.entries(one.env)),
    profiles,
    home,
    refusesUnsupported: false,
    ...(name === undefined ? {} : { name }),
  };
}

/** A folder called `files` stands for one called `app`. */
export const nameOf = ({ directory, root }: ComposeCase): string | undefined =>
  basename(directory) === basename(root) && join(directory) === join(root) ? "app" : undefined;

export function variantsOf(one: ComposeCase): readonly Variant[] {
  const read = (name: string): Json => readCorpus("compose", one.kind, one.id, name) as Json;
  const all = "expected.all-profiles.json";
  const expected = read("expected.json");
  const withAll = existsSync(corpusPath("compose", one.kind, one.id, all)) ? read(all) : expected;
  return [
    { one, profiles: [], expected },
    { one, profiles: ["*"], expected: withAll },
  ];
}

/** What a project says, without what is only one of several ways to say it. */
export function meaning(json: Json, directory: string): Json {
  const walk = (value: Json, key: string, around: string): Json | undefined => {
    if (typeof value === "string") {
      const text = value.replaceAll("<home>", home).replaceAll("<project>", directory);
      return text.startsWith(`${directory}/`) ? normalize(text) : text;
    }
    if (Array.isArray(value)) return (value as readonly Json[]).map((item) => walk(item, "", key) ?? null);
    if (typeof value !== "object" || value === null) return noise.has(key) ? undefined : value;
    const map = withDefaults(value as JsonMap, around);
    const entries = Object.entries(map)
      .map(([name, inner]) => [name, walk(inner, name, key)] as const)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    if (entries.length === 0 && empties.has(key)) return undefined;
    if (around === "ulimits" && map["soft"] === map["hard"]) return map["soft"];
    return Object.fromEntries(entries) as Json;
  };
  return walk(json, "", "") ?? null;
}

/** Keys whose `null` says nothing. */
const noise = new Set(["command", "entrypoint"]);
/** Keys whose empty map says nothing. */
const empties = new Set(["ipam", "volume", "placement", "resources", "exec", "deploy", "bind", "healthcheck"]);

/** A config without a path is mounted at the root (spec, 05-services: configs). */
const withDefaults = (map: JsonMap, around: string): JsonMap =>
  around === "configs" && typeof map["source"] === "string" && map["target"] === undefined
    ? { ...map, target: `/${map["source"]}` }
    : map;
