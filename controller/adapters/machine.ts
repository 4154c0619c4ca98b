import { spawnSync } from "node:child_process";
import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import type { FolderFacts, Machine } from "../core/ports/machine.ts";
import { serverUser } from "./embedded/server-user.ts";
import { locate } from "./host/program.ts";
import { nameOfUser } from "./name-of-user.ts";

/** Milliseconds that git may take for its answer. */
const gitTimeoutMs = 5_000;

/** This machine, as far as a command may ask it. Reads only. */
export function machine(shell: ReadonlyMap<string, string>): Machine {
  return {
    nodeVersion: process.version,
    platform: process.platform,
    arch: process.arch,
    get user() {
      return { name: userName(), isRoot: process.getuid?.() === 0 };
    },
    serverUser() {
      // A path that does not exist: what new data would belong to.
      const owner = serverUser(join("/nonexistent", "poststack"));
      return owner === undefined ? userName() : (nameOfUser(owner.uid) ?? String(owner.uid));
    },
    folder,
    program: (name) => quietly(() => locate(name, new Map(shell), "/")),
    committable,
  };
}

function folder(path: string): FolderFacts {
  const stats = statSync(path, { throwIfNoEntry: false });
  const existing = nearest(path);
  const { bavail, bsize } = statfsSync(existing);
  return {
    exists: stats !== undefined,
    isWritable: stats?.isDirectory() !== false && mayWrite(existing),
    mode: stats === undefined ? undefined : stats.mode & 0o777,
    freeBytes: bavail * bsize,
  };
}

function nearest(path: string): string {
  let at = path;
  while (statSync(at, { throwIfNoEntry: false }) === undefined && at !== dirname(at)) at = dirname(at);
  return at;
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * `git check-ignore` names the paths that are ignored; what is tracked already is not among them, ignored or not
 * (git-check-ignore(1)). It exits with 128 outside a repository.
 */
function committable(root: string, paths: readonly string[]): readonly string[] | undefined {
  if (paths.length === 0) return [];
  const result = spawnSync("git", ["-C", root, "check-ignore", "-z", "--stdin"], {
    input: paths.join("\0"),
    encoding: "utf8",
    timeout: gitTimeoutMs,
    stdio: ["pipe", "pipe", "ignore"],
  });
  if (result.error !== undefined || (result.status !== 0 && result.status !== 1)) return undefined;
  const ignored = new Set(result.stdout.split("\0"));
  return paths.filter((path) => !ignored.has(path));
}

/** An account without an entry in the user table has no name. */
const userName = (): string => quietly(() => userInfo().username) ?? String(process.getuid?.() ?? "unknown");

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
