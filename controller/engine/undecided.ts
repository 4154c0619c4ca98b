import { isRefusal, isRemoval, type AnyAction } from "../core/action.ts";
import type { ResourceId } from "../core/id.ts";
import type { Deferred } from "../core/plan.ts";
import type { Resource } from "../core/resource.ts";
import { kinds, resources, type Action, type Desired } from "../resources/index.ts";
import type { Observation } from "./observe.ts";

/** What is there afterwards and was made, or made anew. */
export const changedBy = (actions: readonly Action[]): ReadonlySet<ResourceId> =>
  new Set(actions.filter((action) => !isRefusal(action) && !isRemoval(action)).map(({ id }) => id));

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
