import { isRefusal } from "../core/action.ts";
import { PoststackError, type ErrorFacts } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import type { Ports } from "../core/ports.ts";
import type { ContainerEngine } from "../core/ports/containers.ts";
import type { Action, Desired } from "../resources/index.ts";
import type { Outline } from "../resources/outline.ts";
import type { ConvergeOptions, EnginePorts, LoadDesired } from "./converge.ts";
import { observe, type Observation } from "./observe.ts";
import { buildPlan } from "./plan.ts";
import type { Selection } from "./select.ts";
import type { Rehearsed } from "./rehearsal/rehearsed.ts";
import { noServer, passPorts, passServer, type PassServer } from "./server.ts";
import { sharedLists } from "./shared-lists.ts";
import { mayPassByItself, pause } from "./tries.ts";

/** What is to be done, seen without a lock. */
export interface Look {
  readonly desired: Desired;
  readonly observed: Observation["observed"];
  readonly plan: Plan<Action>;
  /** There is nothing to do but to wait for the server: why it does not answer. */
  readonly waitsFor: ErrorFacts | undefined;
}

/**
 * Takes no lock and changes nothing, but for what a rehearsal makes and takes away again.
 *
 * @param known what has been rehearsed; undefined: nothing is to be, whatever the files say
 */
export async function look(
  load: LoadDesired,
  ports: EnginePorts,
  selection: Selection,
  signal: AbortSignal,
  known?: Rehearsed,
): Promise<Look> {
  const looked = await lookOnce(load, ports, selection, signal, known);
  return looked.plan.rehearsal === undefined && isDoubtful(looked)
    ? lookOnce(load, ports, selection, signal, known)
    : looked;
}

/** What is recalled of a text may say that nothing is to be done about it. Nobody is refused anything for it: it is read. */
const isDoubtful = ({ desired, plan }: Pick<Look, "desired" | "plan">): boolean =>
  desired.resources.migration.some(({ isRecalled }) => isRecalled) &&
  plan.actions.some((action) => action.kind === "migration" && isRefusal(action));

const lookOnce = (
  load: LoadDesired,
  ports: EnginePorts,
  selection: Selection,
  signal: AbortSignal,
  known: Rehearsed | undefined,
): Promise<Look> =>
  see(load, ports, signal, async (seen) => {
    const { desired, observation } = seen;
    const planned = buildPlan(desired, observation, selection);
    const isForSure = known !== undefined && !isDoubtful({ desired, plan: planned });
    const plan = isForSure ? await provedPlan(planned, seen, ports, known, signal) : planned;
    return { desired, observed: observation.observed, plan, waitsFor: waitsFor(plan, observation) };
  });

/** Where the files, or the command, ask for it: what was changed by hand is told, and what is pending rehearsed. */
export async function provedPlan(
  plan: Plan<Action>,
  seen: Seen,
  ports: EnginePorts,
  known: Rehearsed,
  signal: AbortSignal,
): Promise<Plan<Action>> {
  const [wish] = seen.desired.resources.migration;
  let proved = plan;
  if (wish?.drift !== undefined && wish.drift.compare !== "never") {
    const { withDrift } = await import("./drift/in-plan.ts");
    proved = await withDrift(proved, seen, ports, known, signal);
  }
  if (wish?.rehearse === true) {
    const { rehearse } = await import("./rehearsal/rehearse.ts");
    proved = await rehearse(proved, seen, ports, known, signal);
  }
  return proved;
}

/** What the files ask for and what is there. */
export interface Seen {
  readonly desired: Desired;
  readonly observation: Observation;
  /** With the connection of this look, which closes when the look is over. */
  readonly ports: Ports;
}

/**
 * Reads the files and looks at the world, without a lock. The login and the server's answers take about as long as
 * reading thousands of migrations does, so both are done at once; an error in the files ends the looking.
 */
