import type { ResourceId } from "../core/id.ts";
import type { Plan } from "../core/plan.ts";
import type { Action } from "../resources/index.ts";
import type { ErrorFacts } from "../core/errors.ts";
import type { Result, Settling } from "../core/resource.ts";

/** How one action of a plan ended. */
export type ActionResult =
  | { readonly status: "done"; readonly action: Action; readonly durationMs: number; readonly result: Result }
  | { readonly status: "failed"; readonly action: Action; readonly durationMs: number; readonly error: ErrorFacts }
  | { readonly status: "skipped"; readonly action: Action; readonly because: string };

/** What the engine tells while it works. Faces show it; nothing is decided by it. */
export type EngineEvent =
  | { readonly type: "plan"; readonly plan: Plan<Action>; readonly pass: number }
  | { readonly type: "start"; readonly action: Action }
  | {
      readonly type: "progress";
      readonly id: ResourceId;
      readonly line: string;
      /** Who stands in the way. */
      readonly waitsFor?: string;
    }
  | { readonly type: "end"; readonly result: ActionResult }
  | { readonly type: "lock-wait"; readonly holder: string }
  | { readonly type: "settling"; readonly waiting: readonly Settling[] }
  | { readonly type: "retry"; readonly waitMs: number; readonly attempt: number; readonly error?: ErrorFacts };

export type Emit = (event: EngineEvent) => void;
