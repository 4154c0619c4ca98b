import type { AnyAction } from "../core/action.ts";
import { errorsOf, type ErrorFacts } from "../core/errors.ts";
import type { ResourceId } from "../core/id.ts";
import type { Plan } from "../core/plan.ts";
import { backoffMs } from "../core/retry.ts";
import type { Action, Desired } from "../resources/index.ts";
import { converge, type ConvergeOptions, type EnginePorts, type LoadDesired, type Outcome } from "./converge.ts";
import { watchEngine } from "./engine-watch.ts";
import { healthWatch } from "./health-watch.ts";
import { Restarts } from "./restarts.ts";
import { mayPass } from "./tries.ts";
import { withheldFrom } from "./unattended.ts";
import { buildContexts, lookingThoroughly, type BuildContext } from "./watched.ts";

export interface WatchOptions extends Omit<ConvergeOptions, "approve" | "onRefusal" | "maxPasses" | "maxRetries"> {
  /** Every file and folder that the last load asked for, absolute, also when it failed. */
  readonly sources: () => readonly string[];
  /** Looks at files, folders and build contexts, and calls back when one of them may have changed. */
  readonly watchFiles: (watched: Watched, wake: () => void) => FileWatcher;
  /** After each pass: what it came to, or why nothing was changed. */
  readonly onPass: (end: PassEnd) => void;
}

export interface Watched {
  /** Files, and folders with all that is in them; absolute. */
  readonly paths: readonly string[];
  readonly contexts: readonly BuildContext[];
}

export interface FileWatcher {
  update(watched: Watched): void;
  close(): Promise<void>;
}

export type PassEnd =
  | {
      readonly type: "outcome";
      readonly outcome: Outcome;
      /** Left to an explicit command. */
      readonly withheld: readonly AnyAction[];
      /** Needed again and again, so that each waits longer every time. */
      readonly postponed: readonly AnyAction[];
    }
  | { readonly type: "error"; readonly errors: readonly ErrorFacts[] };

/** Milliseconds between two full passes without any event, give or take a tenth (RELIABILITY 1). */
const fullPassMs = 60_000;
/** How long files must be quiet before they are read: an editor saves in several steps. */
const quietMs = 150;
/**
 * How long events of a container engine are gathered: one end is told in several of them, and an engine that ends stops
 * all its containers first. Told to start one in that moment, Docker 20.10 loses hold of it ("task already exists").
 */
const gatherMs = 300;
/** How often processes and server are looked at for signs of life. */
const heartbeatMs = 1_000;

/**
 * Events only say "look again": file changes, a process that died, what a container engine tells, the minute. Each wake
 * costs one pass at most, passes never overlap, and a file that is broken for a moment changes nothing. What could not be
 * looked at is looked at again after longer and longer waits. Ends when `stop` or `signal` aborts.
 */
