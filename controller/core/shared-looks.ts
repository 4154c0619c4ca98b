import type { Ports } from "./ports.ts";
import type { ContainerDetails } from "./ports/container-facts.ts";
import type { ContainerEngine } from "./ports/containers.ts";

interface Look {
  readonly atMs: number;
  readonly signal: AbortSignal;
  readonly details: Promise<ContainerDetails | undefined>;
}

/** The last look at each container of an engine, by what it was asked for by. */
const last = new WeakMap<ContainerEngine, Map<string, Look>>();

/**
 * Looks at a container, or takes part in a look of somebody who waits for the same one: a hundred services that need one
 * database are one call at a time.
 *
 * @param name or id
 * @param fromMs a look from before this moment is none
 */
export function sharedLook(
  name: string,
  fromMs: number,
  { containers, clock }: Pick<Ports, "containers" | "clock">,
  signal: AbortSignal,
): Promise<ContainerDetails | undefined> {
  const looks = last.get(containers) ?? new Map<string, Look>();
  last.set(containers, looks);
  const known = looks.get(name);
  // One whose asker went away ends with it.
  if (known !== undefined && known.atMs >= fromMs && !known.signal.aborted) return known.details;
  const details = containers.inspectContainer(name, signal);
  looks.set(name, { atMs: clock.nowMs(), signal, details });
  return details;
}
