import type { EngineProject } from "../../../core/engine-labels.ts";
import { gatherProblems } from "../../problems.ts";
import type { VariableSources } from "../../variables.ts";
import type { DesiredSource } from "../options.ts";
import { composeClashes } from "./clashes.ts";
import { loadDeployment } from "./load.ts";
import { peersOf } from "./peers.ts";
import { exposedSecrets, placeholders } from "./placeholders.ts";
import { composeResources, type ComposeResources } from "./resources.ts";
import { scaled } from "./scaled.ts";
import { composeVariables } from "./variables.ts";
import type { ComposeWishes } from "./wishes.ts";

export interface DeploymentWishes extends Pick<
  ComposeWishes,
  "to" | "isMeant" | "deleteData" | "after" | "startedAfter" | "identity" | "problems"
> {
  readonly source: Pick<DesiredSource, "project" | "environment" | "files" | "startedAt" | "warn">;
  readonly sources: VariableSources;
  readonly scale?: ReadonlyMap<string, number> | undefined;
}

/**
 * What an environment's Compose files ask of the engine; what is wrong with them goes to the problems. What stops or goes
 * needs no variables: only its name has to be known.
 */
export function desiredCompose(wishes: DeploymentWishes): ComposeResources {
  const { source, sources, problems, to, deleteData, identity } = wishes;
  const { project, environment, files, startedAt } = source;
  const { values: variables, publicNames } = composeVariables(sources, to === "running" ? problems : gatherProblems());
  const stands = placeholders(variables);
  const options = { files, variables: stands.variables, publicNames, requiresVariables: to === "running" };
  const written = problems.attempt(() => loadDeployment(project.name, environment, options));
  const loaded = written === undefined ? undefined : scaled(written, wishes.scale, problems);
  if (loaded === undefined) return { network: [], volume: [], image: [], container: [] };
  for (const { what, where } of loaded.warnings) source.warn(what, where);
  if (to === "running") {
    problems.add(exposedSecrets(loaded, stands));
    problems.add(composeClashes(loaded, { project, environment, files, sources }));
  }
  const engineProject: EngineProject = {
    project: project.name,
    environment: environment.name,
    root: project.root,
    workingDirectory: loaded.project.directory,
    configFiles: loaded.configFiles,
  };
  const all: ComposeWishes = {
    loaded,
    peers: peersOf(loaded.project),
    placeholders: stands,
    variables,
    files,
    identity,
    engineProject,
    to,
    ...(wishes.isMeant === undefined ? {} : { isMeant: wishes.isMeant }),
    deleteData,
    after: wishes.after,
    startedAt,
    startedAfter: wishes.startedAfter,
    problems,
    warn: source.warn,
  };
  return composeResources(all);
}
