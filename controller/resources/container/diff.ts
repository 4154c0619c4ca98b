import type { Hazard } from "../../core/action.ts";
import { kindOf, nameOf, resourceId, type ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { ContainerSummary } from "../../core/ports/container-facts.ts";
import type { PublishedPort } from "../../core/ports/container-spec.ts";
import type { ExecSpec } from "../../core/ports/containers.ts";
import { diffRunning } from "./diff-running.ts";
import { takeAlong } from "./follow.ts";
import { heldPort } from "./host-ports.ts";
import type { ContainerAction, DesiredContainer, ObservedContainer } from "./model.ts";
import { isUp, ownOf, partsOf, type Parts } from "./parts.ts";

export function diff(
  desired: readonly DesiredContainer[],
  observed: readonly ObservedContainer[],
  changing: ReadonlySet<ResourceId> = new Set(),
): readonly ContainerAction[] {
  const seen = new Map<ResourceId, ObservedContainer[]>();
  for (const one of observed) {
    if (one.resource !== undefined) seen.set(one.resource, [...(seen.get(one.resource) ?? []), one]);
  }
  const parts = new Map(desired.map((one) => [one.id, partsOf(one, seen.get(one.id) ?? [])]));
  const wanted = new Set(desired.map(({ id }) => id));
  const foreign = observed.filter(({ resource }) => resource === undefined).map(({ summary }) => summary);
  const orphans = observed.filter(({ resource }) => resource !== undefined && !wanted.has(resource));
  const inTheWay = holders(desired, orphans, parts);

  const main = desired.flatMap((one): readonly ContainerAction[] => {
    const found = parts.get(one.id) ?? noParts;
    if (one.to === "running") return diffRunning(one, found, foreign, inTheWay.get(one.id) ?? [], changing);
    return one.to === "as-is" ? [] : diffLeaving(one, found, endFirst(one, desired, parts));
  });
  return [
    ...takeAlong(main, desired, parts),
    ...desired.flatMap((one) => surplus(one, parts.get(one.id) ?? noParts, main)),
    ...orphans.map((one) => orphan(one, observed, [...inTheWay.values()].flat())),
  ];
}

const noParts: Parts = { current: undefined, next: undefined, previous: undefined, extras: [] };

/** Stopped: it stays, as it is. Absent: it goes, with all that is left of it. */
function diffLeaving(
  desired: DesiredContainer,
  { current, next, previous }: Parts,
  after: readonly ResourceId[],
): readonly ContainerAction[] {
  const { id, preStop, place } = desired;
  if (current === undefined) return [];
  if (desired.to === "absent") {
    const others = [next, previous].flatMap((one) => one ?? []);
    return [
      ending("delete", id, current, "removal requested", { preStop, after, place }),
      ...others.map((one) => ending("delete", idBeside(id, one), one, "left by a replacement", { place })),
    ];
  }
  return isUp(current) ? [ending("stop", id, current, "stop requested", { preStop, after, place })] : [];
}

/** More of one than there should be. What a replacement still needs is its own business. */
function surplus(
  { id, place, to }: DesiredContainer,
  { current, extras, next, previous }: Parts,
  actions: readonly ContainerAction[],
): readonly ContainerAction[] {
  // A replacement that perhaps does not happen tidies up nothing.
  const isReplaced = actions.some(
    (action) =>
      action.id === id && ((action.verb === "replace" && action.onlyIf === undefined) || action.verb === "refuse"),
  );
  // As it is, a replacement that was cut may still need what it left; once another one serves, nothing does.
  const isNeeded = to === "as-is" && (current === undefined || !isUp(current));
  const left = isReplaced || isNeeded || to === "absent" ? [] : [next, previous].flatMap((one) => one ?? []);
  return [
    ...extras.map((one) => ending("delete", idBeside(id, one), one, `there is another ${id}`, { place })),
    ...left.map((one) => ending("delete", idBeside(id, one), one, "left by a replacement", { place })),
  ];
}

/** Removals come last, and only when all else succeeded: one that holds a port which another wants is stopped before. */
function orphan(
  one: ObservedContainer,
  observed: readonly ObservedContainer[],
  inTheWay: readonly ResourceId[],
): ContainerAction {
  const resource = one.resource ?? resourceId("container", one.summary.id);
  const isOnly = observed.filter((other) => other.resource === resource).length === 1;
  const isOfJob = kindOf(resource) === "job";
  const id = isOnly && !isOfJob ? resource : idBeside(resource, one);
  const why = isOfJob ? "left by a job that was interrupted" : "no longer in the files";
  return inTheWay.includes(resource)
    ? ending("stop", id, one, `${why}, and its port is wanted`, {})
    : ending("delete", id, one, why, {});
}

/**
 * Who holds a port that another wants and is about to let go of it, by who wants it: what is no longer in the files, and
 * what the files no longer give it to. Two that exchange ports wait for each other in vain: one of them will say so.
 */
function holders(
  desired: readonly DesiredContainer[],
  orphans: readonly ObservedContainer[],
  parts: ReadonlyMap<ResourceId, Parts>,
): ReadonlyMap<ResourceId, readonly ResourceId[]> {
  const leaving = desired.flatMap((one): Holder[] => {
    const summary = parts.get(one.id)?.current?.summary;
    if (summary === undefined || one.to === "as-is") return [];
    return [{ id: one.id, summary, keeps: one.to === "running" ? one.spec.ports : [] }];
  });
  const all = [
    ...orphans.flatMap(({ resource, summary }): Holder[] => (resource ? [{ id: resource, summary, keeps: [] }] : [])),
    ...leaving,
  ].filter(({ summary }) => summary.ports.length > 0);
  const waitsFor = new Map(
    desired.map(({ id, to, spec }) => {
      const isWanted = (one: Holder): boolean => {
        const port = one.id === id ? undefined : heldPort(one.summary, spec.ports);
        return port !== undefined && !one.keeps.some((kept) => kept.hostPort === port.hostPort);
      };
      return [id, to === "running" ? all.filter(isWanted).map((one) => one.id) : []] as const;
    }),
  );
  return new Map(
    [...waitsFor].map(([id, ids]) => [id, ids.filter((other) => waitsFor.get(other)?.includes(id) !== true)]),
  );
}

interface Holder {
  readonly id: ResourceId;
  readonly summary: ContainerSummary;
  /** Ports that it goes on with. */
  readonly keeps: readonly PublishedPort[];
}

/** What depends on a container ends before it does. */
const endFirst = (
  { id }: DesiredContainer,
  desired: readonly DesiredContainer[],
  parts: ReadonlyMap<ResourceId, Parts>,
): readonly ResourceId[] =>
  desired
    .filter(({ to }) => to === "stopped" || to === "absent")
    .filter((other) => parts.get(other.id)?.current !== undefined)
    .filter((other) => other.needs.some((need) => need.id === id) || other.sharesWith.includes(id))
    .map((other) => other.id)
    .sort();

interface EndingFacts {
  readonly preStop?: readonly ExecSpec[];
  readonly after?: readonly ResourceId[];
  readonly place?: Place;
}

function ending(
  verb: "stop" | "delete",
  id: ResourceId,
  one: ObservedContainer,
  reason: string,
  { preStop = [], after = [], place }: EndingFacts,
): ContainerAction {
  const hazards: readonly Hazard[] = isUp(one) ? ["downtime"] : [];
  const facts = {
    kind: "container",
    id,
    dependsOn: after,
    reason,
    hazards,
    ...(place === undefined ? {} : { place }),
  } as const;
  return { ...facts, verb, current: ownOf(one), preStop };
}

/** One action for each id: the engine's own id tells apart those that are the same to us. `@` is in no service's name. */
const idBeside = (id: ResourceId, { summary }: { readonly summary: ContainerSummary }): ResourceId =>
  resourceId("container", `${nameOf(id)}@${summary.id.slice(0, 12)}`);
