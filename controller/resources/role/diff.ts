import type { RoleAction, DesiredRole, ObservedRole } from "./model.ts";

export function diff(_desired: readonly DesiredRole[], _observed: readonly ObservedRole[]): readonly RoleAction[] {
  return [];
}
