import { environmentKey, projectKey } from "../../../schema/generated/keys.ts";
import { isBasic, writtenOf } from "../../config/desired/environment.ts";
import type { Lead, Subject } from "../../config/explain/model.ts";
import type { Discretion, Scope } from "../../config/explain/ingredients.ts";
import { shapeAt } from "../../config/explain/keys.ts";
import { environmentLayers, fileLayers } from "../../config/explain/layers.ts";
import { limits } from "../../config/limits.ts";
import type { Plain } from "../../config/materialise.ts";
import { parseProcfile, type ProcfileEntry } from "../../config/procfile.ts";
import type { EnvironmentSource, Path } from "../../config/source.ts";
import { renderPath, type Tree } from "../../config/tree.ts";
import { variablesOf, type VariableSources, type Written } from "../../config/variables.ts";
import { parseYaml } from "../../config/yaml.ts";
import { collect } from "../../config/collect.ts";
import { writtenMigrationFolder } from "../../config/migration-folder.ts";
import type { Desired } from "../../resources/index.ts";
import { effectiveConfig } from "../effective-config.ts";
import { givenSecrets } from "../given-secrets.ts";
import type { OpenedProject } from "../open.ts";

/** The file once more: a loaded project no longer knows which environment a value was written in. */
export const readTree = ({ project, files }: OpenedProject): Tree =>
  parseYaml(files.readBytes(project.fileName, { limitBytes: limits.bytes }), project.fileName);

/** What all environments share. */
export function projectSubject({ project }: OpenedProject, tree: Tree): Subject {
  const { name, defaultEnvironment, containers } = project;
  const migrations = writtenMigrationFolder(project);
  const layers = fileLayers(tree);
  return {
    name: "",
    value: { project: { name, default_environment: defaultEnvironment, migrations, containers } },
    key: { keys: { project: projectKey } },
    layers,
    entry: layers.merged,
    added: new Map(),
    leads: new Map(),
    scopeOf: () => undefined,
    discretion: { hides: () => false, hidesText: () => false },
  };
}

/** What is known of an environment's variables. */
export interface Told {
  readonly sources: VariableSources;
  /** What is only told when asked for is told. */
  readonly showsValues: boolean;
  /** Absent where nothing asks for it, or the environment cannot be loaded. */
  readonly desired?: Desired | undefined;
}

/** One environment: as `config show` tells it, with the processes that only its Procfile names. */
export function environmentSubject(
  { project, files }: OpenedProject,
  environment: EnvironmentSource,
  tree: Tree,
  { sources, showsValues, desired }: Told,
): Subject {
  const layers = environmentLayers(tree, environment.name);
  const { config } = environment;
  const base = config.extends === undefined ? {} : { extends: config.extends };
  const shown = { ...base, ...effectiveConfig(project, environment) };
  const processes = procfileOf(environment, files);
  const value = processes.length === 0 ? shown : withProcesses(shown, processes);
  // What is worked in while the file is read: the way to the database is not known yet.
  const early = new Map([["POSTSTACK_ENVIRONMENT", environment.name]]);
  return {
    name: `environments.${environment.name}`,
    config,
    value: value as unknown as Plain,
    key: environmentKey,
    layers,
    entry: layers.merged,
    added: new Map(processes.map(({ name, place }) => [renderPath(["deployment", "processes", name]), place])),
    leads: new Map([
      ["deployment.procfile", processes.map(({ name, place }) => ({ name, place }))],
      ["variables", leadsOf(sources)],
    ]),
    scopeOf: (path) =>
      shapeAt(path).leaf === "raw"
        ? lateScope(path, environment, sources, desired)
        : scopeWith({ ...sources, injected: early }),
    discretion: discretionOf(environment, sources, showsValues),
  };
}

const leadsOf = ({ envFiles }: VariableSources): readonly Lead[] =>
  envFiles.flatMap(({ entries }) => Array.from(entries, ([name, { place }]) => ({ name, place })));

/** What the shell and env files say is shown only when asked for, and a password of the environment never. */
export function discretionOf(
  environment: EnvironmentSource,
  sources: VariableSources,
  showsValues: boolean,
): Discretion {
  const secrets = givenSecrets(environment, sources);
  const hidesText = (text: string): boolean => secrets.some((secret) => text.includes(secret));
  return {
    hides: ({ name, value, isPublic }) => !(showsValues || isPublic || isBasic(name)) || hidesText(String(value)),
    hidesText,
  };
}

/** None when it cannot be read: that is told by the commands that need it. */
function procfileOf({ config }: EnvironmentSource, files: OpenedProject["files"]): readonly ProcfileEntry[] {
  const path = config.deployment?.procfile;
  let entries: readonly ProcfileEntry[] = [];
  if (path !== undefined)
    collect([], () => (entries = parseProcfile(files.read(path, { limitBytes: limits.bytes }), path)));
  return entries;
}

function withProcesses(config: EnvironmentSource["config"], entries: readonly ProcfileEntry[]): typeof config {
  const { deployment = { procfile: "" } } = config;
  const processes = Object.fromEntries(entries.map(({ name }) => [name, {}]));
  return { ...config, deployment: { ...deployment, processes: { ...processes, ...deployment.processes } } };
}

const scopeWith = (sources: VariableSources): Scope => ({
  variables: variablesOf(sources),
  writtenAs: (name) => [sources.own?.get(name) ?? [], sources.written.get(name) ?? []].flat(),
});

/** Of a text that one job or process is given. */
function lateScope(
  path: Path,
  environment: EnvironmentSource,
  sources: VariableSources,
  desired: Desired | undefined,
): Scope {
  const { own, process } = consumerOf(path, environment);
  const port = desired?.resources.process.find(({ name }) => name === process || name === `${process}.1`);
  const given = port?.environment.get("PORT");
  const all = { ...sources, own };
  const written = variablesOf(all).get("PORT");
  // As long as the files say the same, they are where it comes from; a further process has a port that we count up to.
  const isCounted = given !== undefined && (written?.value !== given || written.layer === "shell");
  return scopeWith(isCounted ? { ...all, injected: new Map([...sources.injected, ["PORT", given]]) } : all);
}

interface Consumer {
  /** Its `environment:`. */
  readonly own: ReadonlyMap<string, Written>;
  readonly process?: string;
}

function consumerOf([first, second, third, fourth]: Path, environment: EnvironmentSource): Consumer {
  const { init = [], deployment } = environment.config;
  const ownAt = (path: Path, map: Parameters<typeof writtenOf>[0]): ReadonlyMap<string, Written> =>
    writtenOf(map, (name) => environment.placeOf([...path, "environment", name]));
  if (first === "init" && typeof second === "number") {
    const { run, environment: common } = init[second] ?? {};
    const shared = ownAt(["init", second], common);
    if (third !== "run" || run === undefined || Array.isArray(run) || typeof fourth !== "string")
      return { own: shared };
    return { own: new Map([...shared, ...ownAt(["init", second, "run", fourth], run[fourth]?.environment)]) };
  }
  if (first === "deployment" && second === "processes" && typeof third === "string") {
    const processes = new Map(Object.entries(deployment?.processes ?? {}));
    return { own: ownAt(["deployment", "processes", third], processes.get(third)?.environment), process: third };
  }
  return { own: new Map() };
}
