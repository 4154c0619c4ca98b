import { isRemoval } from "../core/action.ts";
import { kindOf, nameOf, type ResourceId } from "../core/id.ts";
import type { Deferred } from "../core/plan.ts";
import type { Action } from "../resources/index.ts";
import { closure, reversed, type DependencyGraph } from "./graph.ts";

/**
 * What needs something that cannot be looked at yet is deferred with it: a process does not start on a schema that nobody
 * has seen. What stops or goes needs nothing.
 */
export function holdBack(
  actions: readonly Action[],
  deferred: readonly Deferred[],
  graph: DependencyGraph,
): { readonly actions: readonly Action[]; readonly deferred: readonly Deferred[] } {
  if (deferred.length === 0) return { actions, deferred };
  const dependents = reversed(graph);
  const needsUnseen = closure(unseenIds(deferred, graph), (id) => dependents.get(id) ?? []);
  const isHeld = (action: Action): boolean =>
    needsUnseen.has(action.id) && action.verb !== "stop" && !isRemoval(action);
  const held = actions
    .filter(isHeld)
    .map(({ id, verb }): Deferred => ({ id, reason: `to ${verb}, once the rest is known` }));
  return { actions: actions.filter((action) => !isHeld(action)), deferred: [...deferred, ...held] };
}

/** A kind as a whole (`migration:all`) stands for each of its members. */
function unseenIds(deferred: readonly Deferred[], graph: DependencyGraph): readonly ResourceId[] {
  const kinds = new Set(deferred.filter(({ id }) => nameOf(id) === "all").map(({ id }) => kindOf(id)));
  return [...deferred.map(({ id }) => id), ...[...graph.keys()].filter((id) => kinds.has(kindOf(id)))];
}
