import { isRefusal } from "../core/action.ts";
import { PoststackError, type ErrorFacts } from "../core/errors.ts";
import type { ResourceId } from "../core/id.ts";
import { isSettled, type Plan } from "../core/plan.ts";
import type { Ports } from "../core/ports.ts";
import type { HostLock } from "../core/ports/state.ts";
import type { Action, Desired } from "../resources/index.ts";
import type { Outline } from "../resources/outline.ts";
import { applyPlan } from "./apply.ts";
import type { ActionResult, Emit } from "./events.ts";
import { rememberCluster } from "./known-cluster.ts";
import { letGoOfEngine, rememberEngine } from "./known-engine.ts";
import { firstLook, look, provedPlan, waitsFor, type Look } from "./look.ts";
import { duringLook, observe } from "./observe.ts";
import { buildPlan } from "./plan.ts";
import { recordBefore, recordEvents, type Run } from "./record.ts";
import { nothingRehearsed, type Rehearsed } from "./rehearsal/rehearsed.ts";
import type { Selection } from "./select.ts";
import { mayHaveToSettle, settle } from "./settle.ts";
import { noServer, passPorts, passServer, type PassServer } from "./server.ts";
import { isStalled, mayPass, mayPassByItself, pause } from "./tries.ts";
import { writerLock } from "./writer-lock.ts";

/**
 * Reads files and state afresh and says what they ask for. Called at the start of every pass. `begin` is told at most once,
 * when most of it is known and nothing was wrong until then, so that the world can be looked at meanwhile. The first call
 * may take what an earlier run found in migrations that have not changed since; the others read every text.
 */
export type LoadDesired = (begin?: (outline: Outline) => void) => Promise<Desired>;

/** What the engine needs of the world; it makes the server of each pass itself. */
export type EnginePorts = Omit<Ports, "server" | "progress">;

export interface ConvergeOptions {
  readonly selection?: Selection;
  /** Aborts what is running. */
  readonly signal: AbortSignal;
  /** Starts nothing new. */
  readonly stop: AbortSignal;
  readonly maxPasses: number;
  /** Tries at what may pass by itself, each after a longer wait, before it counts as stalled (RELIABILITY 33). */
  readonly maxRetries: number;
  /** How long to wait for another writer, in milliseconds. */
  readonly lockTimeoutMs: number;
  /**
   * How long what was started may take to prove itself, in milliseconds (RELIABILITY 15). Without it, a run ends as soon as
   * everything is started.
   */
  readonly settleLimitMs?: number;
  readonly hostLock: HostLock;
  readonly run: Run;
  /** `stop`: a plan that holds a refusal changes nothing. `go-on`: what does not depend on it is done. */
  readonly onRefusal: "stop" | "go-on";
  readonly emit: Emit;
  /**
   * Asked before anything is changed, and again whenever a later plan differs from what was approved. May narrow the plan
   * by returning another one; `undefined` declines.
   */
  readonly approve: (plan: Plan<Action>, pass: number) => Promise<Plan<Action> | undefined>;
}

/** How a run ended. `results` are those of all passes, in order. */
export type Outcome = { readonly passes: number; readonly results: readonly ActionResult[] } & (
  | { readonly status: "converged"; /** The plan that found nothing to do. */ readonly plan: Plan<Action> }
  | { readonly status: "declined"; readonly plan: Plan<Action> }
  | { readonly status: "refused"; readonly plan: Plan<Action> }
  | { readonly status: "blocked"; readonly errors: readonly ErrorFacts[] }
  | { readonly status: "stalled"; readonly errors: readonly ErrorFacts[] }
  | { readonly status: "stopped" }
);

/**
 * One look: what is asked for, what is there, what would be done. Takes no lock, and changes nothing.
 *
 * @param known given: rehearsed, where the files or the command ask for it, which makes a database and drops it again
 */
export async function planOnce(
  load: LoadDesired,
  ports: EnginePorts,
  selection: Selection,
  signal: AbortSignal,
  known?: Rehearsed,
): Promise<Plan<Action>> {
  return (await look(load, ports, selection, signal, known)).plan;
}

/**
 * Observe, plan, apply, again, until the plan is empty. The first look needs no lock: when there is nothing to do, nothing
 * is written and nobody is waited for. Otherwise every pass runs under the host lock and looks afresh.
 */
