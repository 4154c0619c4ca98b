import type { ResourceId } from "../core/id.ts";
import type { Deferred } from "../core/plan.ts";
import { kinds, type Action, type Desired } from "../resources/index.ts";
import type { DependencyGraph } from "./select.ts";

/** What depends on what: as the files ask for it, with what the actions add to it. */
export function dependencyGraph(
  desired: Desired,
  actions: readonly Action[],
  deferred: readonly Deferred[],
): DependencyGraph {
  const graph = new Map<ResourceId, readonly ResourceId[]>();
  const add = (id: ResourceId, dependsOn: readonly ResourceId[]): void => {
    graph.set(id, [...new Set([...(graph.get(id) ?? []), ...dependsOn])]);
  };
  const { migration, ...others } = desired.resources;
  for (const kind of kinds) {
    if (kind === "migration") continue;
    for (const { id, dependsOn } of others[kind]) add(id, dependsOn);
  }
  for (const { files, dependsOn } of migration) {
    let before: readonly ResourceId[] = dependsOn;
    for (const { id } of files) {
      add(id, before);
      before = [id];
    }
  }
  for (const { id, dependsOn } of actions) add(id, dependsOn);
  for (const { id } of deferred) add(id, []);
  return graph;
}
