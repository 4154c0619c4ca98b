import { spawn, spawnSync } from "node:child_process";
import { PoststackError } from "../core/errors.ts";

/** The most that a secret's command may print, and how long it may take. */
const captureLimitBytes = 64 * 1024;
const captureTimeoutMs = 10_000;

/**
 * Runs a program with this terminal as its own, to its end.
 *
 * @returns its exit code; 128 + n when a signal ended it
 * @throws PoststackError `COMMAND_MISSING`
 */
export function runForeground(
  [program, ...args]: readonly [string, ...string[]],
  environment: ReadonlyMap<string, string>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", env: Object.fromEntries(environment) });
    // Ctrl-C belongs to the program: psql uses it to cancel a statement.
    const ignore = (): void => undefined;
    process.on("SIGINT", ignore);
    child.once("error", (error) => {
      process.off("SIGINT", ignore);
      reject(commandMissing(program, error));
    });
    child.once("exit", (code, signal) => {
      process.off("SIGINT", ignore);
      resolve(code ?? 128 + (signal === "SIGINT" ? 2 : 15));
    });
  });
}

/**
 * Standard output of a program that prints a secret.
 *
 * @throws PoststackError `COMMAND_MISSING`, `SECRET_UNREADABLE`
 */
export function capture([program, ...args]: readonly [string, ...string[]], cwd: string): string {
  const result = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    timeout: captureTimeoutMs,
    maxBuffer: captureLimitBytes,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (result.error !== undefined && "code" in result.error && result.error.code === "ENOENT") {
    throw commandMissing(program, result.error);
  }
  if (result.status !== 0) {
    // Not the output: it may hold half a secret.
    const how =
      result.error !== undefined ? "did not end in time or printed too much" : `ended with exit code ${result.status}`;
    throw new PoststackError("SECRET_UNREADABLE", {
      what: `the command ${program} ${how}`,
      next: "run it by hand: it must print the secret and nothing else",
    });
  }
  return result.stdout;
}

const commandMissing = (program: string, cause: unknown): PoststackError =>
  new PoststackError(
    "COMMAND_MISSING",
    { what: `cannot run ${program}`, next: "install it, or put it on PATH" },
    { cause },
  );
