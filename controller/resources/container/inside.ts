import type { ResourceId } from "../../core/id.ts";
import type { ContainerSpec } from "../../core/ports/container-spec.ts";
import type { ContainerAction, DesiredContainer, Ending, ObservedContainer } from "./model.ts";
import { ownOf, type Parts } from "./parts.ts";

// What lives inside another container keeps that one from being removed, on an engine that counts such bonds: to Podman it
// is "dependent", whether it runs or not (libpod, removeContainer).

/** Whether it was put into the network, the processes or the IPC of the container with this id of the engine. */
export const livesIn = ({ network, namespaces = {} }: ContainerSpec, id: string): boolean =>
  (network.mode === "container" && network.container === id) ||
  [namespaces.pid, namespaces.ipc].includes(`container:${id}`);

interface Neighbour {
  readonly observed: ObservedContainer;
  /** Of which it is a part. */
  readonly id?: ResourceId;
  readonly sharesWith: readonly ResourceId[];
  readonly ending: Ending;
}

/** Adds to each replacement what may live inside the old one. What the plan leaves alone is not among it. */
export function withInside(
  actions: readonly ContainerAction[],
  desired: readonly DesiredContainer[],
  parts: ReadonlyMap<ResourceId, Parts>,
  orphans: readonly ObservedContainer[],
): readonly ContainerAction[] {
  const goesOn = new Set(
    actions.flatMap(({ id, verb }) => (["replace", "restart", "start", "delete"].includes(verb) ? [id] : [])),
  );
  const neighbours: readonly Neighbour[] = [
    ...desired
      .filter(({ id }) => goesOn.has(id))
      .flatMap(({ id, sharesWith, preStop }) => {
        const { current, next, previous } = parts.get(id) ?? {};
        return [current, next, previous]
          .flatMap((one) => one ?? [])
          .map((observed) => ({ observed, id, sharesWith, ending: { current: ownOf(observed), preStop } }));
      }),
    ...orphans.map((observed) => ({ observed, sharesWith: [], ending: { current: ownOf(observed), preStop: [] } })),
  ];
  return actions.map((action) => {
    const inside = action.verb === "replace" ? insideOf(action, neighbours) : [];
    return inside.length === 0 ? action : { ...action, inside };
  });
}

function insideOf(
  { id, old, leftovers }: Extract<ContainerAction, { readonly verb: "replace" }>,
  neighbours: readonly Neighbour[],
): readonly Ending[] {
  const hosts = new Set<string>([id, old.id, ...leftovers.map((one) => one.id)]);
  const inside = new Set<Neighbour>();
  // What lives inside of one that does is as much in the way. A set yields what is added to it while it is walked.
  for (const host of hosts) {
    for (const one of neighbours) {
      const spec = one.observed.details?.spec;
      const isInside = one.sharesWith.some((shared) => shared === host) || (spec !== undefined && livesIn(spec, host));
      if (!isInside || one.id === id) continue;
      inside.add(one);
      hosts.add(one.observed.summary.id);
      if (one.id !== undefined) hosts.add(one.id);
    }
  }
  return [...inside].map(({ ending }) => ending);
}
