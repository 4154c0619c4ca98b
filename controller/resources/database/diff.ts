import type { DatabaseAction, DesiredDatabase, ObservedDatabase } from "./model.ts";

export function diff(
  _desired: readonly DesiredDatabase[],
  _observed: readonly ObservedDatabase[],
): readonly DatabaseAction[] {
  return [];
}
