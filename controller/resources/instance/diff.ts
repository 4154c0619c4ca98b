import type { InstanceAction, DesiredInstance, ObservedInstance } from "./model.ts";

export function diff(
  _desired: readonly DesiredInstance[],
  _observed: readonly ObservedInstance[],
): readonly InstanceAction[] {
  return [];
}
