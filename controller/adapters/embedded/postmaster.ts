import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Owner } from "../atomic-file.ts";
import { writeAtomically } from "../atomic-file.ts";
import { processTable } from "../host/process-table.ts";
import { readOrNothing } from "./control-file.ts";

/** The server that runs on a data directory. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** It accepts connections, as far as it has told. */
  readonly ready: boolean;
  readonly startedAt: Date | undefined;
}

/**
 * The server of this data directory, if it runs. The pid in postmaster.pid proves nothing: after a crash it may by now be
 * another program's. A server works inside its data directory, and no other program does.
 */
export function postmasterOf(data: string): Postmaster | undefined {
  const lines = pidFile(data);
  const pid = Number(lines?.[0]);
  if (lines === undefined || !Number.isInteger(pid) || pid <= 0 || !worksIn(pid, data)) return undefined;
  // Lines by number: pid, data directory, start, port, socket directory, address, shared memory key, status
  // (src/include/utils/pidfile.h).
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === "ready", startedAt: startOf(data) };
}

const pidFile = (data: string): readonly string[] | undefined =>
  readOrNothing(join(data, "postmaster.pid"))?.split("\n");

/** Written by each start, after the process began and before it answers; the pid file itself tells whole seconds only. */
function startOf(data: string): Date | undefined {
  return statSync(join(data, "postmaster.opts"), { throwIfNoEntry: false })?.mtime;
}

function worksIn(pid: number, data: string): boolean {
  const entry = processTable().entry(pid);
  if (entry === undefined || entry.zombie) return false;
  try {
    const cwd = statSync(`/proc/${pid}/cwd`);
    const folder = statSync(data);
    return cwd.dev === folder.dev && cwd.ino === folder.ino;
  } catch {
    // No /proc; or root in a container, which may not look into another user's process (CAP_SYS_PTRACE). What the
    // postmaster was started with stays readable, until its folder is moved.
    return commandOf(pid).includes(data);
  }
}

function commandOf(pid: number): readonly string[] {
  if (process.platform === "linux") return commandLine(pid);
  try {
    const ps = ["-ww", "-p", String(pid), "-o", "command="];
    const text = execFileSync("ps", ps, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    // Arguments come joined by blanks, and ours ends with the data directory.
    return [text.trim().replace(/^.* -D /, "")];
  } catch {
    return [];
  }
}

/**
 * Lets a start pass a pid file whose pid now belongs to another program: Postgres itself would take that for a running
 * server. Only the pid is replaced, by one that no system gives; the rest stays, because by the shared memory key in it
 * Postgres finds backends of the dead server that are still at work on the data.
 */
export function disarmStalePidFile(data: string, owner: Owner | undefined): void {
  const lines = pidFile(data);
  if (lines === undefined || postmasterOf(data) !== undefined) return;
  const pid = Number(lines[0]);
  if (pid === impossiblePid || processTable().entry(pid) === undefined) return;
  writeAtomically(join(data, "postmaster.pid"), [String(impossiblePid), ...lines.slice(1)].join("\n"), owner);
}

const impossiblePid = 2 ** 31 - 1;

/**
 * The socket has a lock file of its own, and Postgres believes the pid in it, too: also that of a server which was killed
 * a moment ago and has not been noticed by its parent yet. The folder is this data's alone, so what does not work in the
 * data is gone.
 */
export function removeStaleSocketLocks(socketDirectory: string, data: string): void {
  for (const name of readdirSync(socketDirectory)) {
    if (!name.endsWith(".lock")) continue;
    const lock = join(socketDirectory, name);
    const pid = Number(readOrNothing(lock)?.split("\n")[0]);
    if (!Number.isInteger(pid) || pid <= 0 || !worksIn(pid, data)) rmSync(lock, { force: true });
  }
}

/** Nothing of the file's text is trusted here: a signal goes to a process that was just seen to be the server. */
export function signalPostmaster(data: string, signal: NodeJS.Signals): boolean {
  const found = postmasterOf(data);
  if (found === undefined) return false;
  try {
    process.kill(found.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** Programs whose command line names the path, which only a dead process of ours can have given them. */
export function programsNaming(path: string): readonly number[] {
  if (process.platform !== "linux") return [];
  return processTable()
    .all()
    .flatMap(({ pid, zombie }) => (!zombie && commandLine(pid).includes(path) ? [pid] : []));
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
