import { takesAway } from "../core/action.ts";
import type { Action } from "../resources/index.ts";

/**
 * What a protected environment does only with somebody's leave: to lose something, and to stop. A process that is
 * replaced, or a server that restarts with another parameter, is there again afterwards: that is what a deployment does.
 */
export const isDestructive = (action: Action): boolean =>
  action.hazards.includes("drop") || action.verb === "stop" || takesAway(action);
