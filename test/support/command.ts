import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ErrorFacts } from "../../controller/core/errors.ts";
import { projectRoot } from "./build.ts";

/** The built program, as a person runs it. */
const program = join(projectRoot, "dist", "poststack.cjs");

/** One line of `--json`: an event, or the answer. */
export interface JsonLine {
  readonly type?: string;
  readonly id?: string;
  readonly verb?: string;
  readonly status?: string;
  readonly done?: number;
  readonly errors?: readonly ErrorFacts[];
  readonly [key: string]: unknown;
}

export interface Ended {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, for messages. */
  readonly text: string;
  /** The lines of standard output that are JSON. */
  readonly lines: readonly JsonLine[];
}

export interface RunOptions {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A command that runs. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** What it has said so far. */
  said(): string;
  kill(signal: NodeJS.Signals): void;
  /** Called at once for every JSON line, before anything else of the test runs. */
  onLine(listener: (line: JsonLine) => void): void;
  /** The first line of which this is true; fails when the command ends without it. */
  until(matches: (line: JsonLine) => boolean): Promise<JsonLine>;
}

/** Longer than any command of a test may take, in milliseconds: a hanging one must not hang the run. */
const limitMs = 150_000;

/** Only what a bare shell has: no variable of the test runner changes what the command does. */
const bareEnvironment = (): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  HOME: homedir(),
  LANG: "C.UTF-8",
});

/** Starts `poststack ARGS`. */
export function start(args: readonly string[], { cwd, environment = {} }: RunOptions): Running {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { ...bareEnvironment(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let open = "";
  const lines: JsonLine[] = [];
  const listeners: ((line: JsonLine) => void)[] = [];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    const parts = (open + chunk).split("\n");
    open = parts.pop() ?? "";
    for (const part of parts) {
      const line = jsonIn(part);
      if (line === undefined) continue;
      lines.push(line);
      for (const listener of listeners) listener(line);
    }
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const limit = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(limit);
      const text = `$ poststack ${args.join(" ")}\n${stdout}${stderr}`;
      resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout, stderr, text, lines });
    });
  });
  const until = (matches: (line: JsonLine) => boolean): Promise<JsonLine> => {
    const said = lines.find(matches);
    if (said !== undefined) return Promise.resolve(said);
    const found = new Promise<JsonLine>((resolve) => {
      listeners.push((line) => {
        if (matches(line)) resolve(line);
      });
    });
    const never = ended.then(({ text }): never => {
      throw new Error(`it ended without saying what was waited for\n${text}`);
    });
    return Promise.race([found, never]);
  };
  return {
    pid: child.pid ?? 0,
    ended,
    said: () => stdout + stderr,
    kill: (signal) => void child.kill(signal),
    onLine: (listener) => void listeners.push(listener),
    until,
  };
}

/** Runs `poststack ARGS` to its end. */
export const run = (args: readonly string[], options: RunOptions): Promise<Ended> => start(args, options).ended;

/** The whole of standard output as one JSON document. */
export const answerOf = ({ stdout }: Ended): unknown => JSON.parse(stdout);

/** Every error that a run with `--json` told. */
export const errorsOf = ({ lines }: Ended): readonly ErrorFacts[] => lines.flatMap(({ errors = [] }) => errors);

function jsonIn(text: string): JsonLine | undefined {
  if (!text.startsWith("{") || !text.endsWith("}")) return undefined;
  try {
    return JSON.parse(text) as JsonLine;
  } catch {
    return undefined;
  }
}