export async function converge(load: LoadDesired, ports: EnginePorts, options: ConvergeOptions): Promise<Outcome> {
  const known = nothingRehearsed("wait");
  const looked = await firstLook(load, ports, options, known);
  const first = looked.plan;
  if (looked.waitsFor !== undefined) {
    if (options.stop.aborted) return { status: "stopped", passes: 0, results: [] };
    return { status: "stalled", errors: [looked.waitsFor], passes: 0, results: [] };
  }
  if (isSettled(first)) {
    const { atOnce, errors } = await settle(looked, load, ports, options, new Set());
    if (errors.length > 0) return { status: "stalled", errors, passes: 0, results: [] };
    // What was waited for may have changed by then: look again.
    if (!atOnce) return converge(load, ports, options);
    const unasked = { ...options, lockTimeoutMs: 0, emit: () => undefined };
    await letGoOfEngine(looked.desired, ports, options.signal, (act) => locked(ports, unasked, act));
    return { status: "converged", plan: first, passes: 0, results: [] };
  }
  options.emit({ type: "plan", plan: first, pass: 1 });
  if (isRefused(first, options)) return { status: "refused", plan: first, passes: 0, results: [] };
  const approved = await options.approve(first, 1);
  if (approved === undefined) return { status: "declined", plan: first, passes: 0, results: [] };
  return locked(ports, options, () => passes(load, ports, options, known, first, approved));
}

/** As the one writer of the environment on this host. @throws PoststackError `LOCK_HELD` */
async function locked<T>(
  { state }: EnginePorts,
  { hostLock, lockTimeoutMs, emit, signal }: ConvergeOptions,
  act: () => Promise<T>,
): Promise<T> {
  const onWait = (holder: string): void => emit({ type: "lock-wait", holder });
  const lock = await hostLock.take(state.directory, lockTimeoutMs, onWait, signal);
  try {
    return await act();
  } finally {
    await lock.release();
  }
}

async function passes(
  load: LoadDesired,
  ports: EnginePorts,
  options: ConvergeOptions,
  known: Rehearsed,
  shown: Plan<Action>,
  firstApproved: Plan<Action>,
): Promise<Outcome> {
  const results: ActionResult[] = [];
  let lastShown = shown;
  let approved = firstApproved;
  let attempt = 0;
  /** Passes that were cut short and tried again: they have a limit of their own, and tell nothing of a plan without end. */
  let retried = 0;

  for (let pass = 1; pass - retried <= options.maxPasses; pass++) {
    if (options.stop.aborted) return { status: "stopped", passes: pass - 1, results };
    const acted = actedIn(results);
    // Nobody waits for what was started to prove itself: then what does not stay up is not started over and over either.
    const isRepeat = ({ actions, deferred }: Plan<Action>): boolean =>
      options.settleLimitMs === undefined && deferred.length === 0 && actions.every(({ id }) => acted.has(id));
    const ended = await onePass(load, ports, options, known, isRepeat, async (plan) => {
      if (plan.fingerprint === lastShown.fingerprint) return likeApproved(plan, approved);
      if (pass > 1 || lastShown !== shown) options.emit({ type: "plan", plan, pass });
      lastShown = plan;
      const narrowed = await options.approve(plan, pass);
      if (narrowed !== undefined) approved = narrowed;
      return narrowed;
    }).catch((error: unknown): PassEnd => {
      if (!mayPassByItself(error)) throw error;
      return { type: "cut", error: error.facts };
    });
    if (ended.type === "settled") {
      const { atOnce, errors } = await settle(ended, load, ports, options, acted);
      if (errors.length > 0) return { status: "stalled", errors, passes: pass, results };
      // To have waited is no pass; what was waited for may have changed by then.
      if (!atOnce) {
        pass--;
        continue;
      }
      await letGoOfEngine(ended.desired, ports, options.signal);
      return { status: "converged", plan: ended.plan, passes: pass - 1, results };
    }
    if ("plan" in ended) return { status: ended.type, plan: ended.plan, passes: pass - 1, results };
    if ("results" in ended) results.push(...ended.results);
    if (options.stop.aborted) return { status: "stopped", passes: pass, results };

    let errors = "error" in ended ? [ended.error] : errorsIn(ended.results);
    // Before the next plan: one that does not stay up would be started again and again.
    if (errors.length === 0 && "desired" in ended)
      errors = (await settle(ended, load, ports, options, actedIn(results))).errors;
    if (errors.some((error) => !mayPass(error))) return { status: "blocked", errors, passes: pass, results };
    const [error] = errors;
    if (error !== undefined) {
      // What is stalled has been waited for long enough by the action itself.
      if (attempt >= options.maxRetries || errors.some(isStalled))
        return { status: "stalled", errors, passes: pass, results };
      retried++;
      await pause(attempt++, error, ports.clock, options.emit, AbortSignal.any([options.signal, options.stop]));
    } else {
      attempt = 0;
    }
  }
  return { status: "stalled", errors: [notConverged(options.maxPasses)], passes: options.maxPasses, results };
}

/** What this run has started, and which has to prove itself. */
const actedIn = (results: readonly ActionResult[]): ReadonlySet<ResourceId> =>
  new Set(results.flatMap(({ status, action }) => (status === "done" && mayHaveToSettle(action) ? [action.id] : [])));

