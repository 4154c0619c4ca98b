import type { Ports } from "../../core/ports.ts";
import { unreachable } from "../../core/unreachable.ts";
import { finishStart } from "./run.ts";
import type { DesiredContainer, Own, Repair } from "./model.ts";

/** Puts right what can be put right in place, one call for each. */
export async function repair(
  {
    desired,
    current,
    repairs,
  }: { readonly desired: DesiredContainer; readonly current: Own; readonly repairs: readonly Repair[] },
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  for (const one of repairs) await repairOne(one, desired, current, ports, signal);
}

function repairOne(one: Repair, desired: DesiredContainer, own: Own, ports: Ports, signal: AbortSignal): Promise<void> {
  const { id } = own;
  const { containers } = ports;
  switch (one.type) {
    case "unpause":
      return containers.unpauseContainer(id, signal);
    case "rename":
      return containers.renameContainer(id, desired.name, signal);
    case "connect":
      return containers.connectNetwork(one.network, id, one.attachment, signal);
    case "disconnect":
      return containers.disconnectNetwork(one.network, id, signal);
    case "limits":
      return containers.updateContainer(id, one.change, signal);
    case "post-start":
      return finishStart(desired, own, ports, signal);
    default:
      return unreachable(one);
  }
}