export async function watch(load: LoadDesired, ports: EnginePorts, options: WatchOptions): Promise<void> {
  const { stop, signal } = options;
  const ended = AbortSignal.any([stop, signal]);
  const restarts = new Restarts();
  let desired: Desired | undefined;
  let good: readonly string[] = [];
  let watcher: FileWatcher | undefined;
  /** Tries that failed one after the other, and when there is another one. */
  let failures = 0;
  let retryAtMs = Number.POSITIVE_INFINITY;
  /** The last plan that was shown and of which nothing was to be done: it says no more when it is found again. */
  let idlePlan: string | undefined;
  /** Whether the next pass also looks for what only an inspect call shows: the first, each full one, or after a hint. */
  let isThorough = true;

  const watched = (): Watched => ({
    paths: [...new Set([...good, ...options.sources()])],
    contexts: buildContexts(desired, [ports.state.root]),
  });

  const pass = async (): Promise<void> => {
    const deepen = isThorough ? lookingThoroughly : <T>(as: T): T => as;
    isThorough = false;
    const loadAndWatch: LoadDesired = async (begin) => {
      try {
        desired = await load(begin && ((outline) => begin(deepen(outline))));
        good = options.sources();
        return deepen(desired);
      } finally {
        // Also when it failed: what it waits for may be a file that nothing asked for before.
        watcher?.update(watched());
        engine.update(desired);
      }
    };
    const withheld = new Map<ResourceId, AnyAction>();
    const postponed = new Map<ResourceId, AnyAction>();
    const approve = (plan: Plan<Action>, pass: number): Promise<Plan<Action> | undefined> => {
      const now = ports.clock.nowMs();
      const waiting = withheldFrom(plan.actions, desired?.protected === true);
      const actions = plan.actions.filter((action) => {
        const waits = waiting.has(action.id);
        if (waits) withheld.set(action.id, action);
        const isPostponed = !waits && !restarts.isDue(action, now);
        if (isPostponed) postponed.set(action.id, action);
        return !waits && !isPostponed;
      });
      const isIdle = actions.length === 0;
      if (!isIdle || plan.fingerprint !== idlePlan) options.emit({ type: "plan", plan, pass });
      idlePlan = isIdle ? plan.fingerprint : undefined;
      return Promise.resolve(isIdle ? undefined : { ...plan, actions });
    };
    try {
      const outcome = await converge(loadAndWatch, ports, {
        ...options,
        approve,
        // Shown once it is known what is to be done of it.
        emit: (event) => event.type !== "plan" && options.emit(event),
        onRefusal: "go-on",
        maxPasses: 5,
        // Waiting is this loop's business: inside a run it would keep new files from being read (RELIABILITY 7).
        maxRetries: 0,
      });
      if (outcome.status === "converged") idlePlan = undefined;
      for (const result of outcome.results) {
        restarts.record(result, ports.clock.nowMs(), (attempt) => backoffMs(attempt, ports.clock.random()));
      }
      // What an action failed of is that action's to wait for; what kept the pass from acting at all is the pass's.
      retryLater(outcome.status === "stalled" && outcome.results.length === 0 ? outcome.errors : []);
      options.onPass({
        type: "outcome",
        outcome,
        withheld: [...withheld.values()],
        postponed: [...postponed.values()],
      });
    } catch (error) {
      if (ended.aborted) return;
      const errors = errorsOf(error).map(({ facts }) => facts);
      retryLater(errors);
      options.onPass({ type: "error", errors });
    }
  };

  /** With nothing that may pass by itself, the next event or the minute is soon enough. */
  const retryLater = (errors: readonly ErrorFacts[]): void => {
    const mayHelp = errors.length > 0 && errors.every(mayPass);
    retryAtMs = mayHelp ? ports.clock.nowMs() + backoffMs(failures, ports.clock.random()) : Number.POSITIVE_INFINITY;
    failures = mayHelp ? failures + 1 : 0;
  };

  const wake = wakeable(async () => {
    if (!ended.aborted) await pass();
  });
  const gathered = throttled(gatherMs, wake);
  const engine = watchEngine(ports, (hint) => {
    isThorough ||= hint === "thorough";
    gathered();
  });
  const health = healthWatch(ports);
  try {
    await wake();
    const changed = (): Promise<void> => {
      restarts.clear();
      return wake();
    };
    watcher = options.watchFiles(watched(), debounced(quietMs, changed));
    await heartbeat(wake);
  } finally {
    await watcher?.close();
    await engine.close();
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
      const isFull = nowMs >= nextFullMs;
      if (desired === undefined || now !== before || isFull || nowMs >= retryAtMs || restarts.hasDue(nowMs)) {
        isThorough ||= isFull;
        nextFullMs = isFull ? nextFull() : nextFullMs;
        await wakeUp();
        before = await signsOfLife();
      }
      before = now === before ? before : await signsOfLife();
    }
  }

  function nextFull(): number {
    return ports.clock.nowMs() + fullPassMs * (0.9 + 0.2 * ports.clock.random());
  }

  /** Which processes, server and ill containers there are: cheap, no query, and carrying no facts into the pass. */
  async function signsOfLife(): Promise<string> {
    const processes = await ports.host.processes(ended).catch(() => []);
    const spec = desired?.resources.instance[0]?.spec;
    const server = spec === undefined ? undefined : await ports.embedded.observe(spec, ended).catch(() => undefined);
    const ill = await health(desired, ended);
    return JSON.stringify([
      server?.running,
      processes.map(({ resource, pid, running }) => [resource, pid, running]),
      ill,
    ]);
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

/** Calls `act` once for all calls within so long, and not later than that after the first. */
function throttled(ms: number, act: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void act();
    }, ms);
  };
}
