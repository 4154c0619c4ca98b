import { observedMark, resourceIn } from "../../core/engine-labels.ts";
import type { Ports } from "../../core/ports.ts";
import { isLeftovers, observeLeftovers } from "./leftovers.ts";
import type { DesiredVolume, ObservedVolume, VolumeWish } from "./model.ts";

/** The volumes that the files name. What they no longer name holds data and is not looked for: nothing takes it away. */
export async function observe(
  wishes: readonly VolumeWish[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedVolume[]> {
  const leftovers = wishes.filter(isLeftovers).map((wish) => observeLeftovers(wish, ports, signal));
  const named = wishes.flatMap((wish) => (isLeftovers(wish) ? [] : [wish]));
  return [...(await observeNamed(named, ports, signal)), ...(await Promise.all(leftovers)).flat()];
}

async function observeNamed(
  desired: readonly DesiredVolume[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedVolume[]> {
  if (desired.length === 0) return [];
  const mark = observedMark(ports);
  const names = new Set(desired.map(({ name }) => name));
  return (await ports.containers.volumes(signal))
    .filter(({ name }) => names.has(name))
    .map((facts) => {
      const resource = resourceIn(facts.labels, mark);
      return { facts, ...(resource === undefined ? {} : { resource }) };
    });
}
