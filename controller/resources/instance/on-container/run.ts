import { fromFacts, PoststackError, type ErrorCode } from "../../../core/errors.ts";
import { lastWords } from "../../../core/last-words.ts";
import type { Ports } from "../../../core/ports.ts";
import type { ContainerDetails } from "../../../core/ports/container-facts.ts";
import type { Result } from "../../../core/resource.ts";
import { majorUpgrade, replaced } from "../actions.ts";
import type { ContainerServer, DesiredInstance } from "../model.ts";
import { invalidParameter } from "./configure.ts";
import { majorOf } from "../../../core/postgres-versions.ts";
import { setPassword } from "./password.ts";
import { exitCodes, noData } from "./start-script.ts";

/** Milliseconds until a server must answer: a new one makes its cluster first, after a crash one replays its log. */
const readyTimeoutMs = 300_000;
/** Between two looks, in milliseconds: the first ones soon. */
const firstPollMs = 100;
const longestPollMs = 500;

/** Starts the container and waits until the server is accepted. One that is not is stopped: it would crash for ever. */
export async function start(
  desired: DesiredInstance,
  server: ContainerServer,
  id: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  ports.progress("starting");
  try {
    await ports.containers.startContainer(id, signal);
  } catch (error) {
    throw atPort(error, desired, server);
  }
  return accept(desired, server, id, ports, signal, "started");
}

/** Whether this action started the container, or found it running: then somebody may be about to stop it. */
type Found = "started" | "running";

/**
 * Waits until a login over TCP answers (RELIABILITY 15), sees to it that it is the cluster that the environment had, and
 * records which one it is before anything can be written into it (RELIABILITY 21).
 */
export async function accept(
  desired: DesiredInstance,
  server: ContainerServer,
  id: string,
  ports: Ports,
  signal: AbortSignal,
  found: Found,
): Promise<Result> {
  const { identifier, version } = await waitReady(desired, server, id, ports, signal, found);
  const { knownIdentifier } = desired;
  if (knownIdentifier !== undefined && identifier !== knownIdentifier) {
    await ports.containers.stopContainer(id, {}, signal);
    throw fromFacts(replaced(desired, { server: "up", systemIdentifier: identifier }));
  }
  ports.state.recordSystemIdentifier(identifier);
  await ports.server.reset();
  return { note: `PostgreSQL ${version} on ${server.bind ?? "*"}:${server.port}` };
}

/** Ended already is success. */
export const stopIt = (id: string, ports: Ports, signal: AbortSignal): Promise<void> =>
  ports.containers.stopContainer(id, {}, signal);

interface Answer {
  readonly identifier: string;
  readonly version: string;
}

async function waitReady(
  desired: DesiredInstance,
  server: ContainerServer,
  id: string,
  ports: Ports,
  signal: AbortSignal,
  found: Found,
): Promise<Answer> {
  const { clock, containers } = ports;
  const deadlineMs = clock.nowMs() + readyTimeoutMs;
  let restarts: number | undefined;
  let since: Date | undefined;
  let isPasswordSet = false;
  for (let pollMs = firstPollMs; ; pollMs = Math.min(longestPollMs, pollMs * 2)) {
    const details = await containers.inspectContainer(id, signal);
    restarts ??= details?.restartCount;
    since ??= details?.startedAt;
    // Between an end and the engine's restart it is not running; after it, the count has moved.
    if (details === undefined || details.state !== "running" || details.restartCount !== restarts) {
      if (found === "running" && details?.exitCode === 0) throw stopped(desired, server);
      const ended = await endedAgain(details, id, ports, signal);
      await containers.stopContainer(id, {}, signal);
      throw await explain(desired, server, { details: ended, since }, id, ports, signal);
    }
    const answer = await login(desired, ports, signal);
    if (answer instanceof PoststackError) {
      if (isPasswordSet) throw answer;
      ports.progress("setting the password of the superuser");
      await setPassword(desired, id, ports, signal);
      isPasswordSet = true;
    } else if (answer !== "silent") {
      return answer;
    }
    if (clock.nowMs() >= deadlineMs) throw await silent(desired, server, id, ports, signal);
    await clock.sleep(pollMs, signal);
  }
}

/** Milliseconds for one that ended to end again. */
const againMs = 3_000;

/** What the engine has started again has no exit code: it mostly ends again, and why is told by that. */
async function endedAgain(
  details: ContainerDetails | undefined,
  id: string,
  { clock, containers }: Ports,
  signal: AbortSignal,
): Promise<ContainerDetails | undefined> {
  const deadlineMs = clock.nowMs() + againMs;
  let seen = details;
  while (seen?.state === "running" && clock.nowMs() < deadlineMs) {
    await clock.sleep(firstPollMs, signal);
    seen = await containers.inspectContainer(id, signal);
  }
  return seen;
}

