import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** Running processes that carry an environment's mark, found in /proc; none where there is no /proc. */
export function markedProcesses(stateDirectory: string): readonly number[] {
  const owner = createHash("sha256").update(stateDirectory).digest("hex").slice(0, 32);
  return allPids().filter((pid) => {
    const environment = readOrNothing(`/proc/${pid}/environ`);
    return pid !== process.pid && environment?.split("\0").includes(`POSTSTACK_OWNER=${owner}`) === true;
  });
}

/** Postgres and what makes it, of this environment: every process whose command line names the data or a sibling of it. */
export function serversOf(stateDirectory: string): readonly number[] {
  const data = dataDirectory(stateDirectory);
  return commandLines().flatMap(([pid, line]) =>
    /^(?:-D|--pgdata)$/m.test(line.replaceAll(" ", "\n")) && line.includes(data) ? [pid] : [],
  );
}

/** Every process whose command line names the path. */
export const programsNaming = (path: string): readonly number[] =>
  commandLines().flatMap(([pid, line]) => (line.includes(path) ? [pid] : []));

/** The servers' main processes only: `postgres -D <data>`. */
export function postmastersOf(stateDirectory: string): readonly number[] {
  const data = dataDirectory(stateDirectory);
  return commandLines().flatMap(([pid, line]) => (line.endsWith(`/postgres -D ${data}`) ? [pid] : []));
}

export function dataDirectory(stateDirectory: string): string {
  const link = join(stateDirectory, "postgres");
  try {
    return realpathSync(link);
  } catch {
    return link;
  }
}

function commandLines(): readonly (readonly [number, string])[] {
  return execFileSync("ps", ["-A", "-ww", "-o", "pid=,stat=,args="], { encoding: "utf8", maxBuffer: 1 << 26 })
    .split("\n")
    .flatMap((text) => {
      const [, pid, stat = "", line = ""] = /^\s*(\d+)\s+(\S+)\s+(.*?)\s*$/.exec(text) ?? [];
      return pid === undefined || stat.startsWith("Z") ? [] : [[Number(pid), line] as const];
    });
}

const allPids = (): readonly number[] =>
  (readFolder("/proc") ?? []).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));

function readFolder(path: string): readonly string[] | undefined {
  try {
    return readdirSync(path);
  } catch {
    return undefined;
  }
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
