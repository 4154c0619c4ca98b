import { readdirSync, readFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { host as makeHost } from "../../../controller/adapters/host.ts";
import { ownerOf } from "../../../controller/adapters/host/environment.ts";
import type { Log } from "../../../controller/core/ports.ts";
import type { Host, SpawnSpec } from "../../../controller/core/ports/host.ts";

/** One environment's state directory with a host over it. Whatever still runs for it at the end is killed. */
export interface Stage {
  readonly directory: string;
  readonly host: Host;
  readonly log: Log;
  readonly warnings: readonly string[];
  readonly signal: AbortSignal;
  /** A shell script as a process of this environment. */
  readonly script: (text: string, more?: Partial<SpawnSpec>) => SpawnSpec;
  /** What a script has written so far. */
  readonly output: (spec: SpawnSpec) => string;
  /** Pids of living processes that carry the marks, found without the code under test. */
  readonly alive: (resource?: string) => readonly number[];
}

export function stage(): Stage {
  const directory = mkdtempSync(join(tmpdir(), "poststack-test-host-"));
  const warnings: string[] = [];
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_fields, text) => void warnings.push(text),
  };
  const alive = (resource?: string): readonly number[] => livingPids(ownerOf(directory), resource);
  onTestFinished(async () => {
    await vi.waitFor(
      () => {
        const left = alive();
        for (const pid of left) kill(pid);
        if (left.length > 0) throw new Error(`still alive: ${left.join(", ")}`);
      },
      { timeout: 10_000 },
    );
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    directory,
    host: makeHost({ directory, clock, log }),
    log,
    warnings,
    signal: new AbortController().signal,
    alive,
    script: (text, more = {}) => ({
      resource: "process:web",
      command: ["sh", "-c", text],
      cwd: directory,
      environment: new Map([["PATH", process.env["PATH"] ?? ""]]),
      logFile: join(directory, "logs", `${(more.resource ?? "process:web").replace(":", "-")}.log`),
      configHash: "hash",
      fields: new Map(),
      stopSignal: "SIGTERM",
      stopGraceMs: 2_000,
      ...more,
    }),
    output: (spec) => {
      try {
        return readFileSync(spec.logFile, "utf8");
      } catch {
        return "";
      }
    },
  };
}

/** Waits until the script has written the text: that is when it is where the test wants it. */
export const untilWritten = async ({ output }: Stage, spec: SpawnSpec, text: string): Promise<void> => {
  await vi.waitFor(
    () => {
      if (!output(spec).includes(text)) throw new Error(`not written: ${text}`);
    },
    { timeout: 20_000, interval: 10 },
  );
};

export const isAlive = (pid: number): boolean => {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== "" && !/\) [ZX] /.test(stat);
};

function livingPids(owner: string, resource: string | undefined): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const variables = environmentOf(pid).split("\0");
      const isOfResource = resource === undefined || variables.includes(`POSTSTACK_RESOURCE=${resource}`);
      return variables.includes(`POSTSTACK_OWNER=${owner}`) && isOfResource && isAlive(pid);
    });
}

/** A process on its way from one program to the next shows nothing for a moment; so does a kernel thread, always. */
function environmentOf(pid: number): string {
  for (let look = 1; look < 100; look++) {
    const text = read(`/proc/${pid}/environ`);
    const flags = Number(read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ")[6]);
    if (text !== "" || !isAlive(pid) || (flags & 0x200000) !== 0) return text;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
  return "";
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone in the meantime.
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
