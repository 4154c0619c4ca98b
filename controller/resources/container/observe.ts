import { isAsideName } from "../../core/derived-name.ts";
import { labelNames } from "../../core/engine-labels.ts";
import { kindOf, type ResourceId } from "../../core/id.ts";
import { imageFinder } from "../../core/image-reference.ts";
import { claimsAmong, type Claim } from "../../core/ownership.ts";
import type { Ports } from "../../core/ports.ts";
import type { ContainerSummary } from "../../core/ports/container-facts.ts";
import { mayEnd } from "./accept.ts";
import { limitsLabel } from "./config.ts";
import { clashes } from "./host-ports.ts";
import { observeGuests } from "./guests.ts";
import { observeMachine } from "./machine.ts";
import type { DesiredContainer, ObservedContainer, ObservedMachine } from "./model.ts";

/** Jobs run in containers, too: what a killed command left of one is as much ours. */
const kinds: ReadonlySet<string> = new Set(["container", "job"]);

/**
 * Every container of ours, and those of others that have a name or hold a port which the files want: one list of
 * containers and one of images. One is inspected only where its labels say that it differs, to tell in what. And what this
 * machine has that one to be started wants.
 */
export async function observe(
  desired: readonly DesiredContainer[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly (ObservedContainer | ObservedMachine)[]> {
  const [containers, images] = await Promise.all([
    ports.containers.containers(signal),
    ports.containers.images(signal),
  ]);
  const hasHooks = desired.some(({ postStart }) => postStart.length > 0);
  const unfinished = hasHooks ? ports.state.read()?.unfinishedStarts : undefined;
  const wanted = new Map(desired.map((one) => [one.id, one]));
  const names = new Set(desired.map(({ name }) => name));
  const find = imageFinder(images);
  const own = (await claimsAmong(containers, ports, signal)).filter(({ resource }) => kinds.has(kindOf(resource)));
  const ownIds = new Set(own.map(({ summary }) => summary.id));
  const foreign = containers
    .filter(({ id }) => !ownIds.has(id))
    .filter((summary) => summary.names.some((name) => names.has(name)) || clashes(summary, desired))
    .map((summary): ObservedContainer => ({ summary }));
  const createdAt = newestByResource(own);
  const isWanting = desired.some(({ to }) => to === "running");
  const ours = own.map(async ({ resource, summary }): Promise<ObservedContainer> => {
    const one = wanted.get(resource);
    if (one === undefined)
      return { resource, summary, ...(isWanting ? await inspectedOf(summary, ports, signal) : {}) };
    if (one.to !== "running") return { resource, summary };
    const image = find(one.spec.image);
    const imageId = image === undefined ? {} : { wantedImageId: image.id };
    const outlived = one.sharesWith.filter((id) => (createdAt.get(id) ?? summary.createdAt) > summary.createdAt);
    return {
      resource,
      summary,
      ...imageId,
      ...(outlived.length === 0 ? {} : { outlived }),
      ...(unfinished?.get(resource) === summary.id ? { isStartUnfinished: true } : {}),
      ...(await inspected(one, summary, createdAt, ports, signal)),
    };
  });
  const [seen, machine] = await Promise.all([
    Promise.all(ours),
    observeMachine(desired, own, containers, ports, signal),
  ]);
  const others = containers.filter(({ id }) => !ownIds.has(id));
  return [...seen, ...foreign, ...(await observeGuests(desired, seen, others, ports, signal)), ...machine];
}

/** When what is there of each resource was made: of several the newest, which is the one that stays. */
function newestByResource(own: readonly Claim[]): ReadonlyMap<ResourceId, Date> {
  const newest = new Map<ResourceId, Date>();
  for (const { resource, summary } of own) {
    const { createdAt } = summary;
    const known = newest.get(resource);
    if (known === undefined || known < createdAt) newest.set(resource, createdAt);
  }
  return newest;
}

/** Of one that is no longer in the files: what it has that another one may want. */
async function inspectedOf({ id }: ContainerSummary, ports: Ports, signal: AbortSignal): Promise<Inspected> {
  const details = await ports.containers.inspectContainer(id, signal);
  return details === undefined ? {} : { details };
}

type Inspected = Pick<ObservedContainer, "details" | "imageConfig" | "changesInPlace" | "startedBefore">;

async function inspected(
  desired: DesiredContainer,
  { id, names, labels, state, exitCode }: ContainerSummary,
  createdAt: ReadonlyMap<ResourceId, Date>,
  { containers }: Ports,
  signal: AbortSignal,
): Promise<Inspected> {
  const { config, needs } = desired;
  const isOther = labels.get(labelNames.config) !== config.fixed || labels.get(limitsLabel) !== config.limits;
  const restarting = needs.filter(({ restart }) => restart);
  // Whether it ran since the command began is in no list.
  const mayHaveRun = state === "exited" && desired.since !== undefined && mayEnd(desired, exitCode);
  // Of one that was put aside no label tells that its restart policy is gone.
  const isAside = names.some(isAsideName);
  // Of one that was made and does not run no list tells whether it can be started.
  const mayBeStuck = state === "created";
  const isAsked =
    isAside || mayBeStuck || desired.isThorough === true || desired.startedAfter !== undefined || restarting.length > 0;
  if (!isOther && !isAsked && !mayHaveRun) return {};
  const [details, image, { changesInPlace }] = await Promise.all([
    containers.inspectContainer(id, signal),
    isOther ? containers.inspectImage(desired.spec.image, signal) : undefined,
    containers.facts(signal),
  ]);
  // Gone since the list was made: the next pass sees that, too.
  if (details === undefined) return {};
  const { startedAt } = details;
  const startedBefore = restarting
    .filter((need) => startedAt !== undefined && (createdAt.get(need.id) ?? startedAt) > startedAt)
    .map((need) => need.id);
  return {
    details,
    changesInPlace,
    ...(image === undefined ? {} : { imageConfig: image.config }),
    ...(startedBefore.length === 0 ? {} : { startedBefore }),
  };
}
