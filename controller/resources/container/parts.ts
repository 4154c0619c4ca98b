import { asideName, isAsideName, isRetiredName } from "../../core/derived-name.ts";
import { labelNames } from "../../core/engine-labels.ts";
import { nameOf, resourceId, type ResourceId } from "../../core/id.ts";
import { bareId } from "../../core/image-reference.ts";
import type { ContainerSummary } from "../../core/ports/container-facts.ts";
import type { RestartPolicy } from "../../core/ports/container-spec.ts";
import { limitsLabel } from "./config.ts";
import { restartIn } from "./limits.ts";
import type { DesiredContainer, ObservedContainer, Own } from "./model.ts";

/**
 * What there is of one resource. Names say what each is, so that a replacement that was cut between any two calls is
 * recognised by what it left: docs/decisions/0009-container-replacement.md
 */
export interface Parts {
  /** The one that serves, or should. */
  readonly current: ObservedContainer | undefined;
  /** Made beside it, to take its place. */
  readonly next: ObservedContainer | undefined;
  /** Stopped and kept, until the one in its place is accepted. */
  readonly previous: ObservedContainer | undefined;
  /** More of it than there should be. */
  readonly extras: readonly ObservedContainer[];
}

/** What there is of each resource of ours. Nobody else's is in it. */
export function byResource(
  observed: readonly ObservedContainer[],
): ReadonlyMap<ResourceId, readonly ObservedContainer[]> {
  const all = new Map<ResourceId, ObservedContainer[]>();
  for (const one of observed) {
    if (one.resource === undefined) continue;
    const others = all.get(one.resource);
    if (others === undefined) all.set(one.resource, [one]);
    else others.push(one);
  }
  return all;
}

export function partsOf(desired: DesiredContainer, ours: readonly ObservedContainer[]): Parts {
  // The engine is taking these away already.
  const there = ours.filter(({ summary }) => summary.state !== "removing");
  const named = (name: string): ObservedContainer | undefined =>
    there.find(({ summary }) => summary.names.includes(name));
  const atName = named(desired.name);
  const next = named(asideName(desired.name, "next"));
  const previous = named(asideName(desired.name, "previous"));
  const others = there
    .filter((one) => ![atName, next, previous].includes(one))
    .sort((a, b) => rank(desired, b) - rank(desired, a) || (a.summary.id < b.summary.id ? -1 : 1));
  // Without one under its name: one that somebody renamed, or what an interrupted replacement left.
  const [renamed] = others;
  const isReady = next !== undefined && isAsWanted(desired, next);
  const current = atName ?? (isReady ? next : undefined) ?? renamed ?? previous ?? next;
  const unless = (one: ObservedContainer | undefined): ObservedContainer | undefined =>
    one === current ? undefined : one;
  return {
    current,
    next: unless(next),
    previous: unless(previous),
    extras: others.filter((one) => one !== current),
  };
}

const rank = (desired: DesiredContainer, one: ObservedContainer): number =>
  (isAsWanted(desired, one) ? 2 : 0) + (isUp(one) ? 1 : 0);

/** Made from the same wish, of the image that the reference means now, and the engine can start it. */
export const isAsWanted = (desired: DesiredContainer, observed: ObservedContainer): boolean =>
  observed.summary.labels.get(labelNames.config) === desired.config.fixed &&
  hasWantedImage(observed) &&
  !isStuck(observed);

/** It never ran, so that nothing is in it, and the engine can start it no more. One that ran may hold what nobody has twice. */
export const isStuck = ({ summary: { state }, details }: ObservedContainer): boolean =>
  state === "created" && details?.isStuck === true;

/** An image that is not here cannot be compared with: it is fetched first. */
export const hasWantedImage = ({ summary: { imageId }, wantedImageId }: ObservedContainer): boolean =>
  wantedImageId === undefined || bareId(wantedImageId) === bareId(imageId);

export const isUp = ({ summary: { state } }: ObservedContainer): boolean =>
  state === "running" || state === "restarting" || state === "paused";

export const ownOf = (observed: ObservedContainer): Own => ({
  id: observed.summary.id,
  name: observed.summary.names[0] ?? observed.summary.id,
  isUp: isUp(observed),
  restart: restartOf(observed),
});

/** One action for each id: the engine's own id tells apart those that are the same to us. `@` is in no service's name. */
export const idBeside = (id: ResourceId, { summary }: Pick<ObservedContainer, "summary">): ResourceId =>
  resourceId("container", `${nameOf(id)}@${summary.id.slice(0, 12)}`);

/** It was stopped for another one to have what it had. */
export const isRetired = ({ names }: ContainerSummary): boolean => names.some(isRetiredName);

/** One that was put aside has none any more: what it was made with is what it is given back. */
export function restartOf({ summary: { labels, names }, details }: ObservedContainer): RestartPolicy {
  const madeWith = restartIn(labels.get(limitsLabel) ?? "");
  return details === undefined || names.some(isAsideName) ? madeWith : (details.spec.restart ?? { name: "no" });
}
