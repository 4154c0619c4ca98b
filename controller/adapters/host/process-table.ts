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
    const text = readOrNothing(`/proc/${pid}/environ`);
    if (text === undefined) return undefined;
    return new Map(
      text.split("\0").flatMap((pair) => {
        const equals = pair.indexOf("=");
        return equals > 0 ? [[pair.slice(0, equals), pair.slice(equals + 1)] as const] : [];
      }),
    );
  },
};

/** proc_pid_stat(5): pid, (name), state, parent, group, …; the 22nd field is the start time. */
function parseStat(text: string | undefined): Entry | undefined {
  if (text === undefined) return undefined;
  // The name may hold spaces and brackets; the last bracket is its end.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, , group, ...rest] = fields;
  const ticks = rest[16];
  if (state === undefined || group === undefined || ticks === undefined) return undefined;
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
