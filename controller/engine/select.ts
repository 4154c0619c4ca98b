import type { AnyAction } from "../core/action.ts";
import { PoststackError } from "../core/errors.ts";
import { kindOf, type ResourceId } from "../core/id.ts";
import type { Deferred } from "../core/plan.ts";
import { closure, reversed, type DependencyGraph } from "./graph.ts";

/** Which part of a plan is meant: ids (`role:app`), or whole kinds (`migration`, `migration:*`). */
export interface Selection {
  /** Only these, and what they depend on. */
  readonly targets?: readonly string[];
  /** All but these, and what depends on them. */
  readonly excludes?: readonly string[];
}

export const isEverything = ({ targets = [], excludes = [] }: Selection): boolean =>
  targets.length === 0 && excludes.length === 0;

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
  selection: Selection,
): Selectable<A> {
  if (isEverything(selection)) return all;
  const { targets = [], excludes = [] } = selection;
  const included = targets.length === 0 ? undefined : closure(matching(targets, graph), (id) => graph.get(id) ?? []);

  // What is in order already may be left out without anything that needs it being left out, too.
  const open = new Set([...all.actions, ...all.deferred].map(({ id }) => id));
  const start = new Set([...matching(excludes, graph)].filter((id) => open.has(id)));
  const dependents = reversed(graph);
  const excluded = closure(start, (id) => dependents.get(id) ?? []);

  const isIn = (id: ResourceId): boolean => included?.has(id) !== false && !excluded.has(id);
  const isChosen = ({ id, goesWith = id }: Pick<AnyAction, "id" | "goesWith">): boolean => isIn(goesWith);
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

function unknownTarget(pattern: string, graph: DependencyGraph): PoststackError {
  const ids = [...graph.keys()].sort();
  const shown = ids.slice(0, 20).join(", ");
  return new PoststackError("TARGET_UNKNOWN", {
    what: `"${pattern}" is no resource of this environment`,
    next: `use one of ${shown}${ids.length > 20 ? `, … (${ids.length} in all)` : ""}, or a kind such as migration`,
  });
}
