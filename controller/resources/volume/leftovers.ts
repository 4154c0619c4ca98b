import { observedMark, resourceIn } from "../../core/engine-labels.ts";
import { kindOf, resourceId } from "../../core/id.ts";
import { claimsAmong } from "../../core/ownership.ts";
import type { Ports } from "../../core/ports.ts";
import type { ObservedVolume, VolumeAction, VolumeLeftovers, VolumeWish } from "./model.ts";

export const isLeftovers = (wish: VolumeWish): wish is VolumeLeftovers => "keep" in wish;

/** Volumes of this environment that no container mounts and nothing is to keep. */
export async function observeLeftovers(
  { keep, ownContainersGo }: VolumeLeftovers,
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedVolume[]> {
  const [volumes, containers] = await Promise.all([
    ports.containers.volumes(signal),
    ports.containers.containers(signal),
  ]);
  const mark = observedMark(ports);
  const going = ownContainersGo ? await claimsAmong(containers, ports, signal) : [];
  const goingIds = new Set(going.map(({ summary }) => summary.id));
  const staying = containers.filter(({ id }) => !goingIds.has(id));
  const used = new Set([...keep, ...staying.flatMap(({ mounts }) => mounts.flatMap(({ name }) => name ?? []))]);
  return volumes.flatMap((facts): ObservedVolume[] => {
    const resource = resourceIn(facts.labels, mark);
    const isOurs = resource !== undefined && kindOf(resource) === "volume";
    return isOurs && !used.has(facts.name) ? [{ facts, resource, isLeftover: true }] : [];
  });
}

/** Without the leave to delete data nothing goes (RELIABILITY 20). */
export const diffLeftovers = (
  { deleteData }: VolumeLeftovers,
  observed: readonly ObservedVolume[],
): readonly VolumeAction[] =>
  deleteData
    ? observed.map(({ facts: { name }, resource = resourceId("volume", name) }) => ({
        kind: "volume",
        verb: "delete",
        id: resourceId("volume", name),
        dependsOn: [],
        reason: "no container uses it; its data is deleted",
        hazards: ["deletes-data"],
        volume: { name, resource },
      }))
    : [];
