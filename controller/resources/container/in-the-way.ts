import { asideName } from "../../core/derived-name.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { ContainerAction, DesiredContainer, ObservedContainer } from "./model.ts";
import { idBeside, isUp, type Parts } from "./parts.ts";
import { excludes, thingsHeld, thingsOf, type Thing } from "./things.ts";

interface Ending {
  /** Of the action about it. */
  readonly id: ResourceId;
  readonly observed: ObservedContainer;
}

/** One that nobody asks for: it is no longer in the files, or is there twice. */
export interface Orphan extends Ending {
  readonly why: string;
  readonly place?: Place;
}

/** One that has what another one is to have, and will have it no longer. */
interface Holder {
  readonly id: ResourceId;
  readonly observed: ObservedContainer;
  readonly gives: readonly Thing[];
  readonly isOrphan: boolean;
}

interface Conflict {
  /** Of the action that waits. */
  readonly id: ResourceId;
  readonly holder: Holder;
  readonly thing: Thing;
}

export interface Cleared {
  /** What each action waits for, besides what it waits for anyway. */
  readonly waitsFor: ReadonlyMap<ResourceId, readonly ResourceId[]>;
  /** Orphans that end before the others begin, by the id of the action, with what is wanted of each. */
  readonly stops: ReadonlyMap<ResourceId, Thing>;
  /** What ends so as well, and goes on afterwards with what the files give it then. */
  readonly exchanging: readonly (Ending & { readonly thing: Thing })[];
}

/**
 * What has to let go of something before another one can have it: two servers on one volume destroy it, and a name, an
 * address or a port is refused to the second. What nobody asks for is stopped. What is in the files, and asks for less
 * than before, goes first; where it waits in its turn for the other, as two do that exchange their ports, it is stopped,
 * too.
 */
export function clearTheWay(
  actions: readonly ContainerAction[],
  desired: readonly DesiredContainer[],
  parts: ReadonlyMap<ResourceId, Parts>,
  orphans: readonly Orphan[],
): Cleared {
  const acting = new Map(actions.map(({ id, verb }) => [id, verb]));
  const wishes = new Map(desired.map((one) => [one.id, one]));
  const giving = desired.flatMap((one): Holder[] => {
    const observed = parts.get(one.id)?.current;
    const verb = acting.get(one.id);
    if (observed === undefined || one.to === "as-is" || verb === undefined) return [];
    const keeps = one.to === "running" ? thingsOf(one) : [];
    const isLetGo = (held: Thing): boolean => held.type === "name" || ["replace", "stop", "delete"].includes(verb);
    const gives = thingsHeld(observed).filter((held) => isLetGo(held) && !keeps.some((kept) => excludes(kept, held)));
    return [{ id: one.id, observed, gives, isOrphan: false }];
  });
  const leaving = orphans.map(({ id, observed }) => ({ id, observed, gives: thingsHeld(observed), isOrphan: true }));
  const holders: readonly Holder[] = [...leaving, ...giving];

  const conflicts = actions.flatMap((action): Conflict[] => {
    const wish = wishes.get(action.id);
    const needs = wish === undefined ? [] : neededBy(action, wish, parts.get(action.id)?.current);
    return holders.flatMap((holder): Conflict[] => {
      const thing = holder.id === action.id ? undefined : firstOf(needs, holder.gives);
      return thing === undefined ? [] : [{ id: action.id, holder, thing }];
    });
  });
  return arranged(conflicts, desired);
}

/** What it is to have and has not yet. One that runs shares with others only what the files gave to both. */
function neededBy(
  { verb }: ContainerAction,
  wish: DesiredContainer,
  current: ObservedContainer | undefined,
): readonly Thing[] {
  const has = current !== undefined && isUp(current) ? thingsHeld(current) : [];
  const needs = [...thingsOf(wish), ...(verb === "replace" ? namesBeside(wish) : [])].filter(
    (thing) => !has.some((held) => excludes(thing, held)),
  );
  if (["create", "replace", "start", "restart"].includes(verb)) return needs;
  return verb === "update" ? needs.filter(({ type }) => type === "name") : [];
}

const namesBeside = ({ name }: DesiredContainer): readonly Thing[] =>
  (["next", "previous"] as const).map((role) => ({ type: "name", name: asideName(name, role) }));

const firstOf = (needs: readonly Thing[], gives: readonly Thing[]): Thing | undefined =>
  needs.find((thing) => gives.some((held) => excludes(thing, held)));

function arranged(conflicts: readonly Conflict[], desired: readonly DesiredContainer[]): Cleared {
  const graph = new Map<ResourceId, ResourceId[]>(desired.map(({ id, dependsOn }) => [id, [...dependsOn]]));
  for (const { id, holder } of conflicts) graph.get(id)?.push(holder.id);
  const waitsFor = new Map<ResourceId, ResourceId[]>();
  const stops = new Map<ResourceId, Thing>();
  const exchanging = new Map<ResourceId, Cleared["exchanging"][number]>();
  const wait = (id: ResourceId, before: ResourceId): void =>
    void waitsFor.set(id, [...(waitsFor.get(id) ?? []), before].sort());

  for (const { id, holder, thing } of conflicts.toSorted(byIds)) {
    if (holder.isOrphan) {
      if (!stops.has(holder.id)) stops.set(holder.id, thing);
      wait(id, holder.id);
    } else if (!reaches(holder.id, id, graph)) {
      wait(id, holder.id);
    } else {
      const beside = idBeside(holder.id, holder.observed);
      if (!exchanging.has(beside)) {
        exchanging.set(beside, { id: beside, observed: holder.observed, thing });
        wait(holder.id, beside);
      }
      wait(id, beside);
    }
  }
  return { waitsFor, stops, exchanging: [...exchanging.values()] };
}

const byIds = (one: Conflict, other: Conflict): number =>
  one.id === other.id ? compare(one.holder.id, other.holder.id) : compare(one.id, other.id);

const compare = (a: ResourceId, b: ResourceId): number => (a < b ? -1 : a > b ? 1 : 0);

function reaches(from: ResourceId, to: ResourceId, graph: ReadonlyMap<ResourceId, readonly ResourceId[]>): boolean {
  const reached = new Set([from]);
  // A set yields what is added to it while it is walked.
  for (const id of reached) for (const next of graph.get(id) ?? []) reached.add(next);
  return reached.has(to);
}
