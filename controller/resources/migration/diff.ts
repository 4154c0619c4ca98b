import type { MigrationAction, DesiredMigrations, ObservedMigrations } from "./model.ts";

export function diff(
  _desired: readonly DesiredMigrations[],
  _observed: readonly ObservedMigrations[],
): readonly MigrationAction[] {
  return [];
}
