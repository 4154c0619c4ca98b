import { composeNetworkLabels, labelNames, observedMark, ownLabels, resourceIn } from "../../core/engine-labels.ts";
import { fromFacts, PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { NetworkAttachment, NetworkSpec } from "../../core/ports/container-spec.ts";
import { done, type Result } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { DesiredNetwork, Member, NetworkAction, OwnNetwork } from "./model.ts";

export function apply(action: NetworkAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  switch (action.verb) {
    case "create":
      return create(action.desired, ports, signal);
    case "replace":
      return replace(action.desired, action.old, ports, signal);
    case "delete":
      return remove(action.old, action.into, ports, signal);
    case "refuse":
      return Promise.reject(fromFacts(action.error));
    default:
      return unreachable(action);
  }
}

async function create(desired: DesiredNetwork, ports: Ports, signal: AbortSignal): Promise<Result> {
  try {
    await ports.containers.createNetwork(desired.name, specOf(desired, ports), signal);
  } catch (error) {
    if (!(await isMadeAlready(desired, error, ports, signal))) throw error;
  }
  return done;
}

/** The name is taken: by what an earlier try made whose answer was lost, or by somebody else (RELIABILITY 12). */
async function isMadeAlready(
  { id, name, config }: DesiredNetwork,
  error: unknown,
  ports: Ports,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(error instanceof PoststackError) || error.code !== "NAME_TAKEN") return false;
  const mark = observedMark(ports);
  const found = (await ports.containers.networks(signal)).filter((network) => network.name === name);
  return found.some(({ labels }) => resourceIn(labels, mark) === id && labels.get(labelNames.config) === config);
}

/**
 * A network cannot be changed. Its containers are taken off, it is made anew, and they are put back as they were. Cut
 * anywhere in between, the next pass finds it missing or its containers disconnected, and goes on from there.
 */
async function replace(desired: DesiredNetwork, old: OwnNetwork, ports: Ports, signal: AbortSignal): Promise<Result> {
  const spec = specOf(desired, ports);
  const attachments = await takeOff(old, ports, signal);
  await letGo(old, ports, signal);
  const { id } = await ports.containers.createNetwork(desired.name, spec, signal);
  const left = await putOn(id, attachments, ports, signal);
  return left === 0 ? done : { note: `${left} left to the next pass` };
}

async function remove(old: OwnNetwork, into: string | undefined, ports: Ports, signal: AbortSignal): Promise<Result> {
  const attachments = await takeOff(old, ports, signal);
  if (into !== undefined) await putOn(into, attachments, ports, signal);
  try {
    await letGo(old, ports, signal);
  } catch (error) {
    if (!isInUse(error)) throw error;
    // Ours are put back, the server among them, whose data waits for this to go.
    if (into === undefined) await putOn(old.id, attachments, ports, signal);
    throw heldBy(old, error);
  }
  return done;
}

const isInUse = (error: unknown): error is PoststackError =>
  error instanceof PoststackError && error.code === "ENGINE_OBJECT_IN_USE";

/** The engine's own words say that something is on it, and seldom what. */
function heldBy({ name, members }: OwnNetwork, error: PoststackError): PoststackError {
  const others = members.filter(({ isOurs }) => !isOurs).map((other) => other.name);
  const [first] = others.sort();
  if (first === undefined) return error;
  const facts = {
    what: `network "${name}" stays: ${others.join(", ")}, which is not of this environment, is on it`,
    next: `disconnect it first: docker network disconnect ${name} ${first}`,
  };
  return new PoststackError("ENGINE_OBJECT_IN_USE", facts, { cause: error });
}

/** Milliseconds that an engine may take to notice that nothing is on a network any more, and between two tries. */
const letGoMs = 10_000;
const againMs = 200;

/**
 * A busy Docker frees what a container had of a network a moment after it has said that the container is gone, and until
 * then calls the network used (github.com/moby/moby/issues/42119: "has active endpoints").
 */
async function letGo({ id, name }: OwnNetwork, ports: Ports, signal: AbortSignal): Promise<void> {
  const untilMs = ports.clock.nowMs() + letGoMs;
  for (;;) {
    try {
      await ports.containers.removeNetwork(id, signal);
      return;
    } catch (error) {
      if (!isInUse(error) || ports.clock.nowMs() >= untilMs || (await hasContainers(name, ports, signal))) throw error;
    }
    await ports.clock.sleep(againMs, signal);
  }
}

/** One that the engine is taking away lets go by itself. */
const hasContainers = async (network: string, { containers }: Ports, signal: AbortSignal): Promise<boolean> =>
  (await containers.containers(signal)).some(({ networks, state }) => networks.has(network) && state !== "removing");

type Attachments = ReadonlyMap<string, NetworkAttachment>;

/** Disconnects our containers, and tells how they were connected. Foreign ones keep it in use. */
async function takeOff({ id, name, members }: OwnNetwork, ports: Ports, signal: AbortSignal): Promise<Attachments> {
  // Its sessions would break, the lock's among them, and that ends a pass on the spot: between a network that is gone and
  // its containers that are on none. Given back, the lock is taken again by whoever needs the server next.
  if (members.some(({ isServer }) => isServer)) await ports.server.reset();
  const attachments = new Map<string, NetworkAttachment>();
  for (const member of members.filter(({ isOurs }: Member) => isOurs)) {
    const details = await ports.containers.inspectContainer(member.id, signal);
    if (details === undefined) continue;
    attachments.set(member.id, details.attachments.get(name) ?? { aliases: [] });
    await ports.containers.disconnectNetwork(id, member.id, signal);
  }
  return attachments;
}

/**
 * A container that does not fit on the network any more (its address is of another range) or that is gone is left to the
 * next pass, which compares it with the files. Gives back how many.
 */
async function putOn(network: string, all: Attachments, ports: Ports, signal: AbortSignal): Promise<number> {
  let left = 0;
  for (const [container, attachment] of all) {
    await ports.containers.connectNetwork(network, container, attachment, signal).catch((error: unknown) => {
      const isLeft = error instanceof PoststackError && ["ENGINE_REFUSED", "ENGINE_OBJECT_GONE"].includes(error.code);
      if (!isLeft) throw error;
      ports.log.debug({ container, error: error.message }, "not reconnected");
      left++;
    });
  }
  return left;
}

function specOf(desired: DesiredNetwork, ports: Ports): NetworkSpec {
  const { key, spec, project } = desired;
  return {
    ...spec,
    labels: new Map([...spec.labels, ...composeNetworkLabels(project, key), ...ownLabels(desired, ports)]),
  };
}
