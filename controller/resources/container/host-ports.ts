import type { ContainerSummary } from "../../core/ports/container-facts.ts";
import type { PublishedPort } from "../../core/ports/container-spec.ts";
import type { DesiredContainer } from "./model.ts";

const every = new Set([undefined, "", "0.0.0.0", "::"]);

/** Whether two published ports cannot be held at the same time. A range leaves the engine a choice. */
export function portsOverlap(one: PublishedPort, other: PublishedPort): boolean {
  if (typeof one.hostPort !== "number" || one.hostPort !== other.hostPort || one.protocol !== other.protocol)
    return false;
  return one.hostIp === other.hostIp || every.has(one.hostIp) || every.has(other.hostIp);
}

/** The port that a container holds now and another one wants. */
export const heldPort = (
  { ports: held }: Pick<ContainerSummary, "ports">,
  wanted: readonly PublishedPort[],
): PublishedPort | undefined => wanted.find((port) => held.some((other) => portsOverlap(port, other)));

/** Whether it holds a port that one of these wants. */
export const clashes = (summary: ContainerSummary, desired: readonly DesiredContainer[]): boolean =>
  summary.ports.length > 0 &&
  desired.some(({ to, spec }) => to === "running" && heldPort(summary, spec.ports) !== undefined);
