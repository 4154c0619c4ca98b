import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { closeLeftNet } from "./net.ts";
import { openRoot } from "./root.ts";

/** A real engine of our own: its folder holds everything of it. */
export interface Daemon {
  readonly socket: string;
  /** Ends it as a service manager does, or as a crash; what it keeps stays. */
  halt(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Starts it again, at the same place. */
  resume(): Promise<void>;
  /** Ends it and takes everything of it away. */
  stop(): Promise<void>;
}

type Command = readonly [string, ...string[]];

const prefix = "poststack-engine-";

/** Milliseconds that an engine may take to answer for the first time, and to end. */
const startLimitMs = 60_000;
const endLimitMs = 30_000;

/** A folder for one engine; its name says who made it. */
export function engineFolder(): string {
  clean();
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  mkdirSync(join(folder, "data"));
  return folder;
}

/** What a run left behind that was killed: its engines, their mounts and folders. */
function clean(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(tmpdir(), name);
    if (isAlive(Number.parseInt(name.slice(prefix.length), 10))) continue;
    const pid = Number(textOf(join(folder, "pid")));
    // A number may belong to another by now: only one whose command names the folder is ours.
    if (pid > 0 && textOf(`/proc/${pid}/cmdline`).includes(folder)) {
      process.kill(pid, "SIGTERM");
      const until = Date.now() + endLimitMs;
      while (isAlive(pid) && Date.now() < until) spawnSync("sleep", ["0.2"]);
    }
    closeLeftNet(folder);
    removeFolder(folder);
  }
}

const textOf = (file: string): string => {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
};

/**
 * Starts a program that serves an engine's API, and waits until it answers.
 *
 * @param beforeEnd is given a way to run programs where the engine's are
 * @throws Error with the end of its log
 */
export async function serve(
  folder: string,
  command: Command,
  environment: Readonly<Record<string, string>>,
  beforeEnd: (run: (command: Command) => void) => void,
): Promise<Daemon> {
  const socket = join(folder, "engine.sock");
  const log = join(folder, "log");
  const output = openSync(log, "a");
  const root = await openRoot();
  const [program, ...args] = root.command(command);
  const env = { ...process.env, ...environment };
  let child = await begin().catch((error: unknown) => {
    root.close();
    removeFolder(folder);
    throw error;
  });
  async function begin(): Promise<ChildProcess> {
    const begun = spawn(program, args, {
      env,
      stdio: ["ignore", output, output],
      // Not ended by Ctrl-C: its containers would stay. It is stopped when the run ends.
      detached: true,
    });
    writeFileSync(join(folder, "pid"), String(begun.pid));
    const until = Date.now() + startLimitMs;
    while (!(await answers(socket))) {
      if (begun.exitCode !== null || Date.now() > until) {
        await end(begun);
        const last = textOf(log).split("\n").slice(-5).join("\n");
        throw new Error(`${command[0]} does not start:\n${last}`);
      }
      await pause(100);
    }
    return begun;
  }
  return {
    socket,
    halt: (signal = "SIGTERM") => end(child, signal),
    async resume() {
      // After a crash it may not find together with what it left; a service manager tries again, too.
      child = await begin().catch(begin);
    },
    async stop() {
      beforeEnd((rest) => {
        const [first, ...others] = root.command(rest);
        spawnSync(first, others, { env });
      });
      await end(child);
      root.close();
      removeFolder(folder);
    },
  };
}

const answers = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = request({ socketPath, path: "/_ping", timeout: 1_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked
      .once("timeout", () => asked.destroy())
      .once("error", () => resolve(false))
      .end();
  });

async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await Promise.race([ended, pause(endLimitMs, undefined, { ref: false }).then(() => child.kill("SIGKILL"))]);
}

/** What an engine started to watch over containers outlives it for a while; its command names the folder. */
function endRest(folder: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid || !textOf(`/proc/${pid}/cmdline`).includes(`${folder}/`)) continue;
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // Gone meanwhile.
    }
  }
}

/**
 * Storage drivers leave mounts behind, which would keep the folder. What was killed a moment ago may still make one more, or
 * hold one for as long as it ends.
 */
function removeFolder(folder: string): void {
  for (let left = 20; ; left -= 1) {
    endRest(folder);
    unmountBelow(folder);
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (left === 0) throw error;
      spawnSync("sleep", ["0.5"]);
    }
  }
}

function unmountBelow(folder: string): void {
  const mounted = textOf("/proc/self/mounts")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${folder}/`))
    .sort()
    .toReversed();
  for (const path of mounted) spawnSync("umount", ["--lazy", path]);
}
