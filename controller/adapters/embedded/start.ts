import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, statSync } from "node:fs";
import { join } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { EmbeddedSpec } from "../../core/ports/embedded.ts";
import type { Endpoint, Login, Postgres } from "../../core/ports/postgres.ts";
import { unlessFull } from "../atomic-file.ts";
import { openLog, rotate, tail } from "../host/log-file.ts";
import { portHolder } from "../port-holder.ts";
import { invalidParameter, type Programs } from "./cluster.ts";
import { systemIdentifier } from "./control-file.ts";
import { prepareSocketDirectory, type Layout } from "./layout.ts";
import { disarmStalePidFile, postmasterOf, removeStaleSocketLocks } from "./postmaster.ts";

/** Milliseconds until a server must answer: after a crash it replays its log first, at most some gigabytes. */
const readyTimeoutMs = 300_000;
/** Milliseconds for the backends of a killed server to notice that it is dead. */
const orphansTimeoutMs = 15_000;
const pollMs = 20;

interface Port {
  readonly postgres: Postgres;
  readonly clock: Clock;
}

/**
 * Starts the server in a session of its own, so that it outlives this process and its terminal, and returns when a login
 * over TCP answers and it is this data that answers.
 *
 * @throws PoststackError `PORT_TAKEN`, `POSTGRES_START`, `PARAMETER_INVALID`, `DISK_FULL`, `POSTGRES_LOGIN`, `DATABASE_REPLACED`
 */
export async function startServer(
  layout: Layout,
  programs: Programs | undefined,
  spec: EmbeddedSpec,
  admin: Login,
  ports: Port,
  signal: AbortSignal,
): Promise<void> {
  const giveUpOnOrphansMs = ports.clock.nowMs() + orphansTimeoutMs;
  for (;;) {
    if (postmasterOf(layout.data) !== undefined || programs === undefined) {
      return await waitReady(layout, undefined, spec, admin, ports, signal);
    }
    await refuseTakenPort(spec, signal);
    const attempt = launch(layout, programs);
    try {
      return await waitReady(layout, attempt, spec, admin, ports, signal);
    } catch (error) {
      if (!(error instanceof Exited)) throw error;
      // Somebody else started it in the same moment: theirs is the one.
      if (postmasterOf(layout.data) !== undefined) continue;
      const isOrphaned = error.lines.some((line) => line.includes("shared memory block"));
      if (!isOrphaned || ports.clock.nowMs() > giveUpOnOrphansMs)
        throw await explain(error.lines, layout, spec, signal);
      await ports.clock.sleep(200, signal);
    }
  }
}

/** The started program ended before it was ready. */
class Exited extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super("the server ended");
    this.lines = lines;
  }
}

interface Launched {
  readonly child: ChildProcess;
  /** Bytes of the log that are older than this start. */
  readonly logStart: number;
}

function launch(layout: Layout, { bin, environment }: Programs): Launched {
  const { data, logFile, user } = layout;
  prepareSocketDirectory(layout);
  disarmStalePidFile(data, user);
  removeStaleSocketLocks(layout.socketDirectory, data);
  rotate(logFile);
  const log = openLog(logFile);
  try {
    const logStart = statSync(logFile).size;
    const child = spawn(join(bin, "postgres"), ["-D", data], {
      cwd: "/",
      env: environment,
      detached: true,
      stdio: ["ignore", log, log],
      ...user,
    });
    child.on("error", () => undefined); // It shows as an exit without a pid.
    child.unref();
    return { child, logStart };
  } finally {
    closeSync(log);
  }
}

async function waitReady(
  layout: Layout,
  launched: Launched | undefined,
  spec: EmbeddedSpec,
  admin: Login,
  { postgres, clock }: Port,
  signal: AbortSignal,
): Promise<void> {
  const endpoint = endpointOf(spec, admin);
  const deadlineMs = clock.nowMs() + readyTimeoutMs;
  for (;;) {
    if (launched !== undefined && hasEnded(launched.child))
      throw new Exited(newLines(layout.logFile, launched.logStart));
    const found = postmasterOf(layout.data);
    if (launched === undefined && found === undefined) throw new Exited(tail(layout.logFile, 20));
    if (found?.ready === true) {
      if (found.port !== spec.port) throw otherPort(found.port, spec);
      if (await answers(layout, endpoint, admin, postgres, signal)) return;
    }
    if (clock.nowMs() >= deadlineMs) {
      throw new PoststackError("POSTGRES_START", {
        what: `the server runs, but does not answer on ${endpoint.host}:${endpoint.port}`,
        next: "see the end of its log above",
        details: tail(layout.logFile, 10),
      });
    }
    await clock.sleep(pollMs, signal);
  }
}