export async function see<T>(
  load: LoadDesired,
  ports: EnginePorts,
  signal: AbortSignal,
  tell: (seen: Seen) => T | Promise<T>,
): Promise<T> {
  const unread = new AbortController();
  const looking = AbortSignal.any([signal, unread.signal]);
  const listing = new AbortController();
  const containers = await askedAhead(ports, AbortSignal.any([looking, listing.signal]));
  const begin = (outline: Outline): Begun => {
    const server = readingServer(outline, ports);
    const world = passPorts({ ...ports, containers }, server);
    const observing = observe(outline, world, looking);
    // Told when the files are read: what is wrong with them comes first.
    observing.catch(() => undefined);
    return { server, world, observing };
  };
  let begun: Begun | undefined;
  try {
    const desired = await load((outline) => (begun = begin(outline)));
    begun ??= begin(desired);
    return await tell({ desired, observation: await begun.observing, ports: begun.world });
  } catch (error) {
    unread.abort(error);
    throw error;
  } finally {
    listing.abort();
    await begun?.server.close();
  }
}

/**
 * To list what it has takes an engine about as long as it takes to read the files: where the state says that something of
 * ours is in one, it is asked before for what every look at one needs. What it answers is for this look alone.
 */
async function askedAhead({ containers, state }: EnginePorts, signal: AbortSignal): Promise<ContainerEngine> {
  try {
    if (state.read()?.engine === undefined) return containers;
    await containers.identify(signal);
  } catch {
    // What is wrong with the state or the engine is told by those who need it, at their place.
    return containers;
  }
  const lists = sharedLists(containers);
  const answers = [lists.containers(signal), lists.images(signal), lists.networks(signal)];
  for (const answer of answers) answer.catch(() => undefined);
  // A request leaves when its connection stands, a turn or two of the event loop later, and reading files waits for none.
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  return lists;
}

interface Begun {
  readonly server: PassServer;
  readonly world: Ports;
  readonly observing: Promise<Observation>;
}

/** Nothing can be done before the server answers. */
export const waitsFor = ({ actions, deferred }: Plan<Action>, { unanswered }: Observation): ErrorFacts | undefined =>
  actions.length === 0 && deferred.length > 0 ? unanswered : undefined;

/**
 * A refusal may tell how something that exists can be handed over: by the environment's mark. The mark of an environment
 * that was never applied is made up anew by every command, so the first refused apply keeps it, and nothing else.
 */
export async function firstLook(
  load: LoadDesired,
  ports: EnginePorts,
  options: ConvergeOptions,
  known: Rehearsed,
): Promise<Look> {
  const { selection = {}, signal } = options;
  const looked = await lookRepeatedly(load, ports, options, known);
  const isNameTaken = looked.plan.actions.some((action) => isRefusal(action) && action.error.code === "NAME_TAKEN");
  if (!isNameTaken || ports.state.read() !== undefined) return looked;
  ports.state.ensure([]);
  return look(load, ports, selection, signal, known);
}

/**
 * A connection that breaks while it is looked has changed nothing: look again (RELIABILITY 33). So it is with a server that
 * does not answer when nothing can be done without it: it is waited for before anybody is asked, or a lock is taken.
 */
async function lookRepeatedly(
  load: LoadDesired,
  ports: EnginePorts,
  options: ConvergeOptions,
  known: Rehearsed,
): Promise<Look> {
  const stopped = AbortSignal.any([options.signal, options.stop]);
  let isShown = false;
  for (let attempt = 0; ; attempt++) {
    const looked = await look(load, ports, options.selection ?? {}, options.signal, known).catch((error: unknown) => {
      if (attempt >= options.maxRetries || !mayPassByItself(error)) throw error;
      return error;
    });
    if (!(looked instanceof PoststackError)) {
      if (looked.waitsFor === undefined || attempt >= options.maxRetries) return looked;
      if (!isShown) options.emit({ type: "plan", plan: looked.plan, pass: 1 });
      isShown = true;
    }
    const why = looked instanceof PoststackError ? looked.facts : looked.waitsFor;
    await pause(attempt, why, ports.clock, options.emit, stopped);
    if (!stopped.aborted) continue;
    if (looked instanceof PoststackError) throw looked;
    return looked;
  }
}

const readingServer = ({ endpoint }: Outline, { postgres }: EnginePorts): PassServer =>
  endpoint === undefined ? noServer() : passServer(endpoint, postgres);
