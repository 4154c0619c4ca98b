import { whenMet } from "../../core/container-needs.ts";
import type { Ports } from "../../core/ports.ts";
import { dueOf } from "./due.ts";
import type { ContainerAction } from "./model.ts";

/** Waits until what a container needs is healthy or has completed. @throws PoststackError as {@link whenMet} does */
export function ready(action: ContainerAction, ports: Ports, signal: AbortSignal): Promise<void> | undefined {
  if (!("desired" in action) || action.verb === "update") return undefined;
  const { id, place, needs, acceptance } = action.desired;
  const met = (): Promise<void> | undefined =>
    whenMet(needs, { id, place, limitMs: acceptance.limitMs }, ports, signal);
  const isOpen = "onlyIf" in action && action.onlyIf !== undefined;
  // What is perhaps not to be done waits for nobody.
  return isOpen && needs.length > 0 ? whenDue(action, met, ports, signal) : met();
}

async function whenDue(
  action: ContainerAction,
  met: () => Promise<void> | undefined,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const due = await dueOf(action, ports, signal);
  if (due !== undefined && due.verb !== "update") await met();
}
