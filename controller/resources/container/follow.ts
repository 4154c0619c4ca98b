import type { Hazard } from "../../core/action.ts";
import type { ResourceId } from "../../core/id.ts";
import { also, explained, whenIs } from "./conditional.ts";
import type { Conditioned, ContainerAction, DesiredContainer, ImageChange, ObservedContainer } from "./model.ts";
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
  // One pulls the next along: until a round adds nothing. What is due only becomes more, and has an end.
  for (let isOpen = true; isOpen;) {
    isOpen = false;
    for (const one of desired) {
      for (const follows of following(one, parts.get(one.id)?.current, all)) {
        const more = also(all.get(one.id), follows);
        if (more === undefined) continue;
        all.set(one.id, more);
        isOpen = true;
      }
    }
  }
  // In the order of the wishes: the plan sorts them anyway.
  const wishes = new Map(desired.map((one) => [one.id, one]));
  return [...all.values()].map((action) => together(explained(action), wishes, all));
}

function following(
  desired: DesiredContainer,
  current: ObservedContainer | undefined,
  actions: ReadonlyMap<ResourceId, ContainerAction>,
): readonly Conditioned[] {
  if (desired.to !== "running" || current === undefined) return [];
  const { id, dependsOn, place, needs, sharesWith, spec } = desired;
  const hazards: readonly Hazard[] = isUp(current) ? ["downtime"] : [];
  const facts = (reason: string, onlyIf: readonly ImageChange[]) =>
    ({
      ...({ kind: "container", id, dependsOn, place, desired, hazards, reason } as const),
      ...(onlyIf.length === 0 ? {} : { onlyIf }),
    }) as const;
  const replaced = sharesWith.flatMap((other): Conditioned[] => {
    const onlyIf = whenIs(actions.get(other), isMadeAnew);
    if (onlyIf === undefined) return [];
    const inherits = anonymousVolumes(current.summary.mounts, spec);
    const how = { order: orderOf(spec, inherits), inherits, leftovers: [], drift: [], old: ownOf(current) };
    return [{ ...facts(`${other} is made anew, and it lives inside`, onlyIf), verb: "replace", ...how }];
  });
  const restarted = (other: ResourceId, isCause: (action: ContainerAction) => boolean): readonly Conditioned[] => {
    const onlyIf = whenIs(actions.get(other), isCause);
    if (onlyIf === undefined) return [];
    const { repairs } = repairsOf(desired, current);
    return [
      {
        ...facts(`${other} is ${what(actions.get(other))}`, onlyIf),
        verb: "restart",
        repairs,
        current: ownOf(current),
      },
    ];
  };
  // One that ended lives inside as much: it could not be started again.
  if (!isUp(current)) return replaced;
  const restarting = needs.filter(({ restart }) => restart);
  return [
    ...replaced,
    ...restarting.flatMap((need) => restarted(need.id, (action) => isMadeAnew(action) || isRestarted(action))),
    ...sharesWith.flatMap((other) => restarted(other, isRestarted)),
  ];
}

/** What lives inside one that is made anew goes with it, also where only that one is asked for. */
function together(
  action: ContainerAction,
  wishes: ReadonlyMap<ResourceId, DesiredContainer>,
  all: ReadonlyMap<ResourceId, ContainerAction>,
): ContainerAction {
  if (action.verb !== "replace") return action;
  let outermost = action.id;
  const hostOf = (id: ResourceId): ResourceId | undefined =>
    wishes.get(id)?.sharesWith.find((other) => whenIs(all.get(other), isMadeAnew) !== undefined);
  for (let host = hostOf(outermost); host !== undefined; host = hostOf(host)) outermost = host;
  return outermost === action.id ? action : { ...action, goesWith: outermost };
}

const what = (action: ContainerAction | undefined): string =>
  [
    ...(whenIs(action, isMadeAnew) === undefined ? [] : ["made anew"]),
    ...(whenIs(action, isRestarted) === undefined ? [] : ["restarted"]),
  ].join(" or ");

const isMadeAnew = ({ verb }: ContainerAction): boolean => verb === "create" || verb === "replace";

const isRestarted = ({ verb }: ContainerAction): boolean => verb === "restart" || verb === "start";
