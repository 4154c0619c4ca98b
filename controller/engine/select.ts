import type { AnyAction } from "../core/action.ts";
import { PoststackError } from "../core/errors.ts";
import { kindOf, type ResourceId } from "../core/id.ts";
import type { Deferred } from "../core/plan.ts";

/** Which part of a plan is meant: ids (`role:app`), or whole kinds (`migration`, `migration:*`). */
export interface Selection {
  /** Only these, and what they depend on. */
  readonly targets?: readonly string[];
  /** All but these, and what depends on them. */
  readonly excludes?: readonly string[];
}

/** Every id of the environment with what it depends on, whether there is something to do for it or not. */
export type DependencyGraph = ReadonlyMap<ResourceId, readonly ResourceId[]>;

interface Selectable<A extends AnyAction> {
  readonly actions: readonly A[];
  readonly deferred: readonly Deferred[];
}

/**
 * The chosen part, closed over dependencies, also through what needs nothing itself: a process needs the server that its
 * role lives in.
 *
 * @throws PoststackError `TARGET_UNKNOWN`
 */
export function select<A extends AnyAction>(
  all: Selectable<A>,
  graph: DependencyGraph,
  { targets = [], excludes = [] }: Selection,
): Selectable<A> {
  if (targets.length === 0 && excludes.length === 0) return all;
  const included = targets.length === 0 ? undefined : closure(matching(targets, graph), (id) => graph.get(id) ?? []);

  // What is in order already may be left out without anything that needs it being left out, too.
  const open = new Set([...all.actions, ...all.deferred].map(({ id }) => id));
  const start = new Set([...matching(excludes, graph)].filter((id) => open.has(id)));
  const dependents = reversed(graph);
  const excluded = closure(start, (id) => dependents.get(id) ?? []);

  const isChosen = ({ id }: { readonly id: ResourceId }): boolean => included?.has(id) !== false && !excluded.has(id);
  return { actions: all.actions.filter(isChosen), deferred: all.deferred.filter(isChosen) };
}

function matching(patterns: readonly string[], graph: DependencyGraph): Set<ResourceId> {
  const found = new Set<ResourceId>();
  for (const pattern of patterns) {
    const kind = pattern.endsWith(":*") ? pattern.slice(0, -2) : pattern;
    const ids = [...graph.keys()].filter((id) => id === pattern || kindOf(id) === kind);
    if (ids.length === 0) throw unknownTarget(pattern, graph);
    for (const id of ids) found.add(id);
  }
  return found;
}

function closure(start: ReadonlySet<ResourceId>, next: (id: ResourceId) => readonly ResourceId[]): Set<ResourceId> {
  const reached = new Set(start);
  // A set yields what is added to it while it is walked.
  for (const id of reached) for (const further of next(id)) reached.add(further);
  return reached;
}

function reversed(graph: DependencyGraph): DependencyGraph {
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

function unknownTarget(pattern: string, graph: DependencyGraph): PoststackError {
  const ids = [...graph.keys()].sort();
  const shown = ids.slice(0, 20).join(", ");
  return new PoststackError("TARGET_UNKNOWN", {
    what: `"${pattern}" is no resource of this environment`,
    next: `use one of ${shown}${ids.length > 20 ? `, … (${ids.length} in all)` : ""}, or a kind such as migration`,
  });
}
