import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Cache } from "../core/ports/files.ts";
import { temporaryName } from "./temporary-name.ts";

/**
 * A file for each name, in a folder of the user's own. What is in them says by itself whether it is whole.
 *
 * @param directory absolute; need not exist
 * @param nowMs the same clock that the file system has
 */
export function cacheFolder(directory: string, nowMs: () => number): Cache {
  const fileOf = (name: string): string => join(directory, `${name}.bin`);
  return {
    read: (name) => readOwn(fileOf(name)),
    write: (name, bytes) => replace(fileOf(name), bytes, nowMs()),
  };
}

/** Far more than any project has. */
const limitBytes = 256 * 1024 * 1024;

/** It decides what is not read: only a file that this user alone can write is used. */
function readOwn(file: string): Buffer | undefined {
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  try {
    const handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(handle);
      const isOwn = stats.isFile() && stats.uid === uid && (stats.mode & 0o022) === 0;
      return isOwn && stats.size <= limitBytes ? readFileSync(handle) : undefined;
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}

/** Of projects that are gone, or have not changed for so long that reading them once more is no matter. */
const keptForMs = 30 * 24 * 3600 * 1000;

/** Without waiting for the disk: a file that lost its content in a crash is found to be broken. */
function replace(file: string, bytes: Buffer, nowMs: number): void {
  const directory = dirname(file);
  const temporary = temporaryName(file);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) {
      const old = join(directory, name);
      if (nowMs - lstatSync(old).mtimeMs > keptForMs) rmSync(old, { recursive: true, force: true });
    }
    writeFileSync(temporary, bytes, { mode: 0o600, flag: "wx" });
    renameSync(temporary, file);
  } catch {
    removeQuietly(temporary);
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A read-only home is no error.
  }
}
