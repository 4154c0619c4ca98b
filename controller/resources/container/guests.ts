import type { ContainerSummary } from "../../core/ports/container-facts.ts";
import type { Ports } from "../../core/ports.ts";
import { livesIn } from "./inside.ts";
import type { ContainerAction, DesiredContainer, ObservedContainer } from "./model.ts";
import { isAsWanted } from "./parts.ts";
import { livedIn, refuse } from "./refusals.ts";

// Somebody else's containers that live inside ours. Podman lets none go that another one depends on (libpod,
// removeContainer), and what is not ours is not ended: known before anything is begun, it is refused.

/** Asked only where one of ours is to be made anew: no list tells in whose network or processes a container lives. */
export async function observeGuests(
  desired: readonly DesiredContainer[],
  own: readonly ObservedContainer[],
  foreign: readonly ContainerSummary[],
  { containers }: Pick<Ports, "containers">,
  signal: AbortSignal,
): Promise<readonly ObservedContainer[]> {
  const wishes = new Map(desired.map((one) => [one.id, one]));
  const isChanging = own.some((one) => {
    const wish = one.resource === undefined ? undefined : wishes.get(one.resource);
    return wish?.to === "running" && (!isAsWanted(wish, one) || one.outlived !== undefined);
  });
  if (!isChanging || foreign.length === 0 || (await containers.facts(signal)).engine !== "podman") return [];
  const found = await Promise.all(
    foreign.map(async (summary): Promise<readonly ObservedContainer[]> => {
      const details = await containers.inspectContainer(summary.id, signal);
      const isGuest = details !== undefined && own.some((one) => livesIn(details.spec, one.summary.id));
      return isGuest ? [{ summary, details }] : [];
    }),
  );
  return found.flat();
}

/** The same actions, but for replacements that a guest would keep from coming to their end. */
export const unlessKept = (
  actions: readonly ContainerAction[],
  foreign: readonly ObservedContainer[],
): readonly ContainerAction[] =>
  actions.map((action) => {
    if (action.verb !== "replace" || action.onlyIf !== undefined) return action;
    const { desired, old, leftovers, inside = [] } = action;
    const going = [old, ...leftovers, ...inside.map(({ current }) => current)].map(({ id }) => id);
    const guests = foreign.filter(
      ({ details }) => details !== undefined && going.some((id) => livesIn(details.spec, id)),
    );
    const names = guests
      .map(
        ({
          summary: {
            names: [name],
            id,
          },
        }) => name ?? id,
      )
      .sort();
    return names.length === 0 ? action : refuse(desired, livedIn(desired, names));
  });
