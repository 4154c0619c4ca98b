import {
  accessSync,
  closeSync,
  constants,
  fchownSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { PoststackError } from "../core/errors.ts";
import { leftovers, temporaryName } from "./temporary-name.ts";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Readers see the old file or the new one, never half of one, also after a crash at any point (RELIABILITY 17). The new
 * file has mode 0600.
 *
 * @throws PoststackError `DISK_FULL`, `STATE_UNWRITABLE`; other errors of the system as they are
 */
export function writeAtomically(path: string, text: string, owner?: Owner): void {
  viaTemporaryFile(path, text, owner, (temporary) => renameSync(temporary, path));
}

/** As {@link writeAtomically}, but only where no file is yet. False: there is one, and it was left alone. */
export function createAtomically(path: string, text: string): boolean {
  let created = true;
  viaTemporaryFile(path, text, undefined, (temporary) => {
    try {
      // A rename replaces what another process made a moment ago; a link does not.
      linkSync(temporary, path);
    } catch (error) {
      if (hasCode(error, "EEXIST")) created = false;
      // Some file systems of containers and memory sticks have no hard links.
      else if (hasCode(error, "EPERM") || hasCode(error, "ENOTSUP")) renameSync(temporary, path);
      else throw error;
    }
    rmSync(temporary, { force: true });
  });
  return created;
}

/**
 * Writes beside `path` what would become it, and takes that away again: now there is room for it, and the right to write
 * it. A file that is there can also be removed then.
 *
 * @throws PoststackError as {@link writeAtomically}
 */
export const proveWritable = (path: string, text: string): void =>
  viaTemporaryFile(path, text, undefined, (temporary) => rmSync(temporary));

/** @throws PoststackError `STATE_UNWRITABLE`: nothing in the folder can be removed; a full disk is no hindrance */
export function proveRemovable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw unlessUnwritable(error, folder);
  }
}

function viaTemporaryFile(
  path: string,
  text: string,
  owner: Owner | undefined,
  putInPlace: (temporary: string) => void,
): void {
  const temporary = temporaryName(path);
  try {
    for (const leftover of leftovers(path)) rmSync(leftover, { force: true });
    const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
    const descriptor = openSync(temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
    try {
      if (owner !== undefined) fchownSync(descriptor, owner.uid, owner.gid);
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    putInPlace(temporary);
  } catch (error) {
    removeQuietly(temporary);
    throw unlessUnwritable(error, path);
  }
  syncPath(dirname(path));
}

/** On a disk that cannot be written there is nothing to remove, and the error to be told is the one before. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A later process takes it for a leftover.
  }
}

/** Waits until the disk has the file, or the directory's list of names. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** `DISK_FULL` when that is what the system's error says; any other error unchanged. */
export function unlessFull(error: unknown, path: string): unknown {
  if (!hasCode(error, "ENOSPC") && !hasCode(error, "EDQUOT")) return error;
  return new PoststackError(
    "DISK_FULL",
    { what: `no space left to write ${path}`, next: "make room on that disk and run the command again" },
    { cause: error },
  );
}

/** As {@link unlessFull}; and `STATE_UNWRITABLE` where the system does not let this process write. */
export function unlessUnwritable(error: unknown, path: string): unknown {
  const code = ["EROFS", "EACCES", "EPERM"].find((one) => hasCode(error, one));
  return code === undefined ? unlessFull(error, path) : stateUnwritable(path, code, error);
}

export const stateUnwritable = (path: string, code: string, cause: unknown): PoststackError =>
  new PoststackError(
    "STATE_UNWRITABLE",
    {
      what: `${path} cannot be written (${code})`,
      next:
        code === "EROFS"
          ? "its file system is read-only: make it writable and run the command again"
          : "run Poststack as the user who owns it, or set POSTSTACK_STATE_DIR to a directory of this user",
    },
    { cause },
  );

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === code;
