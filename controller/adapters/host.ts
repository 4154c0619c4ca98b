import type { ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Clock, Log } from "../core/ports.ts";
import type { Host, ProcessRecord, ProcessState, SpawnSpec } from "../core/ports/host.ts";
import { Secret } from "../core/secret.ts";
import { endAll, groupOf, livingEntry, type Identity } from "./host/ending.ts";
import { marksOf, ownerOf } from "./host/environment.ts";
import { endOf, spawnGroup } from "./host/group.ts";
import { oneAtATime } from "./host/one-at-a-time.ts";
import { openLog, rotate, sizeOf, tail, writeLog } from "./host/log-file.ts";
import { runProbe } from "./host/probe.ts";
import { processTable, type Entry } from "./host/process-table.ts";
import { locate } from "./host/program.ts";
import { Records, type StoredRecord } from "./host/records.ts";
import { processSelf } from "./host/self.ts";
import { portHolder } from "./port-holder.ts";

/** How long a job that is to end may take over it. */
const jobGraceMs = 5_000;

export interface HostOptions {
  /** The environment's state directory, absolute. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The processes of this host that belong to one environment.
 *
 * A process is known by its record: pid and start time. What no record tells of is found by the marks in its
 * environment, where the system shows them (Linux); a program that overwrites its own environment block cannot be found
 * that way, and the records still know it.
 */
export function host({ directory, clock, log }: HostOptions): Host {
  const table = processTable();
  const records = new Records(join(resolve(directory), "processes"), log);
  const owner = ownerOf(resolve(directory));
  const children = new Map<string, ChildProcess>();
  const inTurn = oneAtATime();

  const isMarked = (pid: number, resource: string): boolean => {
    if (pid === process.pid) return false; // Started from inside one of ours, we carry its marks too.
    const environment = table.environment(pid);
    return (
      environment !== undefined && [...marksOf(resource, owner)].every(([name, at]) => environment.get(name) === at)
    );
  };
  const marked = (resource: string): readonly Entry[] =>
    table.all().filter((entry) => !entry.zombie && isMarked(entry.pid, resource));

  const groupLeftBy = (leader: Identity): readonly Entry[] =>
    groupOf(table, leader, (pid) => isMarked(pid, leader.resource));

  /** All that lives of a resource: the recorded group, and whatever carries the marks. */
  const remains = (resource: string, leader?: Identity): readonly Entry[] => {
    const group = leader === undefined ? [] : groupLeftBy(leader);
    const known = new Set(group.map(({ pid }) => pid));
    return [...group, ...marked(resource).filter(({ pid }) => !known.has(pid))];
  };

  /** Whose process it is: by the group that it runs in, else by its marks. */
  const resourceOf = (pid: number): string | undefined => {
    const group = table.entry(pid)?.group;
    const leads = (record: StoredRecord): boolean => table.entry(record.pid)?.startTime === record.startTime;
    const recorded = records.all().find((record) => record.pid === group && leads(record));
    const environment = table.environment(pid);
    const isOurs = environment?.get("POSTSTACK_OWNER") === owner;
    return recorded?.resource ?? (isOurs ? environment.get("POSTSTACK_RESOURCE") : undefined);
  };

  const observed = (record: StoredRecord): ProcessRecord => {
    const { command: _command, cwd: _cwd, ...rest } = record;
    return { ...rest, running: livingEntry(table, record) !== undefined };
  };

  /** Record and log: what a start needs of the disk. */
  const proveWritable = (spec: SpawnSpec): void => {
    const record = announcement(spec, sizeOf(spec.logFile), clock.date());
    // As long as it is going to be.
    records.proveWritable({ ...record, pid: Number.MAX_SAFE_INTEGER, startTime: "-".repeat(64) });
    closeSync(openLog(spec.logFile));
  };

  async function start(spec: SpawnSpec, signal: AbortSignal): Promise<ProcessRecord> {
    const program = locate(spec.command[0], spec.environment, spec.cwd, spec.place);
    const before = records.read(spec.resource);
    if (before !== undefined && isAlreadySo(before, spec)) return observed(before);
    proveWritable(spec);
    await endAll(
      () => remains(spec.resource, before),
      before?.stopSignal ?? spec.stopSignal,
      before?.stopGraceMs ?? spec.stopGraceMs,
      clock,
      signal,
    );
    signal.throwIfAborted();

    // Announced before it is started: after a kill in between, the record says that there may be something to look for.
    rotateIfPossible(spec.logFile, log);
    let record = announcement(spec, sizeOf(spec.logFile), clock.date());
    records.write(record);
    try {
      const child = await spawnGroup(spec, program, owner, (pid) => {
        record = { ...record, ...identityOf(spec.resource, pid) };
        records.write(record);
      });
      children.set(nameOfStart(record), child);
      child.unref();
    } catch (error) {
      // A full disk may have kept the record from being written: then nothing may run that it does not tell of.
      await endAll(() => marked(spec.resource), "SIGKILL", 0, clock, new AbortController().signal);
      records.remove(record);
      throw error;
    }
    return observed(record);
  }

  const identityOf = (resource: string, pid: number): Identity => ({
    resource,
    pid,
    // It is our child and not yet waited for: even if it has ended, its entry is still there.
    startTime: table.entry(pid)?.startTime ?? "unknown",
  });

  const isAlreadySo = (record: StoredRecord, spec: SpawnSpec): boolean =>
    record.configHash === spec.configHash &&
    livingEntry(table, record) !== undefined &&
    (record.accepted || children.has(nameOfStart(record)));

  async function stop(record: ProcessRecord, signal: AbortSignal): Promise<void> {
    const { resource, stopSignal, stopGraceMs } = record;
    records.proveRemovable();
    const present = records.read(resource);
    // Where another start has taken the record's place, the marks are that one's too, and only the old group is meant.
    const isReplaced = present !== undefined && nameOfStart(present) !== nameOfStart(record);
    const left = (): readonly Entry[] => (isReplaced ? groupLeftBy(record) : remains(resource, record));
    await endAll(left, stopSignal, stopGraceMs, clock, signal);
    records.remove(record);
    children.delete(nameOfStart(record));
  }

  return {
    processes: async (signal) => {
      signal.throwIfAborted();
      return records.all().map((record) => {
        rotateIfPossible(record.logFile, log);
        return observed(record);
      });
    },
    check: (spec) => {
      locate(spec.command[0], spec.environment, spec.cwd, spec.place);
      proveWritable(spec);
    },
    start: (spec, signal) => inTurn(spec.resource, () => start(spec, signal)),
    stop: (record, signal) => inTurn(record.resource, () => stop(record, signal)),
    accept: (record) => {
      const stored = records.read(record.resource);
      if (stored === undefined || nameOfStart(stored) !== nameOfStart(record)) return;
      records.write({ ...stored, accepted: true });
    },
    inspect: (record) => stateOf(livingEntry(table, record) !== undefined, children.get(nameOfStart(record))),
    specOf: (record) => {
      const stored = records.read(record.resource);
      if (stored === undefined || !isMarked(record.pid, record.resource)) return undefined;
      if (livingEntry(table, stored) === undefined || nameOfStart(stored) !== nameOfStart(record)) return undefined;
      return specFrom(stored, table.environment(record.pid) ?? new Map());
    },
    run: (spec, timeoutMs, signal) =>
      inTurn(spec.resource, async () => {
        const program = locate(spec.command[0], spec.environment, spec.cwd, spec.place);
        await endAll(() => marked(spec.resource), "SIGTERM", jobGraceMs, clock, signal);
        signal.throwIfAborted();
        const startedMs = clock.nowMs();
        rotateIfPossible(spec.logFile, log);
        let leader: Identity | undefined;
        const child = await spawnGroup(spec, program, owner, (pid) => {
          leader = identityOf(spec.resource, pid);
        });
        const ended = await endOf(child, timeoutMs, clock, signal);
        // Also after a good end: what a job leaves behind in the background would belong to nobody. The signal that
        // aborted must not cut this short.
        const never = new AbortController().signal;
        await endAll(() => remains(spec.resource, leader), "SIGTERM", jobGraceMs, clock, never);
        signal.throwIfAborted();
        return {
          exitCode: child.exitCode ?? undefined,
          signal: child.signalCode ?? undefined,
          timedOut: ended === "timeout",
          durationMs: Math.round(clock.nowMs() - startedMs),
        };
      }),
    portHolder: async (address, port, signal) => {
      const holder = await portHolder(address, port, signal);
      const resource = holder?.pid === undefined ? undefined : resourceOf(holder.pid);
      return holder === undefined || resource === undefined ? holder : { ...holder, resource };
    },
    probe: runProbe,
    writeLog,
    tail,
    ...processSelf(table),
  };
}

const nameOfStart = ({ resource, pid, startTime }: Pick<ProcessRecord, "resource" | "pid" | "startTime">): string =>
  `${resource} ${pid} ${startTime}`;

const announcement = (spec: SpawnSpec, logStart: number, startedAt: Date): StoredRecord => ({
  resource: spec.resource,
  pid: 0,
  startTime: "",
  configHash: spec.configHash,
  fields: spec.fields,
  command: spec.command,
  cwd: spec.cwd,
  logFile: spec.logFile,
  logStart,
  stopSignal: spec.stopSignal,
  stopGraceMs: spec.stopGraceMs,
  startedAt,
  accepted: false,
});

/** Every value counts as a secret: what the system shows no longer tells which ones are. */
function specFrom(record: StoredRecord, environment: ReadonlyMap<string, string>): SpawnSpec {
  const { resource, command, cwd, logFile, configHash, fields, stopSignal, stopGraceMs } = record;
  const marks = marksOf(resource, "");
  const own = [...environment].filter(([name]) => !marks.has(name));
  const secrets = new Map(own.map(([name, value]) => [name, new Secret(value)]));
  return { resource, command, cwd, environment: secrets, logFile, configHash, fields, stopSignal, stopGraceMs };
}

function stateOf(running: boolean, child: ChildProcess | undefined): ProcessState {
  return {
    running,
    ...(typeof child?.exitCode === "number" ? { exitCode: child.exitCode } : {}),
    ...(typeof child?.signalCode === "string" ? { signal: child.signalCode } : {}),
  };
}

/** A log that cannot be rotated (a full disk, a plan made by another user) is no reason to stop a pass. */
function rotateIfPossible(path: string, log: Log): void {
  try {
    rotate(path);
  } catch (error) {
    log.warn({ path, error: String(error) }, "log cannot be rotated");
  }
}
