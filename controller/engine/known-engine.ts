import { isRemoval } from "../core/action.ts";
import { labelNames, observedMark } from "../core/engine-labels.ts";
import { PoststackError } from "../core/errors.ts";
import { claimsAmong } from "../core/ownership.ts";
import type { Plan } from "../core/plan.ts";
import type { Ports } from "../core/ports.ts";
import type { EngineIdentity } from "../core/ports/container-facts.ts";
import { kinds, resources, type Action, type Desired } from "../resources/index.ts";
import type { Outline } from "../resources/outline.ts";

// An engine knows nothing of containers in another one: who asks the wrong one finds none of ours, makes them a second
// time, and leaves the first ones running. So the state remembers which it was (RELIABILITY 18).

/** @throws PoststackError `ENGINE_CHANGED`; what any call to an engine throws */
export async function checkEngine(
  { scope, knownEngine }: Pick<Outline, "scope" | "knownEngine">,
  { containers }: Pick<Ports, "containers">,
  signal: AbortSignal,
): Promise<void> {
  if (knownEngine === undefined || !kinds.some((kind) => scope.has(kind) && isInEngine(kind))) return;
  const answering = await containers.identify(signal).catch((error: unknown) => {
    throw atKnown(error, knownEngine);
  });
  if (answering.engine === knownEngine.engine && answering.address === knownEngine.address) return;
  throw new PoststackError("ENGINE_CHANGED", {
    what: `the environment's containers are in ${shown(knownEngine)}, and ${shown(answering)} answers`,
    next: `set DOCKER_HOST=${knownEngine.address}; to move to the other one, first take the environment away: poststack destroy, with --delete-data where it has volumes; one that is gone for ever is let go of with: poststack env forget-engine`,
  });
}

/** The same error, which also says where the containers are. */
function atKnown(error: unknown, known: EngineIdentity): unknown {
  if (!(error instanceof PoststackError)) return error;
  const { code, details = [], ...facts } = error.facts;
  const where = `the environment's containers are in ${shown(known)}: DOCKER_HOST=${known.address} asks that one`;
  return new PoststackError(code, { ...facts, details: [...details, where] }, { cause: error });
}

/** Before the first object is made in it. */
export async function rememberEngine(
  { actions }: Plan<Action>,
  { containers, state }: Pick<Ports, "containers" | "state">,
  signal: AbortSignal,
): Promise<void> {
  const makes = actions.some((action) => isInEngine(action.kind) && !isRemoval(action) && action.verb !== "refuse");
  if (makes) state.recordEngine(await containers.identify(signal));
}

/** What is lost sight of with an engine. Images can be made and pulled anew. */
const things = ["container", "network", "volume"] as const;

/** Whether a wish that is about the whole environment asks for nothing in the engine that the state remembers. */
const isLeft = ({ knownEngine, scope, resources: wanted }: Desired): boolean =>
  knownEngine !== undefined &&
  things.every((kind) => scope.has(kind) && wanted[kind].every((one) => !("to" in one) || one.to === "absent"));

/** Whether nothing of ours, also no volume, is left in an engine from which nothing is wanted. */
async function isHeldNoMore(
  desired: Desired,
  { containers, state }: Pick<Ports, "containers" | "state">,
  signal: AbortSignal,
): Promise<boolean> {
  if (!isLeft(desired)) return false;
  const mark = observedMark({ state });
  const [all, networks, volumes] = await Promise.all([
    containers.containers(signal),
    containers.networks(signal),
    containers.volumes(signal),
  ]);
  return (
    ![...networks, ...volumes].some(({ labels }) => labels.get(labelNames.owner) === mark) &&
    (await claimsAmong(all, { containers, state }, signal)).length === 0
  );
}

/**
 * Another engine may be used next. Under the host lock, for which nobody is waited: a writer who is at work lets go in the
 * end, or the next run does.
 *
 * @param locked takes it; absent: it is held
 */
export async function letGoOfEngine(
  desired: Desired,
  ports: Pick<Ports, "containers" | "state">,
  signal: AbortSignal,
  locked?: (act: () => Promise<void>) => Promise<void>,
): Promise<void> {
  if (!(await isHeldNoMore(desired, ports, signal))) return;
  if (locked === undefined) return ports.state.forgetEngine();
  await locked(() => letGoOfEngine(desired, ports, signal)).catch((error: unknown) => {
    if (!(error instanceof PoststackError && error.code === "LOCK_HELD")) throw error;
  });
}

const isInEngine = (kind: Action["kind"]): boolean => resources[kind].livesIn === "engine";

const shown = ({ engine, address }: EngineIdentity): string =>
  `${engine === "docker" ? "Docker" : "Podman"} at ${address}`;
