import type { VariableSources } from "../../variables.ts";
import { gatherProblems } from "../../problems.ts";
import type { DesiredSource } from "../options.ts";
import type { DeploymentOptions, LoadedDeployment } from "./load.ts";
import { peersOf } from "./peers.ts";
import { placeholders, type Placeholders } from "./placeholders.ts";
import { composeVariables, type ComposeVariables } from "./variables.ts";
import type { ComposeWishes } from "./wishes.ts";

type Source = Pick<DesiredSource, "project" | "environment" | "files" | "state" | "startedAt" | "warn" | "recall">;

export interface Reading {
  readonly variables: ComposeVariables["values"];
  readonly placeholders: Placeholders;
  readonly options: DeploymentOptions;
}

/** What Compose files are read with. What stops or goes needs no variables: only its name has to be known. */
export function readingOf(
  { files, recall }: Source,
  sources: VariableSources,
  { to, problems }: Pick<ComposeWishes, "to" | "problems">,
): Reading {
  const isRunning = to === "running";
  const { values, publicNames } = composeVariables(sources, isRunning ? problems : gatherProblems());
  const stands = placeholders(values);
  return {
    variables: values,
    placeholders: stands,
    options: { files, variables: stands.variables, publicNames, requiresVariables: isRunning, recall },
  };
}

type Others = Omit<
  ComposeWishes,
  "loaded" | "peers" | "placeholders" | "variables" | "files" | "stateRoot" | "engineProject" | "startedAt" | "warn"
>;

/** A loaded project with all that its wishes are made from. */
export const wishesFor = (
  loaded: LoadedDeployment,
  { project, environment, files, state, startedAt, warn }: Source,
  reading: Reading,
  others: Others,
): ComposeWishes => ({
  loaded,
  peers: peersOf(loaded.project),
  placeholders: reading.placeholders,
  variables: reading.variables,
  files,
  stateRoot: state.root,
  engineProject: {
    project: project.name,
    environment: environment.name,
    root: project.root,
    workingDirectory: loaded.project.directory,
    configFiles: loaded.configFiles,
  },
  startedAt,
  warn,
  ...others,
});
