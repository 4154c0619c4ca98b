import { isRefusal, isRemoval, type AnyAction } from "../core/action.ts";
import type { ResourceId } from "../core/id.ts";
import type { Deferred, Held } from "../core/plan.ts";
import type { Resource } from "../core/resource.ts";
import { kinds, resources, type Action, type Desired } from "../resources/index.ts";
import type { Observation } from "./observe.ts";

/** What is there afterwards and was made, or made anew. */
export const changedBy = (actions: readonly Action[]): ReadonlySet<ResourceId> =>
  new Set(actions.filter((action) => !isRefusal(action) && !isRemoval(action)).map(({ id }) => id));

/** What waits for something that no plan brings about. Once it is met with an action, that tells of it. */
export function heldIn(
  { scope, resources: desired }: Desired,
  { observed }: Observation,
  actions: readonly Action[],
): readonly Held[] {
  const changing = changedBy(actions);
  const told = new Set(actions.map(({ id }) => id));
  return kinds.flatMap((kind) => {
    const seen = observed[kind];
    if (seen === undefined || !scope.has(kind)) return [];
    const resource = resources[kind] as Resource<unknown, unknown, AnyAction>;
    return (resource.held?.(desired[kind], seen, changing) ?? []).filter(({ id }) => !told.has(id));
  });
}

/** What can only be planned once other actions of this plan are done. */
export function undecidedIn(
  { scope, resources: desired }: Desired,
  { observed }: Observation,
  actions: readonly Action[],
): readonly Deferred[] {
  const changing = changedBy(actions);
  if (changing.size === 0) return [];
  return kinds.flatMap((kind) => {
    const seen = observed[kind];
    if (seen === undefined || !scope.has(kind)) return [];
    // The table's entry and the wishes' kind agree by construction; the compiler cannot see that they are the same K.
    const resource = resources[kind] as Resource<unknown, unknown, AnyAction>;
    return resource.undecided?.(desired[kind], seen, changing) ?? [];
  });
}
