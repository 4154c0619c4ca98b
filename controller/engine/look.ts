import { isRefusal } from "../core/action.ts";
import { PoststackError, type ErrorFacts } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import type { Ports } from "../core/ports.ts";
import type { Action, Desired } from "../resources/index.ts";
import type { ConvergeOptions, EnginePorts, LoadDesired } from "./converge.ts";
import { observe, type Observation } from "./observe.ts";
import { buildPlan } from "./plan.ts";
import type { Selection } from "./select.ts";
import { noServer, passServer, type PassServer } from "./server.ts";
import { mayPassByItself, pause } from "./tries.ts";

/** What is to be done, seen without a lock. */
export interface Look {
  readonly plan: Plan<Action>;
  /** There is nothing to do but to wait for the server: why it does not answer. */
  readonly waitsFor: ErrorFacts | undefined;
}

/** Changes nothing and takes no lock. */
export async function look(
  load: LoadDesired,
  ports: EnginePorts,
  selection: Selection,
  signal: AbortSignal,
): Promise<Look> {
  const desired = await load();
  const server = readingServer(desired, ports);
  try {
    const observation = await observe(desired, passPorts(ports, server), signal);
    const plan = buildPlan(desired, observation, selection);
    return { plan, waitsFor: waitsFor(plan, observation) };
  } finally {
    await server.close();
  }
}

/** Nothing can be done before the server answers. */
export const waitsFor = ({ actions, deferred }: Plan<Action>, { unanswered }: Observation): ErrorFacts | undefined =>
  actions.length === 0 && deferred.length > 0 ? unanswered : undefined;

/**
 * A refusal may tell how something that exists can be handed over: by the environment's mark. The mark of an environment
 * that was never applied is made up anew by every command, so the first refused apply keeps it, and nothing else.
 */
export async function firstLook(load: LoadDesired, ports: EnginePorts, options: ConvergeOptions): Promise<Look> {
  const { selection = {}, signal } = options;
  const looked = await lookRepeatedly(load, ports, options);
  const isNameTaken = looked.plan.actions.some((action) => isRefusal(action) && action.error.code === "NAME_TAKEN");
  if (!isNameTaken || ports.state.read() !== undefined) return looked;
  ports.state.ensure([]);
  return look(load, ports, selection, signal);
}

/**
 * A connection that breaks while it is looked has changed nothing: look again (RELIABILITY 33). So it is with a server that
 * does not answer when nothing can be done without it: it is waited for before anybody is asked, or a lock is taken.
 */
async function lookRepeatedly(load: LoadDesired, ports: EnginePorts, options: ConvergeOptions): Promise<Look> {
  const stopped = AbortSignal.any([options.signal, options.stop]);
  let isShown = false;
  for (let attempt = 0; ; attempt++) {
    const looked = await look(load, ports, options.selection ?? {}, options.signal).catch((error: unknown) => {
      if (attempt >= options.maxRetries || !mayPassByItself(error)) throw error;
      return error;
    });
    if (!(looked instanceof PoststackError)) {
      if (looked.waitsFor === undefined || attempt >= options.maxRetries) return looked;
      if (!isShown) options.emit({ type: "plan", plan: looked.plan, pass: 1 });
      isShown = true;
    }
    await pause(attempt, ports.clock, options.emit, stopped);
    if (!stopped.aborted) continue;
    if (looked instanceof PoststackError) throw looked;
    return looked;
  }
}

export const passPorts = (ports: EnginePorts, server: PassServer): Ports => ({
  ...ports,
  server,
  progress: () => undefined,
});

const readingServer = ({ endpoint }: Desired, { postgres }: EnginePorts): PassServer =>
  endpoint === undefined ? noServer() : passServer(endpoint, postgres);
