import type { InitConfig } from "../../../schema/generated/config.ts";
import { derivedName } from "../../core/derived-name.ts";
import type { ResourceId } from "../../core/id.ts";
import { endId, neededBy } from "../../resources/job/helpers.ts";
import type { ContainerJob } from "../../resources/job/model.ts";
import type { VariableSources } from "../variables.ts";
import { desiredImages } from "./compose/images.ts";
import { loadFiles } from "./compose/load.ts";
import { desiredNetworks } from "./compose/networks.ts";
import type { Peer, Peers } from "./compose/peers.ts";
import { exposedSecrets } from "./compose/placeholders.ts";
import { readingOf, wishesFor } from "./compose/project.ts";
import type { ComposeResources } from "./compose/resources.ts";
import { desiredVolumes } from "./compose/volumes.ts";
import type { ComposeWishes } from "./compose/wishes.ts";
import type { DesiredSource } from "./options.ts";
import { stepFiles, stepJobId, stepName } from "./step-files.ts";
import { stepJobs } from "./step-services.ts";

export interface StepWishes extends Pick<ComposeWishes, "identity" | "problems" | "to" | "deleteData"> {
  readonly source: Pick<DesiredSource, "project" | "environment" | "files" | "state" | "startedAt" | "warn">;
  /** With what containers are told. */
  readonly sources: VariableSources;
  /** What every job of the step waits for. */
  readonly after: readonly ResourceId[];
}

export interface ComposeStep extends Pick<ComposeResources, "network" | "volume" | "image" | "unusedVolumes"> {
  readonly job: readonly ContainerJob[];
  /** What is to be over before anything goes on: the jobs, and the ends of their helpers. */
  readonly over: readonly ResourceId[];
}

/**
 * One item of `init:` with a Compose file: its services as jobs, and the networks, volumes and images that they need, under
 * the same names as those of the deployment. What is wrong with it goes to the problems.
 */
export function composeStep(index: number, config: InitConfig, wishes: StepWishes): ComposeStep {
  const { source, problems, to, deleteData, identity, after } = wishes;
  const { project, environment } = source;
  const placeInConfig = (...keys: readonly string[]) => environment.placeOf(["init", index, ...keys]);
  const { own, named } = stepFiles(index, config, project.name, environment);
  const reading = readingOf(source, { ...wishes.sources, own }, wishes);
  const loaded = problems.attempt(() => loadFiles(named, reading.options));
  if (loaded === undefined) return { job: [], over: [], network: [], volume: [], image: [], unusedVolumes: [] };
  const others = { identity, to, deleteData, after, startedAfter: () => undefined, problems };
  const all = wishesFor(loaded, source, reading, others);
  const kept = {
    network: desiredNetworks(all),
    volume: desiredVolumes(all),
    unusedVolumes: loaded.project.unusedVolumes ?? [],
  };
  if (to !== "running") return { ...kept, job: [], over: [], image: [] };
  for (const { what, where } of loaded.warnings) source.warn(what, where);
  problems.add(exposedSecrets(loaded, reading.placeholders));
  const peers = stepPeers(config, all);
  const injected = new Set(wishes.sources.injected.keys());
  const job = stepJobs({ ...all, peers, config, placeInConfig, injected });
  const ends = neededBy(job).map(({ id }) => endId(id));
  return { ...kept, image: desiredImages(all), job, over: [...job.map(({ id }) => id), ...ends] };
}

/** One container for each service, whatever its number of replicas. */
function stepPeers(config: InitConfig, { loaded: { project } }: ComposeWishes): Peers {
  const step = stepName(config);
  const first = (service: string): Peer => {
    const name = project.services.get(service)?.container_name ?? derivedName([project.name, step, service, "run"]);
    return { id: stepJobId(step, service), name, number: 1, called: [] };
  };
  return { of: (service) => (project.services.has(service) ? [first(service)] : []), first };
}
