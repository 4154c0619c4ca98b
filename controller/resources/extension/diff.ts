import type { ExtensionAction, DesiredExtension, ObservedExtension } from "./model.ts";

export function diff(
  _desired: readonly DesiredExtension[],
  _observed: readonly ObservedExtension[],
): readonly ExtensionAction[] {
  return [];
}
