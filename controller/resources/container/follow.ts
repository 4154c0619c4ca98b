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
  return [...all.values()].map(explained);
}

function following(
  desired: DesiredContainer,
  current: ObservedContainer | undefined,
  actions: ReadonlyMap<ResourceId, ContainerAction>,
): readonly Conditioned[] {
  if (desired.to !== "running" || current === undefined || !isUp(current)) return [];
  const { id, dependsOn, place, needs, sharesWith, spec } = desired;
  const hazards: readonly Hazard[] = ["downtime"];
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
  const restarting = needs.filter(({ restart }) => restart);
  return [
    ...replaced,
    ...restarting.flatMap((need) => restarted(need.id, (action) => isMadeAnew(action) || isRestarted(action))),
    ...sharesWith.flatMap((other) => restarted(other, isRestarted)),
  ];
}

const what = (action: ContainerAction | undefined): string =>
  [
    ...(whenIs(action, isMadeAnew) === undefined ? [] : ["made anew"]),
    ...(whenIs(action, isRestarted) === undefined ? [] : ["restarted"]),
  ].join(" or ");

const isMadeAnew = ({ verb }: ContainerAction): boolean => verb === "create" || verb === "replace";

const isRestarted = ({ verb }: ContainerAction): boolean => verb === "restart" || verb === "start";
