import { proxies } from "../../../core/port-proxies.ts";
import type { Ports } from "../../../core/ports.ts";
import type { ContainerSummary } from "../../../core/ports/container-facts.ts";
import type { PublishedPort } from "../../../core/ports/container-spec.ts";
import type { ContainerServer } from "../model.ts";

const everyAddress = new Set([undefined, "", "*", "0.0.0.0", "::"]);

const isAt = ({ hostIp, hostPort, protocol }: PublishedPort, { bind, port }: ContainerServer): boolean =>
  protocol === "tcp" && hostPort === port && (hostIp === bind || everyAddress.has(hostIp) || everyAddress.has(bind));

/** Whether this container is reached at the server's address now. */
export const hasPort = ({ ports }: Pick<ContainerSummary, "ports">, server: ContainerServer): boolean =>
  ports.some((port) => port.containerPort === 5432 && isAt(port, server));

/**
 * Who has the server's address while none of ours has: another container, or a program of this machine where the engine
 * is on this machine.
 *
 * @param ours ids of containers
 */
export async function portHolderOf(
  server: ContainerServer,
  ours: readonly string[],
  containers: readonly ContainerSummary[],
  ports: Pick<Ports, "containers" | "host">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const holders = containers.filter((one) => one.ports.some((port) => isAt(port, server)));
  if (holders.some(({ id }) => ours.includes(id))) return undefined;
  const [holder] = holders;
  if (holder !== undefined) return `container ${holder.names[0] ?? holder.id}`;
  if (!(await ports.containers.facts(signal)).isLocal) return undefined;
  const program = await ports.host.portHolder(server.bind ?? "0.0.0.0", server.port, signal);
  return program === undefined || proxies.test(program.text) ? undefined : program.text;
}