const errorsIn = (results: readonly ActionResult[]): readonly ErrorFacts[] =>
  results.flatMap((result) => (result.status === "failed" ? [result.error] : []));

/**
 * The same plan, looked at afresh: what was approved of the earlier look. The earlier one itself may not run, since its
 * actions carry what was read then: passwords that were made up before they were on disk, processes that have gone.
 */
function likeApproved(plan: Plan<Action>, approved: Plan<Action>): Plan<Action> {
  const ids = new Set(approved.actions.map(({ id }) => id));
  return { ...plan, actions: plan.actions.filter(({ id }) => ids.has(id)) };
}

type PassEnd =
  | (Pick<Look, "plan" | "desired" | "observed"> & { readonly type: "settled" })
  | { readonly type: "declined" | "refused"; readonly plan: Plan<Action> }
  | { readonly type: "applied"; readonly results: readonly ActionResult[]; readonly desired: Desired }
  /** It could not look, or not take the lock, for a reason that may pass; or all that is left waits for the server. */
  | { readonly type: "cut" | "waiting"; readonly error: ErrorFacts };

/** One pass under the host lock: secrets on disk, the server's lock, look, plan, do. */
async function onePass(
  load: LoadDesired,
  ports: EnginePorts,
  options: ConvergeOptions,
  known: Rehearsed,
  isRepeat: (plan: Plan<Action>) => boolean,
  approve: (plan: Plan<Action>) => Promise<Plan<Action> | undefined>,
): Promise<PassEnd> {
  const desired = await loadWithSecrets(load, ports);
  const lost = new AbortController();
  const server = writingServer(desired, ports, options, (reason) => lost.abort(reason));
  const signal = AbortSignal.any([options.signal, lost.signal]);
  const world = passPorts(ports, server);
  const looking = duringLook(world);
  try {
    await lockIfUp(desired, server, signal);
    const observation = await observe(desired, looking, signal);
    const seen = { desired, observation, ports: world };
    const plan = await provedPlan(buildPlan(desired, observation, options.selection ?? {}), seen, ports, known, signal);
    if (isSettled(plan) || isRepeat(plan)) return { type: "settled", plan, desired, observed: observation.observed };
    const waiting = waitsFor(plan, observation);
    if (waiting !== undefined) return { type: "waiting", error: waiting };
    if (isRefused(plan, options)) return { type: "refused", plan };
    const approved = await approve(plan);
    if (approved === undefined) return { type: "declined", plan };
    rememberCluster(desired, observation, ports);
    await rememberEngine(approved, ports, signal);
    await recordBefore(approved, observation, { ...world, containers: looking.containers }, options.run, signal);
    const results = await applyPlan(approved, world, { ...options, signal });
    await recordEvents(results, world, options.run, signal);
    return { type: "applied", results, desired };
  } finally {
    await server.close();
  }
}

/** Secrets are on disk before they are in use (RELIABILITY 16). Only new ones have to be read again. */
async function loadWithSecrets(load: LoadDesired, { state }: EnginePorts): Promise<Desired> {
  const desired = await load();
  const kept = state.read()?.secrets;
  if (kept !== undefined && desired.secretNames.every((name) => kept.has(name))) return desired;
  state.ensure(desired.secretNames);
  return load();
}

/** A server that answers is locked before it is looked at; one that is down or not there yet, when it first answers. */
async function lockIfUp(desired: Desired, server: PassServer, signal: AbortSignal): Promise<void> {
  if (desired.endpoint === undefined) return;
  const ignored = new Set([
    "POSTGRES_UNREACHABLE",
    "POSTGRES_BUSY",
    "POSTGRES_LOGIN",
    "POSTGRES_QUERY",
    "POOLER_DETECTED",
  ]);
  await server.admin(signal).catch((error: unknown) => {
    // Whatever is wrong with the server, observing it says so with a better place.
    if (!(error instanceof PoststackError) || !ignored.has(error.code)) throw error;
  });
}

function writingServer(
  { endpoint, lockName }: Desired,
  { postgres, clock }: EnginePorts,
  { lockTimeoutMs, emit }: ConvergeOptions,
  onLost: (reason: PoststackError) => void,
): PassServer {
  if (endpoint === undefined) return noServer();
  const onWait = (holder: string): void => emit({ type: "lock-wait", holder });
  const lock = writerLock({ endpoint, postgres, clock, name: lockName, timeoutMs: lockTimeoutMs, onWait, onLost });
  return passServer(endpoint, postgres, lock);
}

const isRefused = (plan: Plan<Action>, { onRefusal }: ConvergeOptions): boolean =>
  onRefusal === "stop" && plan.actions.some(isRefusal);

const notConverged = (passes: number): ErrorFacts => ({
  code: "NOT_CONVERGED",
  what: `after ${passes} passes there is still something to do`,
  next: "run plan to see what comes back, and -v to see each pass",
});
