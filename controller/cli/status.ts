import type { ErrorFacts } from "../core/errors.ts";
import { nameOf } from "../core/id.ts";
import { isSettled, publicAction, type Deferred, type Held, type PublicAction } from "../core/plan.ts";
import type { ProcessRecord } from "../core/ports/host.ts";
import type { DesiredProcess } from "../resources/process/model.ts";
import { compareOrders } from "../resources/migration/version.ts";
import { processAddresses } from "./addresses.ts";
import { heldIn } from "./held.ts";
import { containersOf, type ContainerStatus } from "./containers/status.ts";
import type { Look } from "./look.ts";

/** How it stands with one environment: what `schema/status.schema.json` says. */
export interface EnvironmentStatus {
  readonly environment: string;
  readonly project: string;
  readonly server?: ServerStatus;
  readonly migrations?: MigrationStatus;
  readonly processes: readonly ProcessStatus[];
  readonly containers: readonly ContainerStatus[];
  readonly jobs: readonly JobStatus[];
  readonly drift: {
    readonly settled: boolean;
    readonly actions: readonly PublicAction[];
    readonly deferred: readonly Deferred[];
  };
}

export interface ServerStatus {
  readonly provider: "embedded" | "external" | "container";
  readonly state: "absent" | "down" | "up";
  readonly address: string;
  readonly database: string;
  readonly version?: string;
  readonly startedAt?: Date;
  readonly error?: ErrorFacts;
}

interface MigrationStatus {
  /** False: the server cannot be asked, and the rest is not known. */
  readonly known: boolean;
  /** The newest version that is applied. */
  readonly head?: string;
  readonly applied?: number;
  readonly pending?: number;
  /** Contracts that wait for what is deployed, and for whom. */
  readonly held?: readonly Held[];
}

export interface ProcessStatus {
  readonly name: string;
  /** leftover: it has a record, and the files no longer name it. */
  readonly state: "running" | "exited" | "absent" | "leftover";
  readonly pid?: number;
  readonly startedAt?: Date;
  /** Its probe passes now; without a probe: it was found ready when it started. */
  readonly ready?: boolean;
  readonly logFile?: string;
  /** Where its probe asks it. */
  readonly addresses?: readonly string[];
}

export interface JobStatus {
  readonly name: string;
  /** running: now, or its command was killed. */
  readonly state: "succeeded" | "failed" | "running" | "never" | "unknown";
  readonly startedAt?: Date;
  readonly durationMs?: number;
  readonly exitCode?: number;
  readonly logFile?: string;
}

export async function statusOf(seen: Look, signal: AbortSignal): Promise<EnvironmentStatus> {
  const { desired, plan } = seen;
  const [processes, jobs] = await Promise.all([processesOf(seen, signal), jobsOf(seen)]);
  const server = serverOf(seen);
  return {
    environment: desired.environment,
    project: desired.project,
    ...(server === undefined ? {} : { server, migrations: migrationsOf(seen) }),
    processes,
    containers: containersOf(seen),
    jobs,
    drift: { settled: isSettled(plan), actions: plan.actions.map(publicAction), deferred: plan.deferred },
  };
}

function serverOf({ desired, observation }: Look): ServerStatus | undefined {
  const { endpoint } = desired;
  const seen = observation.observed.instance?.[0];
  if (endpoint === undefined || seen === undefined) return undefined;
  const { provider, server, version, startedAt, runningPort, error } = seen;
  return {
    provider,
    state: server,
    address: `${endpoint.host}:${runningPort ?? endpoint.port}`,
    database: endpoint.database,
    ...(version === undefined ? {} : { version: versionText(version) }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(error === undefined ? {} : { error }),
  };
}

/** 150018 → `15.18` (manual: server_version_num). */
const versionText = (version: number): string => `${Math.floor(version / 10_000)}.${version % 10_000}`;

function migrationsOf({ observation, plan }: Look): MigrationStatus {
  const { migration } = observation.observed;
  if (migration === undefined) return { known: false };
  const rows = migration[0]?.rows ?? [];
  const head = [...rows].sort((a, b) => compareOrders(a.order, b.order)).at(-1)?.version;
  const pending = plan.actions.filter(({ kind, verb }) => kind === "migration" && verb === "apply").length;
  const held = heldIn(plan);
  return { known: true, ...(head === undefined ? {} : { head }), applied: rows.length, pending, held };
}

async function processesOf(
  { desired, observation, ports }: Look,
  signal: AbortSignal,
): Promise<readonly ProcessStatus[]> {
  const records = new Map((observation.observed.process ?? []).map(({ id, record }) => [id, record]));
  const wanted = desired.resources.process;
  const named = new Set(wanted.map(({ id }) => id));
  const isReady = async (process: DesiredProcess, record: ProcessRecord): Promise<boolean> =>
    process.ready === undefined
      ? record.accepted
      : ports.host.probe(process.ready, process.environment, process.cwd, signal);
  const found = wanted.map(async (process): Promise<ProcessStatus> => {
    const record = records.get(process.id);
    if (record === undefined) return { name: process.name, state: "absent" };
    const facts = { name: process.name, startedAt: record.startedAt, logFile: record.logFile };
    if (!record.running) return { ...facts, state: "exited" };
    const addresses = processAddresses(process.ready);
    return { ...facts, state: "running", pid: record.pid, ready: await isReady(process, record), addresses };
  });
  const leftovers = [...records].flatMap(([id, record]): readonly ProcessStatus[] =>
    named.has(id) || record === undefined
      ? []
      : [{ name: nameOf(id), state: "leftover", ...(record.running ? { pid: record.pid } : {}) }],
  );
  return [...(await Promise.all(found)), ...leftovers];
}

const lastRuns = `
  select distinct on (name) name, state, exit_code, duration_ms, started_at, log_file
  from poststack.job_runs where name = any($1::text[]) order by name, id desc`;

async function jobsOf({ desired, observation, ask }: Look): Promise<readonly JobStatus[]> {
  const names = desired.resources.job.map(({ name }) => name);
  if (names.length === 0) return [];
  if (observation.observed.job === undefined) return names.map((name) => ({ name, state: "unknown" }));
  const rows = new Map((await ask(lastRuns, [names])).map((row) => [row["name"], row]));
  return names.map((name): JobStatus => {
    const { state, exit_code, duration_ms, started_at, log_file } = rows.get(name) ?? {};
    if (state === undefined) return { name, state: "never" };
    return {
      name,
      state: state === "succeeded" || state === "running" ? state : "failed",
      ...(started_at instanceof Date ? { startedAt: started_at } : {}),
      ...(typeof duration_ms === "number" ? { durationMs: duration_ms } : {}),
      ...(typeof exit_code === "number" ? { exitCode: exit_code } : {}),
      ...(typeof log_file === "string" ? { logFile: log_file } : {}),
    };
  });
}
