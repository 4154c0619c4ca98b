import type { Hazard } from "../../core/action.ts";
import { retiredName } from "../../core/derived-name.ts";
import { kindOf, resourceId, type ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { ExecSpec } from "../../core/ports/containers.ts";
import { diffRunning } from "./diff-running.ts";
import { takeAlong } from "./follow.ts";
import { unlessKept } from "./guests.ts";
import { clearTheWay, type Orphan } from "./in-the-way.ts";
import { livesIn, withInside } from "./inside.ts";
import { isContainer, isMachine, withNotes } from "./machine.ts";
import type { ContainerAction, DesiredContainer, ObservedContainer, ObservedMachine } from "./model.ts";
import { byResource, idBeside, isUp, ownOf, partsOf, type Parts } from "./parts.ts";
import type { Thing } from "./things.ts";

export function diff(
  desired: readonly DesiredContainer[],
  found: readonly (ObservedContainer | ObservedMachine)[],
  changing: ReadonlySet<ResourceId> = new Set(),
): readonly ContainerAction[] {
  const observed = found.filter(isContainer);
  const machine = found.find(isMachine);
  const seen = byResource(observed);
  const parts = new Map(desired.map((one) => [one.id, partsOf(one, seen.get(one.id) ?? [])]));
  const wanted = new Set(desired.map(({ id }) => id));
  const foreign = observed.filter(({ resource }) => resource === undefined);
  const foreignSummaries = foreign.map(({ summary }) => summary);
  const orphans = [
    ...observed
      .filter(({ resource }) => resource !== undefined && !wanted.has(resource))
      .map((one) => orphanOf(one, observed, desired)),
    ...desired.flatMap((one) => (parts.get(one.id) ?? noParts).extras.map((extra) => surplusOf(one, extra))),
  ];

  const main = desired.flatMap((one): readonly ContainerAction[] => {
    const found = parts.get(one.id) ?? noParts;
    if (one.to === "running") return diffRunning(one, found, foreignSummaries, changing);
    return one.to === "as-is" ? [] : diffLeaving(one, found, endFirst(one, desired, parts));
  });
  const leaving = orphans.map((orphan) => orphan.observed);
  const all = unlessKept(withInside(takeAlong(main, desired, parts), desired, parts, leaving), foreign);
  const { waitsFor, stops, exchanging } = clearTheWay(all, desired, parts, orphans);
  return [
    ...withNotes(all, desired, machine).map((action) => waiting(action, waitsFor.get(action.id) ?? [])),
    ...desired.flatMap((one) => leftovers(one, parts.get(one.id) ?? noParts, main)),
    ...exchanging.map(({ id, observed: one, thing }) =>
      ending("stop", id, one, `exchanges its ${thing.type} with another one`, { aside: asideOf(one) }),
    ),
    ...orphans.map((one) => orphanEnds(one, stops.get(one.id), insideFirst(one, orphans))),
  ];
}

const waiting = (action: ContainerAction, more: readonly ResourceId[]): ContainerAction =>
  more.length === 0 ? action : { ...action, dependsOn: [...new Set([...action.dependsOn, ...more])] };

const noParts: Parts = { current: undefined, next: undefined, previous: undefined, extras: [] };

/** Stopped: it stays, as it is. Absent: it goes, with all that is left of it. */
function diffLeaving(
  desired: DesiredContainer,
  { current, next, previous }: Parts,
  after: readonly ResourceId[],
): readonly ContainerAction[] {
  const { id, preStop, hooks, place } = desired;
  if (current === undefined) return [];
  if (desired.to === "absent") {
    const others = [next, previous].flatMap((one) => one ?? []);
    return [
      ending("delete", id, current, "removal requested", { preStop, hooks, after, place }),
      ...others.map((one) => ending("delete", idBeside(id, one), one, "left by a replacement", { place })),
    ];
  }
  return isUp(current) ? [ending("stop", id, current, "stop requested", { preStop, hooks, after, place })] : [];
}

/** What a replacement left that was cut off, and no other one needs. */
function leftovers(
  { id, place, to }: DesiredContainer,
  { current, next, previous }: Parts,
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
  return left.map((one) => ending("delete", idBeside(id, one), one, "left by a replacement", { place }));
}

/** Removals come last, and only when all else succeeded: one that has what another one wants is stopped before. */
function orphanEnds(
  { id, observed: one, why, ...where }: Orphan,
  wanted: Thing | undefined,
  after: readonly ResourceId[],
): ContainerAction {
  if (wanted === undefined) return ending("delete", id, one, why, { ...where, after });
  const reason = `${why}, and its ${wanted.type} is wanted; deleted when all else is done`;
  const stop = ending("stop", id, one, reason, { ...where, aside: asideOf(one) });
  // A file in the middle of being saved may have half a name, and the container of the whole name is no service's.
  return { ...stop, alsoTakesAway: true };
}

const asideOf = (one: ObservedContainer): string => retiredName(ownOf(one).name, one.summary.id);

const insideFirst = ({ observed: { summary } }: Orphan, orphans: readonly Orphan[]): readonly ResourceId[] =>
  orphans
    .filter(({ observed: { details } }) => details !== undefined && livesIn(details.spec, summary.id))
    .map(({ id }) => id)
    .sort();

function orphanOf(
  one: ObservedContainer,
  observed: readonly ObservedContainer[],
  desired: readonly DesiredContainer[],
): Orphan {
  const resource = one.resource ?? resourceId("container", one.summary.id);
  const isOnly = observed.filter((other) => other.resource === resource).length === 1;
  // `web.3` of a service that is to have two.
  const [, first] = /^(.+)\.\d+$/.exec(resource) ?? [];
  const isOneOfMany = desired.some(({ id }) => id === first);
  const why = isOfJob(one)
    ? "left by a job that was interrupted"
    : isOneOfMany
      ? "one more than is asked for"
      : "no longer in the files";
  return { id: isOnly && !isOfJob(one) ? resource : idBeside(resource, one), observed: one, why };
}

/** More of one than there should be. */
const surplusOf = ({ id, place }: DesiredContainer, one: ObservedContainer): Orphan => ({
  id: idBeside(id, one),
  observed: one,
  why: `there is another ${id}`,
  place,
});

const isOfJob = ({ resource }: ObservedContainer): boolean => resource !== undefined && kindOf(resource) === "job";

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
  readonly hooks?: string | undefined;
  readonly after?: readonly ResourceId[];
  readonly place?: Place;
  /** The name that it gets. */
  readonly aside?: string;
}

function ending(
  verb: "stop" | "delete",
  id: ResourceId,
  one: ObservedContainer,
  reason: string,
  { preStop = [], hooks, after = [], place, aside }: EndingFacts,
): ContainerAction {
  const hazards: readonly Hazard[] = isUp(one) ? ["downtime"] : [];
  const facts = {
    kind: "container",
    id,
    dependsOn: after,
    reason,
    hazards,
    ...(place === undefined ? {} : { place }),
    ...(aside === undefined ? {} : { aside }),
    ...(hooks === undefined ? {} : { hooks }),
  } as const;
  return { ...facts, verb, current: ownOf(one), preStop };
}
