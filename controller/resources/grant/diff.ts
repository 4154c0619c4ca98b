import type { GrantAction, DesiredGrant, ObservedGrant } from "./model.ts";

export function diff(_desired: readonly DesiredGrant[], _observed: readonly ObservedGrant[]): readonly GrantAction[] {
  return [];
}