/** One login over TCP, as from outside. An error: the server answers, and refuses it. */
async function login(
  { endpoint }: DesiredInstance,
  { postgres }: Ports,
  signal: AbortSignal,
): Promise<Answer | "silent" | PoststackError> {
  try {
    const session = await postgres.connect(endpoint, endpoint.admin, endpoint.maintenanceDatabase, signal);
    try {
      const [row = {}] = await session.query(
        "select system_identifier::text as id, current_setting('server_version') as version from pg_control_system()",
        [],
        signal,
      );
      return { identifier: String(row["id"]), version: String(row["version"]).split(" ")[0] ?? "" };
    } finally {
      await session.close();
    }
  } catch (error) {
    if (!(error instanceof PoststackError) || signal.aborted) throw error;
    if (error.code === "POSTGRES_LOGIN") return error;
    if (isNotThereYet(error)) return "silent";
    throw error;
  }
}

/** Behind a proxy of the engine, a server that is not there yet is a connection that breaks. */
export function isNotThereYet(error: unknown): boolean {
  const passes: readonly ErrorCode[] = ["POSTGRES_UNREACHABLE", "POSTGRES_BUSY", "POSTGRES_CONNECTION_LOST"];
  return error instanceof PoststackError && passes.includes(error.code);
}

/**
 * A server that ran and ended in order was told to, by a person or by a command that was killed before the engine was done
 * with its call. The next pass sees it stopped.
 */
const stopped = ({ id, place }: DesiredInstance, { name }: ContainerServer): PoststackError =>
  new PoststackError("POSTGRES_BUSY", {
    what: `the server in container "${name}" of ${id} was stopped while it was waited for`,
    where: place,
  });

/** Why a container that was started does not run. */
async function explain(
  desired: DesiredInstance,
  server: ContainerServer,
  { details, since }: { readonly details: ContainerDetails | undefined; readonly since: Date | undefined },
  id: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<PoststackError> {
  const { place } = desired;
  if (details === undefined)
    return new PoststackError("ENGINE_OBJECT_GONE", {
      what: `container "${server.name}" of ${desired.id} was removed while it was waited for`,
      where: place,
    });
  // Since it was waited for: what an earlier start said is not why this one ended.
  const lines = await lastWords(id, ports, signal, since === undefined ? {} : { since });
  const text = lines.join("\n");
  // Where the engine has started it again by then, there is no code.
  if (details.exitCode === exitCodes.noData || lines.includes(noData))
    return fromFacts(replaced(desired, { server: "absent", dataDirectory: `volume ${server.volume}` }));
  const [, was, wants] =
    /initialized by PostgreSQL version (\d+).*not compatible with this version (\d+)/s.exec(text) ?? [];
  const [data, wanted] = [majorOf(was ?? ""), majorOf(wants ?? "")];
  if (data !== undefined && wanted !== undefined) return fromFacts(majorUpgrade(desired, data, wanted));
  if (/No space left on device/.test(text))
    return new PoststackError("DISK_FULL", {
      what: `the disk of the container engine is full: ${desired.id} could not start`,
      where: place,
      next: "make room on the engine's disk and apply again",
      details: lines,
    });
  if (
    /invalid value for parameter|unrecognized configuration parameter|configuration file .* contains errors/.test(text)
  )
    return invalidParameter(lines, place);
  return new PoststackError("POSTGRES_START", {
    what: `the server in container "${server.name}" ended before it was ready${details.state === "running" ? "" : ` (exit code ${details.exitCode})`}`,
    where: place,
    next: `the end of its log says why; all of it: docker logs ${server.name}`,
    details: lines.length > 0 ? lines : [details.startError ?? "its log is empty"],
  });
}

async function silent(
  { id: resource, endpoint, place }: DesiredInstance,
  server: ContainerServer,
  id: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<PoststackError> {
  return new PoststackError("POSTGRES_START", {
    what: `container "${server.name}" of ${resource} runs, and no Postgres answers at ${endpoint.host}:${endpoint.port}`,
    where: place,
    next: `read its log (docker logs ${server.name}); where the engine is on another machine, set \`host:\` and \`bind:\``,
    details: await lastWords(id, ports, signal),
  });
}

/** The engine knows that a port is taken; by whom, the next plan says. */
function atPort(error: unknown, { id, place }: DesiredInstance, { bind, port }: ContainerServer): unknown {
  if (!(error instanceof PoststackError) || error.code !== "PORT_TAKEN") return error;
  return new PoststackError(
    "PORT_TAKEN",
    {
      what: `another program listens on ${bind ?? "*"}:${port}, the port of ${id}`,
      where: place,
      next: "end that program, or give the environment another `port:`",
    },
    { cause: error },
  );
}
