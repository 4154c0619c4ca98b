import type { AnyAction } from "../core/action.ts";
import { takesAway } from "../core/action.ts";
import { errorsOf, type ErrorFacts } from "../core/errors.ts";
import type { ResourceId } from "../core/id.ts";
import type { Plan } from "../core/plan.ts";
import { backoffMs } from "../core/retry.ts";
import type { Action, Desired } from "../resources/index.ts";
import { converge, type ConvergeOptions, type EnginePorts, type LoadDesired, type Outcome } from "./converge.ts";
import { isDestructive } from "./destructive.ts";
import { Restarts } from "./restarts.ts";

export interface WatchOptions extends Omit<ConvergeOptions, "approve" | "onRefusal" | "maxPasses" | "maxRetries"> {
  /** Every file and folder that the last load asked for, absolute, also when it failed. */
  readonly sources: () => readonly string[];
  /** Looks at files and folders, and calls back when one of them may have changed. */
  readonly watchFiles: (paths: readonly string[], wake: () => void) => FileWatcher;
  /** After each pass: what it came to, or why nothing was changed. */
  readonly onPass: (end: PassEnd) => void;
}

export interface FileWatcher {
  update(paths: readonly string[]): void;
  close(): Promise<void>;
}

export type PassEnd =
  | { readonly type: "outcome"; readonly outcome: Outcome; readonly withheld: readonly AnyAction[] }
  | { readonly type: "error"; readonly errors: readonly ErrorFacts[] };

/** Milliseconds between two full passes without any event, give or take a tenth (RELIABILITY 1). */
const fullPassMs = 60_000;
/** How long files must be quiet before they are read: an editor saves in several steps. */
const quietMs = 150;
/** How often processes and server are looked at for signs of life. */
const heartbeatMs = 1_000;

/**
 * Events only say "look again": file changes, a process that died, the minute. Each wake costs one pass at most, passes
 * never overlap, and a file that is broken for a moment changes nothing. Ends when `stop` or `signal` aborts.
 */
export async function watch(load: LoadDesired, ports: EnginePorts, options: WatchOptions): Promise<void> {
  const { stop, signal } = options;
  const ended = AbortSignal.any([stop, signal]);
  const restarts = new Restarts();
  let desired: Desired | undefined;
  let good: readonly string[] = [];
  let watcher: FileWatcher | undefined;

  const loadAndWatch: LoadDesired = async (begin) => {
    try {
      desired = await load(begin);
      good = options.sources();
      return desired;
    } finally {
      // Also when it failed: what it waits for may be a file that nothing asked for before.
      watcher?.update([...new Set([...good, ...options.sources()])]);
    }
  };

  const pass = async (): Promise<void> => {
    const withheld = new Map<ResourceId, AnyAction>();
    const approve = (plan: Plan<Action>): Promise<Plan<Action> | undefined> => {
      const now = ports.clock.nowMs();
      const actions = plan.actions.filter((action) => {
        // An empty wish is a mistake: what is to go away goes by an explicit command only (RELIABILITY 22).
        const waits = takesAway(action) || (desired?.protected === true && isDestructive(action));
        if (waits) withheld.set(action.id, action);
        return !waits && restarts.isDue(action, now);
      });
      return Promise.resolve(actions.length === 0 ? undefined : { ...plan, actions });
    };
    try {
      const outcome = await converge(loadAndWatch, ports, {
        ...options,
        approve,
        onRefusal: "go-on",
        maxPasses: 5,
        // Waiting is this loop's business: inside a run it would keep new files from being read (RELIABILITY 7).
        maxRetries: 0,
      });
      for (const result of outcome.results) {
        restarts.record(result, ports.clock.nowMs(), (attempt) => backoffMs(attempt, ports.clock.random()));
      }
      options.onPass({ type: "outcome", outcome, withheld: [...withheld.values()] });
    } catch (error) {
      if (ended.aborted) return;
      options.onPass({ type: "error", errors: errorsOf(error).map(({ facts }) => facts) });
    }
  };

  const wake = wakeable(async () => {
    if (!ended.aborted) await pass();
  });
  try {
    await wake();
    const changed = (): Promise<void> => {
      restarts.clear();
      return wake();
    };
    watcher = options.watchFiles(options.sources(), debounced(quietMs, changed));
    await heartbeat(wake);
  } finally {
    await watcher?.close();
    // A pass that is under way ends by itself: `stop` keeps it from starting anything new.
    await wake.settled();
  }

  async function heartbeat(wakeUp: () => Promise<void>): Promise<void> {
    let before = await signsOfLife();
    let nextFullMs = nextFull();
    while (!ended.aborted) {
      await ports.clock.sleep(heartbeatMs, ended).catch(() => undefined);
      if (ended.aborted) return;
      const now = await signsOfLife();
      const nowMs = ports.clock.nowMs();
      // Until the files could be read once, nobody knows which ones to watch.
      if (desired === undefined || now !== before || nowMs >= nextFullMs || restarts.hasDue(nowMs)) {
        nextFullMs = nextFull();
        await wakeUp();
        before = await signsOfLife();
      }
      before = now === before ? before : await signsOfLife();
    }
  }

  function nextFull(): number {
    return ports.clock.nowMs() + fullPassMs * (0.9 + 0.2 * ports.clock.random());
  }

  /** Which processes and server run: cheap, no query, and carrying no facts into the pass. */
  async function signsOfLife(): Promise<string> {
    const processes = await ports.host.processes(ended).catch(() => []);
    const spec = desired?.resources.instance[0]?.spec;
    const server = spec === undefined ? undefined : await ports.embedded.observe(spec, ended).catch(() => undefined);
    return JSON.stringify([server?.running, processes.map(({ resource, pid, running }) => [resource, pid, running])]);
  }
}

/** A burst of events costs at most one more pass, and passes never overlap. */
export function wakeable(pass: () => Promise<void>): (() => Promise<void>) & { readonly settled: () => Promise<void> } {
  let again = false;
  let running: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    try {
      while (again) {
        again = false;
        await pass();
      }
    } finally {
      running = undefined;
    }
  };
  const wake = (): Promise<void> => {
    again = true;
    running ??= Promise.resolve().then(drain);
    return running;
  };
  return Object.assign(wake, { settled: () => running ?? Promise.resolve() });
}

/** Calls `act` once it has been quiet for so long. */
function debounced(ms: number, act: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => void act(), ms);
  };
}
