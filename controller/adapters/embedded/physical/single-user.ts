import { spawn } from "node:child_process";
import { join } from "node:path";
import { PoststackError } from "../../../core/errors.ts";
import { unlessFull } from "../../atomic-file.ts";
import type { Programs } from "../cluster.ts";
import { lastLines } from "../run.ts";
import type { ServerUser } from "../server-user.ts";

const keptBytes = 16 * 1024 * 1024;

/** Milliseconds: a log of terabytes takes hours, and none takes a day. */
const limitMs = 24 * 3_600_000;
/** Milliseconds to end in order when nobody wants it any more. */
const graceMs = 3_000;

/**
 * What differs from the defaults. Two-phase transactions that were open when the copy was made need a place each, and
 * Postgres does not recover without. All of the log that is needed is there already, so there is nowhere to fetch more from.
 */
const settings: ReadonlyMap<string, string> = new Map([
  ["max_connections", "10"],
  ["max_prepared_transactions", "1000"],
  ["shared_buffers", "16MB"],
  ["hot_standby", "off"],
  ["restore_command", "false"],
  ["recovery_target_timeline", "current"],
  ["log_min_messages", "warning"],
  // A statement may hold what no log is to know.
  ["log_min_error_statement", "panic"],
]);

/**
 * Lets a cluster recover, as one of its own timeline where `recovery.signal` is in it, and runs statements in it by a server
 * program of one process that listens nowhere: in single-user mode nobody else can log in, passwords are not asked for, event
 * triggers do not fire, and no worker runs (manual: postgres, Single-User Mode; CREATE EVENT TRIGGER). It ends in order when
 * its input ends, also when that is because we were killed.
 *
 * @returns the text in the first column of the last row
 * @throws PoststackError `BACKUP_BROKEN` with the program's words, `DISK_FULL`, `TIMEOUT`, `POSTGRES_START`: the program
 *   cannot be run; the signal's reason
 */
export async function inSingleUserMode(
  { folder, database, isLasting }: { readonly folder: string; readonly database: string; readonly isLasting: boolean },
  statements: readonly string[],
  { bin, environment }: Programs,
  user: ServerUser,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(limitMs);
  const limited = AbortSignal.any([signal, limit]);
  const chosen = [...settings, ...(isLasting ? [] : notLasting)].flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  // -j: a statement ends with a semicolon and an empty line, so that it may have several lines.
  const program = join(bin, "postgres");
  const child = spawn(program, ["--single", "-D", folder, "-j", ...chosen, database], {
    cwd: "/",
    env: environment,
    detached: true, // Ctrl-C on the terminal is meant for us.
    stdio: ["pipe", "pipe", "pipe"],
    ...user,
  });
  let [output, said] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-keptBytes)));
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-keptBytes)));
  child.stdin.on("error", () => undefined); // It ended before it read: its exit tells.
  const stop = (): void => {
    child.kill("SIGTERM");
    // Who waits for it throws its work away; while it recovers it may not listen.
    setTimeout(() => child.kill("SIGKILL"), graceMs).unref();
  };
  limited.addEventListener("abort", stop, { once: true });
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on("error", (error) => reject(notRun(program, error)));
      child.on("close", resolve);
      child.stdin.end(statements.map((statement) => `${statement};\n\n`).join(""));
    });
    signal.throwIfAborted();
    if (limit.aborted) throw tookTooLong();
    const [, answer] = /.*\t ?1: \S+ = "(.*)"\t\(typeid = /s.exec(output) ?? [];
    if (exitCode !== 0 || /\b(?:ERROR|FATAL|PANIC): /.test(said) || answer === undefined) throw failed(said, folder);
    return answer;
  } finally {
    limited.removeEventListener("abort", stop);
  }
}

/** Nothing of it is kept, so nothing waits for the disk. */
const notLasting = [
  ["fsync", "off"],
  ["full_page_writes", "off"],
] as const;

function failed(said: string, folder: string): unknown {
  if (said.includes("No space left on device"))
    return unlessFull(Object.assign(new Error(), { code: "ENOSPC" }), folder);
  const lines = lastLines(said, 10);
  const first = lines.find((line) => /\b(?:ERROR|FATAL|PANIC): /.test(line));
  return new PoststackError("BACKUP_BROKEN", {
    what: `a server that was started on the copy says: ${first?.replace(/^.*?(?=ERROR|FATAL|PANIC)/, "") ?? "it said nothing"}`,
    details: lines,
    next: "use another backup, or take one anew",
  });
}

const notRun = (program: string, cause: Error): PoststackError =>
  new PoststackError(
    "POSTGRES_START",
    { what: `${program} cannot be run: ${cause.message}`, next: "see what it is and whose, and run the command again" },
    { cause },
  );

const tookTooLong = (): PoststackError =>
  new PoststackError("TIMEOUT", {
    what: `the copy has not recovered within ${limitMs / 3_600_000} hours`,
    next: "see what keeps the disk busy, and run the command again",
  });
