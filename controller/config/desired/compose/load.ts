import { dirname, resolve } from "node:path";
import { readCompose, type ComposeOptions } from "../../compose/load.ts";
import { loadedFrom, type LoadedCompose } from "../../compose/loaded.ts";
import type { ComposeRecall } from "../../compose/recall/recall.ts";
import type { Place } from "../../../core/place.ts";
import type { Files } from "../../../core/ports/files.ts";
import type { EnvironmentSource, Path } from "../../source.ts";

/** An environment's Compose files as one project. */
export interface LoadedDeployment extends LoadedCompose {
  /** Absolute, in the order of the files. */
  readonly configFiles: readonly string[];
  /**
   * Whether a value comes from where people keep their keys: the shell or an env file. No plan shows it, although it is no
   * secret by its own name.
   */
  readonly isPrivate: (path: Path) => boolean;
}

export interface DeploymentOptions {
  readonly files: Files;
  /** What the files may name in `${…}`. */
  readonly variables: ReadonlyMap<string, string>;
  /** Names of those whose values the configuration file tells everybody. */
  readonly publicNames: ReadonlySet<string>;
  /** Whether one that has no value is an error. */
  readonly requiresVariables: boolean;
  readonly recall?: ComposeRecall | undefined;
}

/** Undefined: the environment has no Compose files. @throws PoststackErrors as {@link readCompose} does */
export function loadDeployment(
  project: string,
  { name, config, placeOf }: EnvironmentSource,
  options: DeploymentOptions,
): LoadedDeployment | undefined {
  const { compose, profiles } = config.deployment ?? {};
  const from = placeOf(["deployment", "compose"]);
  return loadFiles({ name: `${project}-${name}`, compose: [compose ?? []].flat(), profiles, from }, options);
}

export interface NamedFiles {
  /** Of the Compose project: all files of an environment are one to the engine's tools. */
  readonly name: string;
  /** Relative to the project of the configuration. */
  readonly compose: readonly string[];
  readonly profiles?: readonly string[] | undefined;
  /** Who names them. */
  readonly from: Place;
}

/** Undefined: there are none. @throws PoststackErrors as {@link readCompose} does */
export function loadFiles(
  { name, compose, profiles, from }: NamedFiles,
  { files, variables, publicNames, requiresVariables, recall }: DeploymentOptions,
): LoadedDeployment | undefined {
  const configFiles = compose.map((file) => resolve(files.root, file));
  const [first] = configFiles;
  if (first === undefined) return undefined;
  const composed: ComposeOptions = {
    files,
    // Relative paths of all files are relative to the first one's folder (docker compose -f).
    directory: dirname(first),
    composeFiles: configFiles,
    name,
    shell: variables,
    requiresVariables,
    from,
    ...(profiles === undefined ? {} : { profiles }),
  };
  const loaded = recall?.load(composed, readCompose) ?? loadedFrom(readCompose(composed));
  return {
    ...loaded,
    configFiles,
    isPrivate(path) {
      for (const source of loaded.sourcesAt(path)) if (!publicNames.has(source)) return true;
      return false;
    },
  };
}
