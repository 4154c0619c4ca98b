import type { AnyAction } from "../core/action.ts";
import type { ResourceId } from "../core/id.ts";
import type { ActionResult } from "./events.ts";

interface Entry {
  readonly attempts: number;
  readonly lastMs: number;
  readonly notBeforeMs: number;
}

/** A resource that needed nothing for this long starts again from the first wait. */
const stableMs = 60_000;

/**
 * Keeps a long-running watcher from hammering: an action that is needed again and again (a process that crashes, a server
 * that does not come up) waits longer each time, each resource by itself (RELIABILITY 32).
 */
export class Restarts {
  readonly #entries = new Map<ResourceId, Entry>();

  /** Whether the action may run now. The first one of a resource always may. */
  isDue({ id }: AnyAction, nowMs: number): boolean {
    const entry = this.#entries.get(id);
    return entry === undefined || nowMs >= entry.notBeforeMs;
  }

  /** Whether some wait is over. True once for each. */
  hasDue(nowMs: number): boolean {
    let due = false;
    for (const [id, entry] of this.#entries) {
      if (entry.notBeforeMs > entry.lastMs && nowMs >= entry.notBeforeMs) {
        this.#entries.set(id, { ...entry, lastMs: entry.notBeforeMs });
        due = true;
      }
    }
    return due;
  }

  /** New files are a new beginning. */
  clear(): void {
    this.#entries.clear();
  }

  record(result: ActionResult, nowMs: number, wait: (attempt: number) => number): void {
    if (result.status === "skipped") return;
    const { id } = result.action;
    const before = this.#entries.get(id);
    const isStable = before === undefined || nowMs - before.lastMs > stableMs;
    const attempts = isStable ? 0 : before.attempts + 1;
    // The first run costs no wait: a process that died once comes back at once.
    const notBeforeMs = result.status === "done" && attempts === 0 ? nowMs : nowMs + wait(attempts);
    this.#entries.set(id, { attempts, lastMs: nowMs, notBeforeMs });
  }
}
