import { spawn } from "node:child_process";
import type { ServerUser } from "./server-user.ts";

export interface Outcome {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  /** Standard output and error as they came, the last 64 KiB. */
  readonly output: string;
}

const keptBytes = 64 * 1024;

/**
 * Runs a program to its end. It gets a session of its own: Ctrl-C on the terminal is meant for us, and `signal` passes it
 * on.
 *
 * @throws the signal's reason; the system's error when the program cannot be started
 */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly user?: ServerUser; readonly cwd: string; readonly environment: NodeJS.ProcessEnv },
  signal: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.environment,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      ...options.user,
    });
    let output = "";
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-keptBytes);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    // initdb and npm clean up after SIGTERM; they are waited for, so that nobody writes into what is removed next.
    const stop = (): void => void child.kill("SIGTERM");
    signal.addEventListener("abort", stop, { once: true });
    child.on("error", (error) => {
      signal.removeEventListener("abort", stop);
      reject(error);
    });
    child.on("close", (code) => {
      signal.removeEventListener("abort", stop);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ exitCode: code ?? undefined, output });
    });
  });
}

/** The last lines that say something. */
export const lastLines = (text: string, count: number): readonly string[] =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count);