const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;

async function answers(
  { data }: Layout,
  endpoint: Endpoint,
  admin: Login,
  postgres: Postgres,
  signal: AbortSignal,
): Promise<boolean> {
  const session = await postgres.connect(endpoint, admin, "postgres", signal).catch((error: unknown) => {
    if (error instanceof PoststackError && ["POSTGRES_UNREACHABLE", "POSTGRES_BUSY"].includes(error.code))
      return undefined;
    throw error;
  });
  if (session === undefined) return false;
  try {
    const [row] = await session.query("select system_identifier::text as id from pg_control_system()", [], signal);
    if (row?.["id"] === systemIdentifier(data)) return true;
    throw new PoststackError("DATABASE_REPLACED", {
      what: `another cluster answers on ${endpoint.host}:${endpoint.port} than the one in ${data}`,
      next: "stop the other server, or choose another port",
    });
  } finally {
    await session.close();
  }
}

function endpointOf({ bind, port }: EmbeddedSpec, admin: Login): Endpoint {
  const everywhere = new Map([
    ["0.0.0.0", "127.0.0.1"],
    ["*", "127.0.0.1"],
    ["::", "::1"],
  ]);
  const host = everywhere.get(bind) ?? bind;
  return { host, port, sslmode: "disable", database: "postgres", maintenanceDatabase: "postgres", admin, owner: admin };
}

async function refuseTakenPort(spec: EmbeddedSpec, signal: AbortSignal): Promise<void> {
  const holder = await holderOf(spec, signal);
  if (holder !== undefined) throw portTaken(spec, holder);
}

export const holderOf = async ({ bind, port }: EmbeddedSpec, signal: AbortSignal): Promise<string | undefined> =>
  (await portHolder(bind === "*" ? "0.0.0.0" : bind, port, signal))?.text;

const portTaken = ({ bind, port }: EmbeddedSpec, holder: string): PoststackError =>
  new PoststackError("PORT_TAKEN", {
    what: `${holder} listens on ${bind}:${port}, the port of the environment's Postgres`,
    next: "end that program, or give the environment another `port:`",
  });

const otherPort = (port: number, spec: EmbeddedSpec): PoststackError =>
  new PoststackError("POSTGRES_START", {
    what: `the server runs on port ${port}, not on ${spec.port}`,
    next: "apply again: the next plan restarts it on its port",
  });

/** What the server wrote since it was started, as far as it fits. */
function newLines(logFile: string, logStart: number): readonly string[] {
  const all = tail(logFile, 200);
  const written = (statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) - logStart;
  let bytes = 0;
  const fresh: string[] = [];
  for (const line of all.toReversed()) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > written) break;
    fresh.unshift(line);
  }
  return fresh.slice(-20);
}

async function explain(
  lines: readonly string[],
  layout: Layout,
  spec: EmbeddedSpec,
  signal: AbortSignal,
): Promise<unknown> {
  const text = lines.join("\n");
  if (/could not bind .*: Permission denied/.test(text)) {
    return new PoststackError("POSTGRES_START", {
      what: `the server may not listen on ${spec.bind}:${spec.port}`,
      next: "give the environment a `port:` from 1024 up: lower ones are the system's",
    });
  }
  if (/could not bind|could not create any TCP\/IP sockets/.test(text)) {
    return portTaken(spec, (await holderOf(spec, signal)) ?? "another program");
  }
  if (/No space left on device/.test(text)) {
    return unlessFull(Object.assign(new Error("ENOSPC"), { code: "ENOSPC" }), layout.data);
  }
  if (
    /invalid value for parameter|unrecognized configuration parameter|configuration file .* contains errors/.test(text)
  ) {
    return invalidParameter(lines);
  }
  return new PoststackError("POSTGRES_START", {
    what: "the server ended before it was ready",
    next: `the end of its log says why; all of it is in ${layout.logFile}`,
    details: lines.length > 0 ? lines : ["its log is empty: the program itself could not be run"],
  });
}
