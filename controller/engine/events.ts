import type { ResourceId } from "../core/id.ts";
import type { Plan } from "../core/plan.ts";
import type { Action } from "../resources/index.ts";
import type { ActionResult } from "./apply.ts";

/** What the engine tells while it works. Faces show it; nothing is decided by it. */
export type EngineEvent =
  | { readonly type: "plan"; readonly plan: Plan<Action>; readonly pass: number }
  | { readonly type: "start"; readonly action: Action }
  | { readonly type: "progress"; readonly id: ResourceId; readonly line: string }
  | { readonly type: "end"; readonly result: ActionResult }
  | { readonly type: "lock-wait"; readonly holder: string }
  | { readonly type: "retry"; readonly waitMs: number; readonly attempt: number };

export type Emit = (event: EngineEvent) => void;
