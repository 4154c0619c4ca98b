import { composeVolumeLabels, observedMark, ownLabels, resourceIn } from "../../core/engine-labels.ts";
import { fromFacts } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import { done, type Result } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import { nameTaken } from "./refusals.ts";
import type { DesiredVolume, VolumeAction } from "./model.ts";

export async function apply(action: VolumeAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  switch (action.verb) {
    case "create":
      return create(action.desired, ports, signal);
    case "delete":
      return remove(action, ports, signal);
    case "refuse":
      throw fromFacts(action.error);
    default:
      return unreachable(action);
  }
}

/** Creating one that exists succeeds: whose it is, is read back before anything is put into it (RELIABILITY 9). */
async function create(desired: DesiredVolume, ports: Ports, signal: AbortSignal): Promise<Result> {
  const { name, key, spec, project } = desired;
  const labels = new Map([...spec.labels, ...composeVolumeLabels(project, key), ...ownLabels(desired, ports)]);
  const made = await ports.containers.createVolume(name, { ...spec, labels }, signal);
  if (resourceIn(made.labels, observedMark(ports)) !== desired.id) throw fromFacts(nameTaken(desired));
  return done;
}

/** A volume has no id but its name: whose it is, is asked again right before (RELIABILITY 2). */
async function remove(
  { volume, place }: Extract<VolumeAction, { readonly verb: "delete" }>,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const found = (await ports.containers.volumes(signal)).find(({ name }) => name === volume.name);
  if (found === undefined) return { note: "gone already" };
  const isOurs = resourceIn(found.labels, observedMark(ports)) === volume.resource;
  if (!isOurs) throw fromFacts(nameTaken({ name: volume.name, ...(place === undefined ? {} : { place }) }));
  await ports.containers.removeVolume(volume.name, signal);
  return done;
}
