import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { PoststackError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { SpawnSpec } from "../../core/ports/host.ts";
import { marksOf, plainEnvironment } from "./environment.ts";
import { openLog } from "./log-file.ts";

/** What a timer can wait at most; a longer timeout is none. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Starts the program as the leader of a process group and session of its own (`detached` is setsid(2)): a Ctrl-C in our
 * terminal does not reach it, and it outlives us. Everything that it starts stays in the group unless it leaves on
 * purpose. `onPid` is called before anything else can happen in this process.
 *
 * @throws PoststackError `COMMAND_MISSING`: the file is there but the system cannot execute it; `DISK_FULL`
 */
export async function spawnGroup(
  spec: SpawnSpec,
  program: string,
  owner: string,
  onPid: (pid: number) => void,
): Promise<ChildProcess> {
  const log = openLog(spec.logFile);
  let child: ChildProcess;
  try {
    child = spawn(program, spec.command.slice(1), {
      argv0: spec.command[0],
      cwd: spec.cwd,
      // The marks come last: no variable of the user's can stand in for them.
      env: plainEnvironment(new Map([...spec.environment, ...marksOf(spec.resource, owner)])),
      stdio: ["ignore", log, log],
      detached: true,
    });
  } catch (error) {
    throw notExecutable(error, spec, program);
  } finally {
    closeSync(log);
  }
  // Node tells some failures by throwing and some by an event.
  if (child.pid === undefined) throw notExecutable((await once(child, "error"))[0], spec, program);
  onPid(child.pid);
  return child;
}

function notExecutable(error: unknown, { place }: SpawnSpec, program: string): PoststackError {
  // Only the code: the error itself holds the arguments.
  const { code = "unknown reason" } = error as NodeJS.ErrnoException;
  return new PoststackError("COMMAND_MISSING", {
    what: `${program} cannot be executed (${code})`,
    next:
      nextSteps.get(code) ??
      "check that it is a program for this machine, or begins with a #! line whose program exists",
    ...(place === undefined ? {} : { where: place }),
  });
}

const nextSteps: ReadonlyMap<string, string> = new Map([
  ["E2BIG", "its arguments and variables are larger than the system allows: pass large values in a file"],
  ["EAGAIN", "the system's limit of processes is reached: see `ulimit -u`"],
  ["EMFILE", "the limit of open files is reached: see `ulimit -n`"],
]);

/** Waits for the program's end, the timeout or the abort, whichever comes first. How it ended stands on the child. */
export async function endOf(
  child: ChildProcess,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<"exit" | "timeout" | "abort"> {
  const waiting = new AbortController();
  const exit = once(child, "exit", { signal: waiting.signal }).then(
    () => "exit" as const,
    () => "abort" as const,
  );
  const timeout = clock.sleep(Math.min(timeoutMs, longestTimerMs), AbortSignal.any([signal, waiting.signal])).then(
    () => "timeout" as const,
    () => "abort" as const,
  );
  try {
    return await Promise.race([exit, timeout]);
  } finally {
    waiting.abort();
  }
}
