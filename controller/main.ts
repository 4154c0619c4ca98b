import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { devNull, homedir, hostname, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";
import { backupFiles } from "./adapters/backup-files.ts";
import { buildId } from "./adapters/build-id.ts";
import { cacheFolder } from "./adapters/cache-folder.ts";
import { clock } from "./adapters/clock.ts";
import { containerEngine, farEngine } from "./adapters/containers.ts";
import { disclose } from "./adapters/disclose.ts";
import { embeddedServers } from "./adapters/embedded.ts";
import { projectFiles } from "./adapters/files.ts";
import { runForeground } from "./adapters/foreground.ts";
import { host } from "./adapters/host.ts";
import { hostLock } from "./adapters/host-lock.ts";
import { openLog } from "./adapters/log.ts";
import { logFiles } from "./adapters/log-files.ts";
import { machine } from "./adapters/machine.ts";
import { output } from "./adapters/output.ts";
import { postgres } from "./adapters/postgres.ts";
import { prompt } from "./adapters/prompt.ts";
import { passwords } from "./adapters/scram.ts";
import { realPath } from "./adapters/real-path.ts";
import { secretSources } from "./adapters/secret-sources.ts";
import { shippedImages } from "./adapters/shipped-images.ts";
import { stopSignals } from "./adapters/signals.ts";
import { sqlParser } from "./adapters/sql-parser.ts";
import { fileState } from "./adapters/state.ts";
import { textCache } from "./adapters/text-cache.ts";
import { writeProjectFiles, writeUserFile } from "./adapters/user-file.ts";
import { watchFiles } from "./adapters/watch-files.ts";
import { exitCode } from "./cli/exit.ts";
import { runProgram } from "./cli/program.ts";
import type { World } from "./cli/world.ts";
import { renderError } from "./core/errors.ts";

declare const POSTSTACK_VERSION: string;

// The process: arguments, environment, signals, exit code. It builds the ports; nothing else reads the environment.
const environment = process.env;
const args = process.argv.slice(2);
const shell = new Map(
  Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);
const stdout = output("standard output", process.stdout, environment);
const stderr = output("standard error", process.stderr, environment);
const run = { id: randomUUID(), who: `${userName()}@${hostname()}` };
const name = `poststack ${args
  .filter((arg) => !arg.startsWith("-"))
  .slice(0, 3)
  .join(" ")}, pid ${process.pid} on ${hostname()}`;
const signals = stopSignals(process, (text) => stderr.write(text));

const stateRoot = (root: string): string => {
  const moved = environment.POSTSTACK_STATE_DIR;
  return moved === undefined || moved === "" ? join(root, ".poststack") : realPath(resolve(moved));
};
// As .build/loader.cjs has it.
const home = environment.HOME || homedir();
const cacheHome = environment.XDG_CACHE_HOME || join(existsSync(home) ? home : devNull, ".cache");
const surroundings = { environment: shell, uid: process.getuid?.(), home: homedir() };
const openTextCache = (kind: string, owner: readonly string[]) =>
  textCache({
    directory: join(cacheHome, "poststack", kind),
    owner: JSON.stringify(owner),
    nowMs: () => Date.now(),
  });
const containers = containerEngine(surroundings, ({ context, dockerfile = "" }) =>
  openTextCache("contexts", [context, dockerfile]),
);
const openState = (root: string, environmentName: string) => fileState(stateRoot(root), environmentName);

const world: World = {
  version: POSTSTACK_VERSION,
  build: `${POSTSTACK_VERSION} ${buildId(fileURLToPath(import.meta.url))}`,
  cwd: process.cwd(),
  shell,
  farEngine: () => farEngine(surroundings),
  stdout,
  stderr,
  // Asked of the descriptors: making the stream for standard input loads a good part of Node.
  isInteractive: isatty(0) && isatty(2),
  stop: signals.stop,
  signal: signals.signal,
  prompt,
  run,
  openLog: (options) => openLog({ ...options, write: (line) => stderr.write(line) }),
  openFiles: (root) => projectFiles(realPath(root)),
  openTextCache: (root, folder) => openTextCache("migrations", [root, folder]),
  composeCache: cacheFolder(join(cacheHome, "poststack", "compose"), () => Date.now()),
  exists: existsSync,
  secrets: secretSources,
  stateRoot,
  openState,
  openEngine: (root, environmentName, log) => {
    const state = openState(root, environmentName);
    const driver = postgres(name);
    const { directory } = state;
    return {
      clock,
      log,
      files: projectFiles(root),
      state,
      host: host({ directory, clock, log }),
      embedded: embeddedServers({ directory, root, environment, postgres: driver, clock }),
      containers,
      backups: backupFiles(environment),
      postgres: driver,
      passwords,
      parser: sqlParser,
    };
  },
  openLogs: logFiles,
  machine: machine(shell),
  hostLock: hostLock(clock, name),
  shippedImages,
  watchFiles,
  runForeground,
  printSecret: (line) => stdout.write(`${disclose(line)}\n`),
  writeProjectFiles,
  writeFile: writeUserFile,
};

void runProgram(args, world).then((code) => {
  process.exitCode = signals.exitCode() ?? code;
  endSoon();
});

// Output that was lost makes an error of a command that otherwise went well, and has done what it was to do.
process.once("exit", () => {
  const failure = stdout.failure() ?? stderr.failure();
  if (failure === undefined) return;
  stderr.write(`${renderError(failure.facts)}\n`);
  const code = process.exitCode ?? exitCode.done;
  if (code === exitCode.done || code === exitCode.changes) process.exitCode = exitCode.error;
});

/** The work is done: a connection that somebody forgot may not keep the process alive. What is printed is read to its end. */
function endSoon(): void {
  setTimeout(() => {
    if (process.stdout.writableLength + process.stderr.writableLength > 0) endSoon();
    else process.exit();
  }, 2_000).unref();
}

/** An account without an entry in the user table has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}
