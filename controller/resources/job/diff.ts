import type { JobAction, DesiredJob, ObservedJob } from "./model.ts";

export function diff(_desired: readonly DesiredJob[], _observed: readonly ObservedJob[]): readonly JobAction[] {
  return [];
}
