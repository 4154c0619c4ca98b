import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { projectRoot } from "./build.ts";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as one JSON document. */
  readonly json: unknown;
}

/** A project of its own and the built program in it. */
export interface CliProject {
  readonly root: string;
  write(path: string, text: string): void;
  /** Words of the command line, to its end. */
  poststack(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Removes the folder; servers must be gone. */
  dispose(): void;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly cwd?: string;
  /** Called with each piece of standard output; `signal` sends one to the program. */
  readonly onOutput?: (all: string, signal: (name: NodeJS.Signals) => void) => void;
}

export function cliProject(files: Readonly<Record<string, string>> = {}): CliProject {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "poststack-test-")));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  return {
    root,
    write,
    poststack: (args, options = {}) => run(args, { cwd: root, ...options }),
    dispose: () => rmSync(root, { recursive: true, force: true }),
  };
}

function run(args: readonly string[], { environment = {}, input, cwd, onOutput }: RunOptions): Promise<Ran> {
  const child = spawn(process.execPath, [join(projectRoot, "dist/poststack.cjs"), ...args], {
    cwd,
    // Neither colours nor a login of whoever runs the tests.
    env: { ...process.env, FORCE_COLOR: undefined, POSTSTACK_STATE_DIR: undefined, ...environment },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString("utf8");
    onOutput?.(stdout, (signal) => void child.kill(signal));
  });
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // A program that ends without reading its input breaks the pipe, which is its right; what it ended with tells.
    child.stdin.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") reject(error);
    });
    child.stdin.end(input ?? "");
    child.once("close", (code) => {
      resolve({
        code,
        stdout,
        stderr,
        get json(): unknown {
          return JSON.parse(stdout);
        },
      });
    });
  });
}
