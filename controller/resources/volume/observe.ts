import { observedMark, resourceIn } from "../../core/engine-labels.ts";
import type { Ports } from "../../core/ports.ts";
import { twinOf } from "../../core/twin.ts";
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
  const projects = new Map(desired.map(({ name, project }) => [name, project]));
  const found = (await ports.containers.volumes(signal)).filter(({ name }) => projects.has(name));
  return Promise.all(
    found.map(async (facts): Promise<ObservedVolume> => {
      const resource = resourceIn(facts.labels, mark);
      if (resource !== undefined) return { facts, resource };
      const project = projects.get(facts.name);
      const twin = project === undefined ? undefined : await twinOf(facts.labels, project, ports, signal);
      return { facts, ...(twin === undefined ? {} : { twin }) };
    }),
  );
}
