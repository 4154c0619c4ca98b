import type { ProcessAction, DesiredProcess, ObservedProcess } from "./model.ts";

export function diff(
  _desired: readonly DesiredProcess[],
  _observed: readonly ObservedProcess[],
): readonly ProcessAction[] {
  return [];
}
