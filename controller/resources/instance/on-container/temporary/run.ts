import { PoststackError } from "../../../../core/errors.ts";
import { lastWords } from "../../../../core/last-words.ts";
import type { Ports } from "../../../../core/ports.ts";
import { randomDigits } from "../../../../core/random-digits.ts";
import type { ImageDetails } from "../../../../core/ports/container-images.ts";
import type { ContainerDetails } from "../../../../core/ports/container-facts.ts";
import type { Endpoint } from "../../../../core/ports/postgres.ts";
import type { DesiredInstance } from "../../model.ts";
import { isNotThereYet } from "../run.ts";
import { isForsaken, isMadeBy, labelsOfTemporary } from "./left-behind.ts";
import { containerPort, temporaryFiles, temporarySpec } from "./spec.ts";

/** What a temporary server needs of the world. */
export type TemporaryPorts = Pick<Ports, "containers" | "clock" | "host" | "log" | "passwords" | "postgres">;

/** Milliseconds until it must answer: a cluster is made first, and an image may have scripts that fill it. */
const readyLimitMs = 300_000;
/** Between two looks, in milliseconds: the first ones soon. */
const firstPollMs = 50;
const longestPollMs = 500;
/** Milliseconds for taking it away, also after an abort; and for all that others have left. */
const removalLimitMs = 30_000;

/**
 * The names of those that this process is at. One that it made and is not at is lost: its creation went on in the engine after
 * nobody waited for it any more, or its removal failed.
 */
const inUse = new Set<string>();

/**
 * A server in a container of an image that is on the engine, with nothing in it but what the image puts there, for as long as
 * `run` takes. Those that were left go before it is made.
 *
 * @throws PoststackError `POSTGRES_START`, what the engine says, and what `run` throws
 */
export async function onTemporaryContainer<T>(
  { endpoint, parameters, container }: Pick<DesiredInstance, "endpoint" | "parameters" | "container">,
  image: Pick<ImageDetails, "id" | "config">,
  ports: TemporaryPorts,
  signal: AbortSignal,
  run: (server: Pick<Endpoint, "host" | "port" | "admin">) => Promise<T>,
): Promise<T> {
  const { containers, clock, host, passwords } = ports;
  await removeForsaken(ports, signal);
  const name = `poststack-temporary-${randomDigits(clock.random())}`;
  // The superuser of the image's cluster, whom migrations may name, with a password of its own.
  const admin = { user: endpoint.admin.user, password: passwords.random() };
  const { address, bind } = whereReached(endpoint.host, container?.bind);
  const login = { admin, maintenanceDatabase: endpoint.maintenanceDatabase };
  const maker = host.self();
  const spec = temporarySpec({ image, login, bind, labels: labelsOfTemporary(name, maker) });
  inUse.add(name);
  try {
    const { id } = await containers.createContainer(name, spec, signal);
    await containers.putFiles(id, temporaryFiles(parameters, image.config, passwords.verifier(admin.password)), signal);
    await containers.startContainer(id, signal);
    const port = await ready(id, { ...endpoint, ...login, host: address, sslmode: "disable" }, ports, signal);
    return await run({ host: address, port, admin });
  } finally {
    // Also after an abort.
    await takeAway(name, maker, ports, AbortSignal.timeout(removalLimitMs));
    inUse.delete(name);
  }
}

/** By its name: the answer that has the id may have been lost. What goes with it is nobody's. */
async function takeAway(
  name: string,
  maker: string,
  { containers, log }: TemporaryPorts,
  signal: AbortSignal,
): Promise<void> {
  try {
    const found = await containers.inspectContainer(name, signal);
    if (found !== undefined && isMadeBy(found.spec.labels, maker)) await remove(found.id, containers, signal);
  } catch (error) {
    log.warn({ container: name, error: String(error) }, "a temporary server is left; the next rehearsal takes it away");
  }
}

/** Killed, and its volume with it. */
const remove = (id: string, containers: Ports["containers"], signal: AbortSignal): Promise<void> =>
  containers.removeContainer(id, { force: true, anonymousVolumes: true }, signal);

/** This machine alone can reach it, where this machine is the engine's; else as the environment's own is reached. */
const whereReached = (
  host: string,
  bind: string | undefined,
): { readonly address: string; readonly bind: string | undefined } =>
  /^(?:localhost|127\.[\d.]+|::1)$/.test(host) ? { address: "127.0.0.1", bind: "127.0.0.1" } : { address: host, bind };

/** What others have left stops nobody: one that cannot be removed, or not soon, is told of and left to the next rehearsal. */
async function removeForsaken({ containers, clock, host, log }: TemporaryPorts, signal: AbortSignal): Promise<void> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(removalLimitMs)]);
  const isLeft = (one: Parameters<typeof isForsaken>[0]): boolean =>
    !one.names.some((name) => inUse.has(name)) &&
    isForsaken(one, (maker) => maker === host.self() || host.isGone(maker), clock.date());
  for (const { id, names } of (await containers.containers(signal)).filter(isLeft)) {
    try {
      // What it is now: since the list somebody may have given it another name (RELIABILITY 2).
      const found = await containers.inspectContainer(id, limited);
      if (found === undefined || !isLeft({ ...found, names: [found.name], labels: found.spec.labels })) continue;
      await remove(id, containers, limited);
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ container: names[0], error: String(error) }, "a temporary server that was left cannot be removed");
    }
  }
}

/** The port that the engine chose, once a login over TCP answers there (RELIABILITY 15). */
async function ready(
  id: string,
  endpoint: Omit<Endpoint, "port">,
  ports: TemporaryPorts,
  signal: AbortSignal,
): Promise<number> {
  const { clock, containers } = ports;
  const deadlineMs = clock.nowMs() + readyLimitMs;
  for (let pollMs = firstPollMs; ; pollMs = Math.min(longestPollMs, pollMs * 2)) {
    const details = await containers.inspectContainer(id, signal);
    if (details?.state !== "running") throw await notReady(id, ended(details), ports, signal);
    const port = details.ports.find((one) => one.containerPort === containerPort)?.hostPort;
    if (typeof port === "number" && (await answers({ ...endpoint, port }, ports, signal))) return port;
    if (clock.nowMs() >= deadlineMs) throw await notReady(id, "does not answer", ports, signal);
    await clock.sleep(pollMs, signal);
  }
}

async function answers(endpoint: Endpoint, { postgres }: TemporaryPorts, signal: AbortSignal): Promise<boolean> {
  try {
    const session = await postgres.connect(endpoint, endpoint.admin, endpoint.maintenanceDatabase, signal);
    await session.close();
    return true;
  } catch (error) {
    if (signal.aborted || !isNotThereYet(error)) throw error;
    return false;
  }
}

const ended = (details: ContainerDetails | undefined): string =>
  details === undefined
    ? "was removed while it was waited for"
    : `ended before it was ready (exit code ${details.exitCode})`;

async function notReady(id: string, why: string, ports: TemporaryPorts, signal: AbortSignal): Promise<PoststackError> {
  const lines = await lastWords(id, ports, signal);
  return new PoststackError("POSTGRES_START", {
    what: `a temporary server, a container of the environment's image, ${why}`,
    next: "what it said last is all there is, since its log went with it",
    details: lines.length > 0 ? lines : ["its log is empty"],
  });
}
