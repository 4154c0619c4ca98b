import type { Ports } from "../../core/ports.ts";
import type { DesiredJob, ObservedJob } from "./model.ts";

export function observe(
  _desired: readonly DesiredJob[],
  _ports: Ports,
  _signal: AbortSignal,
): Promise<readonly ObservedJob[]> {
  return Promise.resolve([]);
}
