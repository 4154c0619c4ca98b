import type { VariableSources } from "../../variables.ts";
import type { DesiredSource } from "../options.ts";
import { composeClashes } from "./clashes.ts";
import { loadDeployment } from "./load.ts";
import { exposedSecrets } from "./placeholders.ts";
import { readingOf, wishesFor } from "./project.ts";
import { composeResources, type ComposeResources } from "./resources.ts";
import { scaled } from "./scaled.ts";
import type { ComposeWishes } from "./wishes.ts";

export interface DeploymentWishes extends Pick<
  ComposeWishes,
  "to" | "isMeant" | "deleteData" | "after" | "startedAfter" | "identity" | "problems"
> {
  readonly source: Pick<DesiredSource, "project" | "environment" | "files" | "state" | "startedAt" | "warn" | "recall">;
  readonly sources: VariableSources;
  readonly scale?: ReadonlyMap<string, number> | undefined;
}

/**
 * What an environment's Compose files ask of the engine; what is wrong with them goes to the problems. What stops or goes
 * needs no variables: only its name has to be known.
 */
export function desiredCompose(wishes: DeploymentWishes): ComposeResources {
  const { source, sources, problems, to, isMeant, deleteData, after, startedAfter, identity, scale } = wishes;
  const { project, environment, files, recall } = source;
  const reading = readingOf(source, sources, wishes);
  const written = problems.attempt(() => loadDeployment(project.name, environment, reading.options));
  const loaded = written === undefined ? undefined : scaled(written, scale, problems);
  if (loaded === undefined) return { network: [], volume: [], image: [], container: [], unusedVolumes: [] };
  for (const { what, where } of loaded.warnings) source.warn(what, where);
  if (to === "running") {
    problems.add(exposedSecrets(loaded, reading.placeholders));
    problems.add(composeClashes(loaded, { project, environment, files, sources, recall }));
  }
  const meant = isMeant === undefined ? {} : { isMeant };
  const others = { to, ...meant, deleteData, after, startedAfter, identity, problems };
  return composeResources(wishesFor(loaded, source, reading, others));
}
