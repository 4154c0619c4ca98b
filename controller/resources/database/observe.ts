import type { Ports } from "../../core/ports.ts";
import type { DesiredDatabase, ObservedDatabase } from "./model.ts";

export function observe(
  _desired: readonly DesiredDatabase[],
  _ports: Ports,
  _signal: AbortSignal,
): Promise<readonly ObservedDatabase[]> {
  return Promise.resolve([]);
}
