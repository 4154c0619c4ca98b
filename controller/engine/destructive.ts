import { takesAway } from "../core/action.ts";
import type { Action } from "../resources/index.ts";

/** What a protected environment does only with somebody's leave. A process comes back as it was: nothing is lost with it. */
export const isDestructive = (action: Action): boolean =>
  action.hazards.includes("drop") || (takesAway(action) && action.kind !== "process");
