import type { ResourceId } from "../../core/id.ts";
import type { ContainerAction, DesiredContainer } from "./model.ts";
import { orderOf, anonymousVolumes } from "./exclusive.ts";
import { isUp, ownOf, type Parts } from "./parts.ts";
import { repairsOf } from "./repairs.ts";

/**
 * Adds what has to happen to containers because of what happens to others: one with `depends_on: { restart: true }` is
 * restarted when the other is made anew or restarted; one inside another's network or processes is made anew with it.
 */
export function takeAlong(
  actions: readonly ContainerAction[],
  desired: readonly DesiredContainer[],
  parts: ReadonlyMap<ResourceId, Parts>,
): readonly ContainerAction[] {
  const all = new Map(actions.map((action) => [action.id, action]));
  // One pulls the next along: until a round adds nothing. Each round adds at least one, so it ends.
  for (let isOpen = true; isOpen;) {
    isOpen = false;
    for (const one of desired) {
      const own = all.get(one.id);
      const added = own === undefined || own.verb === "update" ? following(one, parts.get(one.id), all) : undefined;
      if (added === undefined) continue;
      all.set(one.id, added);
      isOpen = true;
    }
  }
  // In the order of the wishes: the plan sorts them anyway.
  return [...all.values()];
}

function following(
  desired: DesiredContainer,
  { current }: Parts = { current: undefined, next: undefined, previous: undefined, extras: [] },
  actions: ReadonlyMap<ResourceId, ContainerAction>,
): ContainerAction | undefined {
  if (desired.to !== "running" || current === undefined || !isUp(current)) return undefined;
  const { id, dependsOn, place } = desired;
  const made = desired.sharesWith.find((other) => isMadeAnew(actions.get(other)));
  if (made !== undefined) {
    const inherits = anonymousVolumes(current.summary.mounts, desired.spec);
    const order = orderOf(desired.spec, inherits);
    return {
      kind: "container",
      verb: "replace",
      id,
      dependsOn,
      place,
      desired,
      order,
      inherits,
      leftovers: [],
      drift: [],
      hazards: ["downtime"],
      reason: `${made} is made anew, and it lives inside`,
      old: ownOf(current),
    };
  }
  const restarting = desired.needs.filter(({ restart }) => restart).map((need) => need.id);
  const cause = [...restarting, ...desired.sharesWith].find((other) => isRestarted(actions.get(other)));
  if (cause === undefined) return undefined;
  const { repairs } = repairsOf(desired, current);
  return {
    kind: "container",
    verb: "restart",
    id,
    dependsOn,
    place,
    desired,
    repairs,
    hazards: ["downtime"],
    reason: `${cause} is ${isMadeAnew(actions.get(cause)) ? "made anew" : "restarted"}`,
    current: ownOf(current),
  };
}

const isMadeAnew = (action: ContainerAction | undefined): boolean =>
  action?.verb === "create" || action?.verb === "replace";

const isRestarted = (action: ContainerAction | undefined): boolean =>
  isMadeAnew(action) || action?.verb === "restart" || action?.verb === "start";
