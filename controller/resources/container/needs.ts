import { whenMet } from "../../core/container-needs.ts";
import type { Ports } from "../../core/ports.ts";
import type { ContainerAction } from "./model.ts";

/** Waits until what a container needs is healthy or has completed. @throws PoststackError as {@link whenMet} does */
export function ready(action: ContainerAction, ports: Ports, signal: AbortSignal): Promise<void> | undefined {
  if (!("desired" in action) || action.verb === "update") return undefined;
  const { id, place, needs, acceptance } = action.desired;
  return whenMet(needs, { id, place, limitMs: acceptance.limitMs }, ports, signal);
}
