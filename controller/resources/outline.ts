import type { Desired, DesiredResources } from "./index.ts";
import type { ListedMigrations } from "./migration/model.ts";

/** What is wanted before the texts of migrations are read. Looking at the world asks for no more. */
export type Outline = Omit<Desired, "resources"> & { readonly resources: OutlineResources };

export type OutlineResources = Omit<DesiredResources, "migration"> & {
  readonly migration: readonly ListedMigrations[];
};
