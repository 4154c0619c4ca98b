import type { Ports } from "../../core/ports.ts";
import type { DesiredExtension, ObservedExtension } from "./model.ts";

export function observe(
  _desired: readonly DesiredExtension[],
  _ports: Ports,
  _signal: AbortSignal,
): Promise<readonly ObservedExtension[]> {
  return Promise.resolve([]);
}
