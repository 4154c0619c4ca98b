import { isRefusal } from "../core/action.ts";
import type { ResourceId } from "../core/id.ts";
import type { Deferred } from "../core/plan.ts";
import { kinds, type Action, type Desired } from "../resources/index.ts";

/** Every id of the environment with what it depends on, whether there is something to do for it or not. */
export type DependencyGraph = ReadonlyMap<ResourceId, readonly ResourceId[]>;

/** What depends on what: as the files ask for it, with what the actions add to it. */
export function dependencyGraph(
  desired: Desired,
  actions: readonly Action[],
  deferred: readonly Deferred[],
): DependencyGraph {
  const graph = new Map<ResourceId, readonly ResourceId[]>();
  const add = (id: ResourceId, dependsOn: readonly ResourceId[]): void => {
    const known = graph.get(id);
    graph.set(id, known === undefined ? dependsOn : [...new Set([...known, ...dependsOn])]);
  };
  const { migration, ...others } = desired.resources;
  for (const kind of kinds) {
    if (kind === "migration") continue;
    for (const { id, dependsOn } of others[kind]) add(id, dependsOn);
  }
  for (const { files, dependsOn } of migration) {
    let before: readonly ResourceId[] = dependsOn;
    for (const { id, phase } of files) {
      // A contract is put on record before what it follows: docs/decisions/0015-expand-and-contract.md
      add(id, phase === "contract" ? dependsOn : before);
      before = [id];
    }
    // What lets wait for the last of them waits for all, also where that one is applied and another may not run as it is.
    const last = files.at(-1);
    const refused = actions.filter((action) => action.kind === "migration" && isRefusal(action));
    if (last !== undefined && refused.length > 0)
      add(
        last.id,
        refused.flatMap(({ id }) => (id === last.id ? [] : [id])),
      );
  }
  for (const { id, dependsOn } of actions) add(id, dependsOn);
  for (const { id } of deferred) add(id, []);
  return graph;
}

/** What is reached from `start`, itself included. */
export function closure(start: Iterable<ResourceId>, next: (id: ResourceId) => readonly ResourceId[]): Set<ResourceId> {
  const reached = new Set(start);
  // A set yields what is added to it while it is walked.
  for (const id of reached) for (const further of next(id)) reached.add(further);
  return reached;
}

/** What needs each id, instead of what each id needs. */
export function reversed(graph: DependencyGraph): DependencyGraph {
  const dependents = new Map<ResourceId, ResourceId[]>();
  for (const [id, dependsOn] of graph) {
    for (const dependency of dependsOn) {
      const known = dependents.get(dependency);
      if (known === undefined) dependents.set(dependency, [id]);
      else known.push(id);
    }
  }
  return dependents;
}
