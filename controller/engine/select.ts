import type { AnyAction } from "../core/action.ts";
import { PoststackError } from "../core/errors.ts";
import { kindOf, type ResourceId } from "../core/id.ts";

/** Which part of a plan is meant: ids (`role:app`), or whole kinds (`migration`, `migration:*`). */
export interface Selection {
  /** Only these, and what they depend on. */
  readonly targets?: readonly string[];
  /** All but these, and what depends on them. */
  readonly excludes?: readonly string[];
}

/**
 * The chosen actions, closed over dependencies: nothing runs without what it needs.
 *
 * @param known every id that exists in this environment, so that a typing error is not an empty plan
 * @throws PoststackError `TARGET_UNKNOWN`
 */
export function select<A extends AnyAction>(
  actions: readonly A[],
  known: ReadonlySet<ResourceId>,
  { targets = [], excludes = [] }: Selection,
): readonly A[] {
  const byId = new Map<ResourceId, A>(actions.map((action) => [action.id, action]));
  const targeted = targets.length === 0 ? new Set(byId.keys()) : matching(targets, known);
  const included = closure(targeted, (id) => byId.get(id)?.dependsOn ?? []);

  const dependents = new Map<ResourceId, ResourceId[]>();
  for (const { id, dependsOn } of actions) {
    for (const dependency of dependsOn) dependents.set(dependency, [...(dependents.get(dependency) ?? []), id]);
  }
  const excluded = closure(matching(excludes, known), (id) => dependents.get(id) ?? []);
  return actions.filter(({ id }) => included.has(id) && !excluded.has(id));
}

function matching(patterns: readonly string[], known: ReadonlySet<ResourceId>): Set<ResourceId> {
  const found = new Set<ResourceId>();
  for (const pattern of patterns) {
    const kind = pattern.endsWith(":*") ? pattern.slice(0, -2) : pattern;
    const ids = [...known].filter((id) => id === pattern || kindOf(id) === kind);
    if (ids.length === 0) throw unknownTarget(pattern, known);
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

function unknownTarget(pattern: string, known: ReadonlySet<ResourceId>): PoststackError {
  const ids = [...known].sort();
  const shown = ids.slice(0, 20).join(", ");
  return new PoststackError("TARGET_UNKNOWN", {
    what: `"${pattern}" is no resource of this environment`,
    next: `use one of ${shown}${ids.length > 20 ? `, … (${ids.length} in all)` : ""}, or a kind such as migration`,
  });
}
