import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** One program in the race, started anew in every round. */
export interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Before every run, outside of the time: an empty database, a clean folder. */
  readonly prepare?: () => Promise<void> | void;
  /** After every run, outside of the time. */
  readonly clean?: () => Promise<void> | void;
}

/** Milliseconds. */
export interface Sample {
  readonly wall: number;
  /** User and system time of the program and of all that it waited for; a server that it talks to is not in it. */
  readonly cpu: number;
}

export interface Rounds {
  /** Runs whose time is thrown away: caches fill. */
  readonly warmUp: number;
  readonly rounds: number;
}

/**
 * Runs both in turn, A B A B …: what disturbs the machine for a while disturbs both.
 *
 * @throws Error when one of them fails: the time of a failure is no result
 */
export async function race(
  a: Contender,
  b: Contender,
  { warmUp, rounds }: Rounds,
): Promise<{ readonly a: readonly Sample[]; readonly b: readonly Sample[] }> {
  const samples = { a: [] as Sample[], b: [] as Sample[] };
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const [side, contender] of [["a", a] as const, ["b", b] as const]) {
      const sample = await once(contender);
      if (round >= warmUp) samples[side].push(sample);
    }
  }
  return samples;
}

/** The shortest of some runs, in milliseconds of wall time. */
export async function fastest(contender: Contender, rounds: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) best = Math.min(best, (await once(contender)).wall);
  return Math.round(best);
}

async function once({ name, command, cwd, environment, prepare, clean }: Contender): Promise<Sample> {
  await prepare?.();
  const folder = mkdtempSync(join(tmpdir(), "poststack-bench-"));
  try {
    const output = join(folder, "output");
    // The shell's own `time` counts the children's processor time in milliseconds; Node can only count its own.
    const script = 'TIMEFORMAT="%3R %3U %3S"; time "$@" >"$0" 2>&1';
    const { status, stderr } = spawnSync("bash", ["-c", script, output, ...command], {
      encoding: "utf8",
      stdio: ["ignore", "inherit", "pipe"],
      env: { ...process.env, ...environment },
      ...(cwd === undefined ? {} : { cwd }),
    });
    if (status !== 0) throw new Error(`${name} ended with ${status}\n${readFileSync(output, "utf8").slice(-2000)}`);
    const [wall = NaN, user = NaN, system = NaN] = stderr.trim().split(" ").map(Number);
    return { wall: wall * 1000, cpu: (user + system) * 1000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await clean?.();
  }
}

export const min = (values: readonly number[]): number => Math.min(...values);

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The most memory that a Node process held at once, in MB of 10⁶ bytes: it tells so itself when it ends. */
export function peakMegabytes({ name, command: [program, ...args], cwd, environment }: Contender): number {
  const script = 'process.once("exit", () => require("node:fs").writeSync(3, String(process.resourceUsage().maxRSS)))';
  const preload = `data:text/javascript,import{createRequire}from"node:module";const require=createRequire("/");${script}`;
  const { status, output } = spawnSync(program, ["--import", preload, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    env: { ...process.env, ...environment },
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (status !== 0) throw new Error(`${name} ended with ${status}`);
  return Math.round((Number(output[3]) * 1024) / 1e6);
}

/**
 * The same of any program, on Linux: the system keeps the most that it held (proc(5), VmHWM), and is asked until the program
 * ends. What it takes in its last millisecond is missed.
 */
export async function peakMegabytesOf({
  name,
  command: [program, ...args],
  cwd,
  environment,
}: Contender): Promise<number> {
  const child = spawn(program, args, {
    stdio: "ignore",
    env: { ...process.env, ...environment },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  let peak = 0;
  while (child.exitCode === null && child.signalCode === null) {
    peak = Math.max(peak, heldBy(child.pid ?? 0));
    await pause(1);
  }
  if ((await ended) !== 0) throw new Error(`${name} ended with ${child.exitCode}`);
  return Math.round((peak * 1024) / 1e6);
}

/** In KiB; 0 once it has ended. */
function heldBy(pid: number): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
