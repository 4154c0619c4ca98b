import type { Ports } from "../../../core/ports.ts";
import type { Result } from "../../../core/resource.ts";
import type { ContainerServer, InstanceAction } from "../model.ts";
import { stopAndRemove } from "./replace.ts";
import { setPassword } from "./password.ts";
import { accept } from "./run.ts";
import { attachmentTo, serverRestart } from "./spec.ts";

type Update = Extract<InstanceAction, { readonly verb: "update" }>;

/** Puts right what somebody changed of a container that stays. Each step may have been done before. */
export async function repair(
  { desired, repairs }: Update,
  server: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const { id } = repairs;
  const { containers } = ports;
  for (const leftover of repairs.leftovers) await stopAndRemove(leftover.id, ports, signal);
  if (repairs.rename) await containers.renameContainer(id, server.name, signal);
  if (repairs.unpause) await containers.unpauseContainer(id, signal);
  for (const network of repairs.connect)
    await containers.connectNetwork(network, id, attachmentTo(server.alias), signal);
  // What is connected to it by that network loses its connection, the one that holds the lock included.
  if (repairs.reconnect.length > 0) await ports.server.reset();
  for (const network of repairs.reconnect) {
    await containers.disconnectNetwork(network, id, signal);
    await containers.connectNetwork(network, id, attachmentTo(server.alias), signal);
  }
  if (repairs.restart) await containers.updateContainer(id, { restart: serverRestart }, signal);
  for (const network of repairs.disconnect) await containers.disconnectNetwork(network, id, signal);
  if (repairs.password) await setPassword(desired, id, ports, signal);
  return accept(desired, server, id, ports, signal, "running");
}
