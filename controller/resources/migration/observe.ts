import type { Ports } from "../../core/ports.ts";
import type { DesiredMigrations, ObservedMigrations } from "./model.ts";

export function observe(
  _desired: readonly DesiredMigrations[],
  _ports: Ports,
  _signal: AbortSignal,
): Promise<readonly ObservedMigrations[]> {
  return Promise.resolve([]);
}
