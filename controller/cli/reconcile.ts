import { isRefusal } from "../core/action.ts";
import { PoststackError, type ErrorFacts } from "../core/errors.ts";
import { publicAction, type Plan } from "../core/plan.ts";
import { renderHeld, renderPlan } from "../core/render.ts";
import { converge, type LoadDesired, type Outcome } from "../engine/converge.ts";
import type { ActionResult, EngineEvent } from "../engine/events.ts";
import type { Selection } from "../engine/select.ts";
import { notStanding, waitingAtMost } from "../resources/container/patience.ts";
import type { Action, Desired } from "../resources/index.ts";
import { addressesIn, type Address } from "./addresses.ts";
import { approvePlan, type ApprovalRules } from "./approval.ts";
import type { Context } from "./context.ts";
import { exitCode, exitCodeOfOutcome, type ExitCode } from "./exit.ts";
import type { OpenedEnvironment } from "./open.ts";
import { vanishedKinds } from "./vanished.ts";
import { planToJson } from "./plan-json.ts";
import { renderAddresses } from "./render/addresses.ts";
import { comparable } from "./saved-plan.ts";
import { progress, type Progress } from "./render/progress.ts";
import { renderInitPhase } from "./render/results.ts";
import { paintedError } from "./report.ts";

export interface ReconcileOptions {
  readonly selection?: Selection;
  readonly rules?: Pick<ApprovalRules, "confirmed" | "savedFingerprint"> & {
    /** As the saved plan has it. */
    readonly keyed?: boolean;
  };
  readonly lockTimeoutMs?: number;
  /** How long it waits, in milliseconds, until what was started has proved itself; `none`: it does not wait. */
  readonly settleLimitMs?: number | "none";
  /** What is said when there was nothing to do. */
  readonly settledText?: string | ((desired: Desired) => Promise<string>);
  /** What is true where nothing was changed by this, for a command that has changed something before it. */
  readonly unchanged?: string;
}

/** How long a second writer waits for the first, in milliseconds, unless `--lock-timeout` says otherwise. */
const defaultLockTimeoutMs = 60_000;

/** How long what was started may take to prove itself, in milliseconds, unless `--wait-timeout` says otherwise. */
const defaultSettleLimitMs = 300_000;

/** Somebody who says how long a start may take, or that it is not waited for, says so of one that takes another's place, too. */
function waitingAsAsked(desired: Desired, limitMs: number | "none" | undefined): Desired {
  if (limitMs === undefined) return desired;
  const { container } = desired.resources;
  const patient = limitMs === "none" ? notStanding(container) : waitingAtMost(container, limitMs);
  return { ...desired, resources: { ...desired.resources, container: patient } };
}

/**
 * The way of every command that changes something: load, plan, show, ask, converge, tell. A command chooses the desired
 * state and the targets, and nothing else.
 */
export async function reconcile(
  opened: OpenedEnvironment,
  context: Context,
  options: ReconcileOptions = {},
): Promise<ExitCode> {
  const { world, paint, paintError, json } = context;
  const { emit, finish } = await showEvents(opened, context);
  const saved = options.rules?.savedFingerprint;
  const { settleLimitMs = defaultSettleLimitMs } = options;
  const asked = comparable(opened, options.rules?.keyed);
  let desired: Desired | undefined;
  const load: LoadDesired = async (begin) => {
    desired = waitingAsAsked(await asked.load(begin), options.settleLimitMs);
    return desired;
  };
  let outcome: Outcome;
  try {
    outcome = await converge(load, opened.ports, {
      ...(options.selection === undefined ? {} : { selection: options.selection }),
      signal: world.signal,
      stop: world.stop,
      maxPasses: 5,
      maxRetries: 10,
      lockTimeoutMs: options.lockTimeoutMs ?? defaultLockTimeoutMs,
      ...(settleLimitMs === "none" ? {} : { settleLimitMs }),
      hostLock: world.hostLock,
      run: world.run,
      onRefusal: "stop",
      emit,
      approve: async (plan, pass) => {
        if (saved !== undefined && plan.fingerprint !== saved) {
          // A later pass of a saved plan: what was deferred is left for a plan that shows it.
          if (pass > 1) return undefined;
          throw planStale();
        }
        const { environment, isProtected, endsByCommand } = opened;
        const vanished = desired === undefined || endsByCommand ? [] : vanishedKinds(plan, desired);
        const rules = { environment, isProtected, vanished, ...options.rules };
        return (await approvePlan(plan, rules, context)) ? plan : undefined;
      },
    });
  } finally {
    finish();
  }
  // Not after work: what was written a moment ago cannot be known again by its stamp.
  if (outcome.status === "converged" && outcome.passes === 0) opened.remember();
  if (saved !== undefined && outcome.status === "converged" && outcome.passes === 0) {
    // A saved plan that had nothing to do either is as good as it was.
    if (outcome.plan.fingerprint !== saved) throw planStale();
  }
  const wanted = outcome.status === "converged" ? desired : undefined;
  const addresses =
    wanted === undefined ? [] : await addressesIn(wanted, options.selection?.targets ?? [], opened, world.signal);
  if (json) {
    context.print(JSON.stringify(outcomeToJson(outcome, addresses)));
  } else {
    for (const line of renderInitPhase(outcome.results, paint)) context.print(line);
    const settledText = isUntouched(outcome) ? await settledTextOf(options, desired) : "";
    for (const line of outcomeLines(outcome, context, options, settledText)) context.print(line);
    for (const line of renderAddresses(addresses, paint)) context.print(line);
    for (const error of errorsOfOutcome(outcome)) context.note(paintedError(error, paintError));
  }
  const isDone = outcome.status === "declined" && saved !== undefined && outcome.passes > 0;
  return isDone ? exitCode.done : exitCodeOfOutcome(outcome);
}

