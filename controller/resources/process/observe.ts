import type { Ports } from "../../core/ports.ts";
import type { DesiredProcess, ObservedProcess } from "./model.ts";

export function observe(
  _desired: readonly DesiredProcess[],
  _ports: Ports,
  _signal: AbortSignal,
): Promise<readonly ObservedProcess[]> {
  return Promise.resolve([]);
}
