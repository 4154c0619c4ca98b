import type { Ports } from "../../core/ports.ts";
import type { DesiredGrant, ObservedGrant } from "./model.ts";

export function observe(
  _desired: readonly DesiredGrant[],
  _ports: Ports,
  _signal: AbortSignal,
): Promise<readonly ObservedGrant[]> {
  return Promise.resolve([]);
}
