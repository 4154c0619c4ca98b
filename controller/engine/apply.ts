import PQueue from "p-queue";
import { isRemoval } from "../core/action.ts";
import { errorsOf, fromFacts, PoststackError, type ErrorFacts } from "../core/errors.ts";
import type { ResourceId } from "../core/id.ts";
import type { Plan } from "../core/plan.ts";
import type { Ports } from "../core/ports.ts";
import { applyAction, readyFor, type Action } from "../resources/index.ts";
import { chain } from "./chain.ts";
import type { ActionResult, Emit } from "./events.ts";

export interface ApplyOptions {
  /** Aborts what is running. */
  readonly signal: AbortSignal;
  /** Starts nothing new; what is running ends by itself. */
  readonly stop: AbortSignal;
  readonly emit: Emit;
}

/**
 * Actions that may run at the same time, where their dependencies allow. What is removed mostly waits for its grace to end,
 * and costs an engine little meanwhile.
 */
const concurrency = 4;
const removalConcurrency = 16;

/**
 * Carries out a plan, deciding nothing. A failed action skips its dependents and nothing else; what is to be removed is
 * removed last, and only when all else has succeeded (RELIABILITY 14).
 */
export async function applyPlan(
  plan: Plan<Action>,
  ports: Ports,
  { signal, stop, emit }: ApplyOptions,
): Promise<readonly ActionResult[]> {
  const queue = new PQueue({ concurrency });
  const removals = new PQueue({ concurrency: removalConcurrency });
  const queueOf = (action: Action): PQueue => (isRemoval(action) ? removals : queue);
  const settled = new Map<ResourceId, Promise<ActionResult>>();

  const worldOf = (action: Action): Ports => {
    const progress: Ports["progress"] = (line, waitsFor) =>
      emit({ type: "progress", id: action.id, line, ...(waitsFor === undefined ? {} : { waitsFor }) });
    return { ...ports, progress };
  };
  const mayBegin = (): boolean => !stop.aborted && !signal.aborted;
  const { withdraw, hasBegun, run } = chain(
    plan.actions,
    (action, link) => applyAction(action, worldOf(action), signal, link),
    mayBegin,
  );

  const attempt = async (action: Action, waiting?: Promise<void>): Promise<ActionResult> => {
    if (!mayBegin() && !(await hasBegun(action.id))) return skipped(action, "stopping");
    const startMs = ports.clock.nowMs();
    const durationMs = (): number => Math.round(ports.clock.nowMs() - startMs);
    emit({ type: "start", action });
    try {
      await waiting;
      if (waiting !== undefined && !mayBegin()) return skipped(action, "stopping");
      const result = await (waiting === undefined ? run(action) : queueOf(action).add(() => run(action)));
      return { status: "done", action, durationMs: durationMs(), result };
    } catch (error) {
      if (waiting !== undefined && stop.aborted && !signal.aborted) return skipped(action, "stopping");
      if (signal.aborted) return { status: "failed", action, durationMs: durationMs(), error: interrupted(signal) };
      const [first = new PoststackError("INTERNAL", { what: "unknown" })] = errorsOf(error);
      return { status: "failed", action, durationMs: durationMs(), error: located(first.facts, action) };
    }
  };

  /** Whoever waits for something outside holds no place in the queue. */
  const begin = (action: Action): Promise<ActionResult> => {
    const waiting = mayBegin() ? readyFor(action, worldOf(action), AbortSignal.any([signal, stop])) : undefined;
    return waiting === undefined ? queueOf(action).add(() => attempt(action)) : attempt(action, waiting);
  };

  const schedule = (action: Action, dependsOn: readonly ResourceId[]): void => {
    const resultsOf = (ids: readonly ResourceId[] = []): Promise<readonly ActionResult[]> =>
      Promise.all(ids.flatMap((id) => settled.get(id) ?? []));
    const result = Promise.all([resultsOf(dependsOn), resultsOf(action.after)])
      .then(([before]): Promise<ActionResult> | ActionResult => {
        const failed = before.find((one) => one.status !== "done");
        return failed === undefined ? begin(action) : skipped(action, `${failed.action.id} did not succeed`);
      })
      .then((ended) => {
        emit({ type: "end", result: ended });
        return ended;
      });
    settled.set(action.id, result);
  };

  // Sorted: dependencies come first, removals last.
  const staying = plan.actions.filter((action) => !isRemoval(action)).map(({ id }) => id);
  for (const action of plan.actions) {
    schedule(action, isRemoval(action) ? [...staying, ...action.dependsOn] : action.dependsOn);
  }
  stop.addEventListener("abort", withdraw, { once: true });
  try {
    return await Promise.all(settled.values());
  } finally {
    stop.removeEventListener("abort", withdraw);
  }
}

/** An error that names no place is one of what the action was to make. */
const located = (error: ErrorFacts, { place }: Action): ErrorFacts =>
  place === undefined ? error : { where: place, ...error };

const skipped = (action: Action, because: string): ActionResult => ({ status: "skipped", action, because });

function interrupted(signal: AbortSignal): ErrorFacts {
  const reason: unknown = signal.reason;
  if (reason instanceof PoststackError) return reason.facts;
  return fromFacts({ code: "INTERRUPTED", what: "stopped before it was done", next: "apply again" }).facts;
}
