import { spawn } from "node:child_process";
import { PoststackError } from "../core/errors.ts";
import type { Text } from "../core/secret.ts";
import { plainEnvironment } from "./host/environment.ts";

/**
 * Runs a program with this terminal as its own, to its end.
 *
 * @returns its exit code; 128 + n when a signal ended it
 * @throws PoststackError `COMMAND_MISSING`
 */
export function runForeground(
  [program, ...args]: readonly [string, ...string[]],
  environment: ReadonlyMap<string, Text>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", env: plainEnvironment(environment) });
    // Ctrl-C belongs to the program: psql uses it to cancel a statement, and nobody asked us to stop.
    const listeners = process.listeners("SIGINT");
    process.removeAllListeners("SIGINT").on("SIGINT", () => undefined);
    const restore = (): void => {
      process.removeAllListeners("SIGINT");
      for (const listener of listeners) process.on("SIGINT", listener);
    };
    child.once("error", (error) => {
      restore();
      reject(commandMissing(program, error));
    });
    child.once("exit", (code, signal) => {
      restore();
      resolve(code ?? 128 + (signal === "SIGINT" ? 2 : 15));
    });
  });
}

const commandMissing = (program: string, cause: unknown): PoststackError =>
  new PoststackError(
    "COMMAND_MISSING",
    { what: `cannot run ${program}`, next: "install it, or put it on PATH" },
    { cause },
  );
