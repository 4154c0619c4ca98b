import { isRemoval } from "../core/action.ts";
import type { ResourceId } from "../core/id.ts";
import type { Action } from "../resources/index.ts";
import { reversed, type DependencyGraph } from "./graph.ts";

/**
 * Lets each action wait also for what it needs by way of something that is in order already: a migration needs a database
 * that needs a server, and does not run beside that server's restart because nothing is to be done for the database.
 * What stops or goes has an order of its own.
 */
export function waitThrough(actions: readonly Action[], graph: DependencyGraph): readonly Action[] {
  if (actions.length < 2) return actions;
  const acting = new Map(actions.map((action) => [action.id, action]));
  const dependents = reversed(graph);
  const further = new Map<ResourceId, ResourceId[]>();
  for (const action of actions) {
    if (isLeaving(action)) continue;
    // From what is done, through what has nothing to do, to the next that has.
    const reached = new Set((dependents.get(action.id) ?? []).filter((id) => !acting.has(id)));
    for (const id of reached) {
      for (const next of dependents.get(id) ?? []) {
        const waiting = acting.get(next);
        if (waiting === undefined) reached.add(next);
        else if (!isLeaving(waiting)) further.set(next, [...(further.get(next) ?? []), action.id]);
      }
    }
  }
  return actions.map((action) => {
    const more = further.get(action.id);
    return more === undefined ? action : { ...action, dependsOn: [...new Set([...action.dependsOn, ...more.sort()])] };
  });
}

const isLeaving = (action: Action): boolean => action.verb === "stop" || isRemoval(action);
