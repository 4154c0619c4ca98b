import { takesAway } from "../core/action.ts";
import type { ResourceId } from "../core/id.ts";
import type { Action } from "../resources/index.ts";
import { isDestructive } from "./destructive.ts";

/**
 * What nobody who watches files has read yet, and so is not done: an empty wish is a mistake, and what is to go away goes
 * by an explicit command only (RELIABILITY 22). What waits for another one to stop is not done either: a renamed server
 * would begin on the volume beside the one that still runs there.
 *
 * @param actions in their order: what one waits for stands before it
 */
export function withheldFrom(actions: readonly Action[], isProtected: boolean): ReadonlySet<ResourceId> {
  const withheld = new Set<ResourceId>();
  const unstopped = new Set<ResourceId>();
  for (const action of actions) {
    const isStuck = action.dependsOn.some((id) => unstopped.has(id));
    const waits = isStuck || takesAway(action) || (isProtected && isDestructive(action));
    if (waits) withheld.add(action.id);
    if (isStuck || (waits && action.verb === "stop")) unstopped.add(action.id);
  }
  return withheld;
}
