import type { Ports } from "../../core/ports.ts";
import type { DesiredInstance, ObservedInstance } from "./model.ts";

export function observe(
  _desired: readonly DesiredInstance[],
  _ports: Ports,
  _signal: AbortSignal,
): Promise<readonly ObservedInstance[]> {
  return Promise.resolve([]);
}
