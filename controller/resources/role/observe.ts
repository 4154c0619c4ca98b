import type { Ports } from "../../core/ports.ts";
import type { DesiredRole, ObservedRole } from "./model.ts";

export function observe(
  _desired: readonly DesiredRole[],
  _ports: Ports,
  _signal: AbortSignal,
): Promise<readonly ObservedRole[]> {
  return Promise.resolve([]);
}
