import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** One process as the system shows it. */
export interface Entry {
  readonly pid: number;
  /** Process group: the pid of the process that leads it. */
  readonly group: number;
  /** Tells a pid from its later reuse. Linux: clock ticks since boot, and which boot; elsewhere: a date. */
  readonly startTime: string;
  /** Ended, and only waiting to be noticed by its parent: it runs no more. */
  readonly zombie: boolean;
}

/** What the system knows of its processes. Synchronous: between looking at a pid and signalling it nothing may happen. */
export interface ProcessTable {
  entry(pid: number): Entry | undefined;
  all(): readonly Entry[];
  /** What the process was started with; undefined where the system does not show it, or not to this user. */
  environment(pid: number): ReadonlyMap<string, string> | undefined;
}

export const processTable = (): ProcessTable => (process.platform === "linux" ? linux : posix);

const linux: ProcessTable = {
  entry: (pid) => parseStat(readOrNothing(`/proc/${pid}/stat`)),
  all: () =>
    readdirSync("/proc").flatMap((name) =>
      /^\d+$/.test(name) ? (parseStat(readOrNothing(`/proc/${name}/stat`)) ?? []) : [],
    ),
  environment(pid) {
    const text = environmentText(pid);
    if (text === undefined) return undefined;
    return new Map(
      text.split("\0").flatMap((pair) => {
        const equals = pair.indexOf("=");
        return equals > 0 ? [[pair.slice(0, equals), pair.slice(equals + 1)] as const] : [];
      }),
    );
  },
};

/**
 * A process that is just executing another program shows neither the old environment nor the new one. It is looked at
 * again a moment later, or it would be overlooked.
 */
function environmentText(pid: number): string | undefined {
  for (let look = 1; ; look++) {
    const text = readOrNothing(`/proc/${pid}/environ`);
    if (text !== "" || look === mostLooks || isWithoutEnvironment(pid)) return text;
    Atomics.wait(pause, 0, 0, 1);
  }
}

const mostLooks = 100;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** It has ended, or it was started with no variable: the 50th and the 51st field say where in memory they are. */
function isWithoutEnvironment(pid: number): boolean {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  const entry = parseStat(stat);
  if (stat === undefined || entry === undefined || entry.zombie) return true;
  const [start, end] = fieldsAfterName(stat).slice(47, 49);
  return start === end && end !== "0";
}

/** PF_KTHREAD of the kernel's sched.h: a thread of the kernel itself, which never is anybody's process. */
const kernelThread = 0x00200000;

/** The fields of proc_pid_stat(5) from the third on. The name before them may hold spaces and brackets. */
const fieldsAfterName = (stat: string): readonly string[] => stat.slice(stat.lastIndexOf(")") + 2).split(" ");

/** State, parent, group, …; the 9th field is the flags, the 22nd the start time. */
function parseStat(text: string | undefined): Entry | undefined {
  if (text === undefined) return undefined;
  const [state, , group, , , , flags, ...rest] = fieldsAfterName(text);
  const ticks = rest[12];
  if (state === undefined || group === undefined || ticks === undefined) return undefined;
  if ((Number(flags) & kernelThread) !== 0) return undefined;
  return {
    pid: Number.parseInt(text, 10),
    group: Number(group),
    startTime: `${ticks}@${bootId()}`,
    zombie: state === "Z" || state === "X",
  };
}

// Two boots of one machine start the same programs with the same pids after the same number of ticks.
let boot: string | undefined;
const bootId = (): string => (boot ??= (readOrNothing("/proc/sys/kernel/random/boot_id") ?? "").trim().slice(0, 8));

const columns = "pid=,pgid=,stat=,lstart=";

/** macOS and the BSDs: no /proc, and `ps` shows nobody's environment without asking for it in a form made for people. */
const posix: ProcessTable = {
  entry: (pid) => ps("-p", String(pid))[0],
  all: () => ps("-A"),
  environment: () => undefined,
};

function ps(...selection: readonly string[]): readonly Entry[] {
  let text: string;
  try {
    text = execFileSync("ps", [...selection, "-o", columns], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      // Dates in one zone and one language, so that two looks at one process agree.
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
    });
  } catch {
    return []; // `ps -p` exits with 1 when there is no such process.
  }
  return text.split("\n").flatMap((line) => {
    const [, pid, group, state = "", startTime = ""] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*\S)/.exec(line) ?? [];
    return pid === undefined
      ? []
      : [{ pid: Number(pid), group: Number(group), startTime, zombie: state.startsWith("Z") }];
  });
}

// A process may end between being listed and being read, and another user's environment is not ours to read.
function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