/** The engine's events for a person, or as JSON lines. */
export async function showEvents(opened: OpenedEnvironment, context: Context): Promise<Progress> {
  const shown = await progress({
    output: context.world.stderr,
    paint: context.paintError,
    nowMs: () => opened.ports.clock.nowMs(),
    all: context.verbosity > 0,
  });
  const emit = (event: EngineEvent): void => {
    if (context.json) context.print(JSON.stringify(eventToJson(event)));
    else if (event.type === "plan") showPlan(event.plan, event.pass, context);
    else shown.emit(event);
  };
  return { emit, finish: shown.finish };
}

function showPlan(plan: Plan<Action>, pass: number, context: Context): void {
  const { project, environment } = plan;
  const title = pass === 1 ? `Plan for ${environment} of ${project}` : `Plan of pass ${pass}`;
  context.print(context.paint("strong", title));
  context.print("");
  context.print(renderPlan(plan, { paint: context.paint, all: context.verbosity > 0 }));
  context.print("");
}

function errorsOfOutcome(outcome: Outcome): readonly ErrorFacts[] {
  if (outcome.status === "refused") return outcome.plan.actions.filter(isRefusal).map(({ error }) => error);
  return outcome.status === "blocked" || outcome.status === "stalled" ? outcome.errors : [];
}

const isUntouched = ({ status, results }: Outcome): boolean => status === "converged" && results.length === 0;

async function settledTextOf({ settledText }: ReconcileOptions, desired: Desired | undefined): Promise<string> {
  if (typeof settledText === "string") return settledText;
  const text = desired === undefined ? undefined : await settledText?.(desired);
  return text ?? "Nothing to do: everything is as the files say.";
}

/** What was done counts each time; what failed or was skipped only where no later try made up for it. */
export function countsOf(results: readonly ActionResult[]): {
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
} {
  const last = [...new Map(results.map(({ action, status }) => [action.id, status])).values()];
  return {
    done: results.filter(({ status }) => status === "done").length,
    failed: last.filter((status) => status === "failed").length,
    skipped: last.filter((status) => status === "skipped").length,
  };
}

function outcomeLines(
  outcome: Outcome,
  { paint }: Context,
  options: ReconcileOptions,
  settledText: string,
): readonly string[] {
  const { done: count, skipped } = countsOf(outcome.results);
  const { unchanged = "nothing was changed" } = options;
  const counts = `${count} done${skipped === 0 ? "" : `, ${skipped} skipped`}`;
  switch (outcome.status) {
    case "converged":
      return isUntouched(outcome)
        ? [...renderHeld(outcome.plan, paint), paint("add", settledText)]
        : [
            "",
            ...renderHeld(outcome.plan, paint),
            paint("add", `Done: ${count} ${count === 1 ? "action" : "actions"}.`),
          ];
    case "declined":
      return outcome.passes > 0 && options.rules?.savedFingerprint !== undefined
        ? ["", `${counts}. What was deferred is left: run plan again.`]
        : [`${unchanged.charAt(0).toUpperCase()}${unchanged.slice(1)}.`];
    case "refused":
      return ["", paint("refuse", `Refused${outcome.passes === 0 ? `; ${unchanged}` : ` after ${counts}`}.`)];
    case "stopped":
      return ["", `Stopped: ${counts}. Run the command again to go on.`];
    default:
      return ["", paint("remove", `${outcome.status === "blocked" ? "Failed" : "Stalled"}: ${counts}.`)];
  }
}

const planStale = (): PoststackError =>
  new PoststackError("PLAN_STALE", {
    what: "the files or the world have changed since the plan was saved",
    next: "run plan again, read it, and apply the new file",
  });

/** One line of `--json`, as the schema `schema/event.schema.json` says. */
function eventToJson(event: EngineEvent): object {
  switch (event.type) {
    case "plan":
      return { type: "plan", pass: event.pass, plan: planToJson(event.plan) };
    case "start":
      return { type: "start", ...publicAction(event.action) };
    case "end": {
      const { action, ...rest } = event.result;
      return { type: "end", id: action.id, verb: action.verb, ...rest };
    }
    default:
      return event;
  }
}

function outcomeToJson(outcome: Outcome, addresses: readonly Address[]): object {
  return {
    type: "outcome",
    status: outcome.status,
    passes: outcome.passes,
    ...countsOf(outcome.results),
    errors: errorsOfOutcome(outcome),
    addresses,
  };
}
