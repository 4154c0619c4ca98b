import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync, realpathSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { PoststackError, type ErrorCode } from "../core/errors.ts";
import type { Files, ReadOptions, Stamp } from "../core/ports/files.ts";
import { stampedDevice, stampOf } from "./file-stamp.ts";
import { realPath } from "./real-path.ts";

/** A FIFO must not make us wait, and what was a file a moment ago must not lead us through a link. */
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/**
 * The files of a project (RELIABILITY 39). Symbolic links are followed as long as they end inside.
 *
 * @param root absolute; an existing folder
 */
export function projectFiles(root: string): Files {
  const realRoot = realpathSync.native(root);
  // Links may change between two passes, but a pass reads thousands of files of one folder in one go. By the folder as it
  // was asked for, so that the path of each file is made without looking at its parts.
  const folders = new Map<string, Folder>();

  const isInside = (real: string): boolean => real === realRoot || real.startsWith(withSeparator(realRoot));

  /** @throws PoststackError `PATH_OUTSIDE`, and what the system says */
  function realOf(full: string): string {
    const real = realpathSync.native(full);
    if (isInside(real)) return real;
    throw new Outside();
  }

  function folderAt(asked: string): Folder {
    let folder = folders.get(asked);
    if (folder === undefined) {
      if (folders.size === 0) queueMicrotask(() => folders.clear());
      folder = { real: realOf(resolve(root, asked)) };
      folders.set(asked, folder);
    }
    return folder;
  }

  /** The device that files of a folder must be on to have a stamp. */
  function deviceAt(asked: string): number | undefined {
    const folder = folderAt(asked);
    return (folder.stamped ??= { device: stampedDevice(folder.real) }).device;
  }

  function open(asked: string): number {
    const name = nameOf(asked);
    // These name a folder by its place; every other name may be a link, which the flags find out.
    const path = isPlace(name)
      ? realOf(resolve(root, asked))
      : withSeparator(folderAt(asked.slice(0, -name.length)).real) + name;
    try {
      return openSync(path, openFlags);
    } catch (error) {
      // The last part is a link: Linux says ELOOP, FreeBSD EMLINK.
      if (codeOf(error) !== "ELOOP" && codeOf(error) !== "EMLINK") throw error;
      return openSync(realOf(path), openFlags);
    }
  }

  function attempt<Result>(path: string, from: ReadOptions["from"], work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (error instanceof PoststackError) throw error;
      const full = resolve(root, path);
      const leaves =
        error instanceof Outside || (isMissing(error) && !isWithin(full, root) && !isWithin(full, realRoot));
      throw leaves ? failure("PATH_OUTSIDE", path, from) : failure(codeFor(error), path, from, error);
    }
  }

  function readBytes(
    path: string,
    { limitBytes, tooLarge, from }: ReadOptions,
    before?: (handle: number) => void,
  ): Buffer {
    return attempt(path, from, () => {
      const handle = open(path);
      try {
        before?.(handle);
        const length = fill(handle, scratch);
        if (length > 0 && length < scratch.length && length <= limitBytes) {
          const bytes = Buffer.allocUnsafe(length);
          scratch.copy(bytes, 0, 0, length);
          return bytes;
        }
        // Empty, large, or no file. Asked of what is open, not of the name: that may mean something else by now.
        const stat = fstatSync(handle);
        if (!stat.isFile()) throw refused("FILE_UNREADABLE", path, from, "is not a regular file");
        if (stat.size > limitBytes) {
          throw refused(
            tooLarge ?? "FILE_UNREADABLE",
            path,
            from,
            `is larger than ${Math.floor(limitBytes / 1024)} KiB`,
            { next: nextSteps[tooLarge ?? "FILE_UNREADABLE"] ?? "make it smaller, or correct the path" },
          );
        }
        return readAll(handle, stat.size);
      } finally {
        closeSync(handle);
      }
    });
  }

  return {
    root,
    readBytes: (path, options) => readBytes(path, options),
    readStamped(path, options) {
      let stamp: Stamp | undefined;
      const bytes = readBytes(path, options, (handle) => {
        const device = deviceAt(path.slice(0, -nameOf(path).length));
        if (device !== undefined) stamp = stampOf(fstatSync(handle), device);
      });
      return { bytes, stamp };
    },
    digest: (path, { limitBytes, from }) =>
      attempt(path, from, () => {
        const handle = open(path);
        try {
          const stat = fstatSync(handle);
          if (!stat.isFile()) throw refused("FILE_UNREADABLE", path, from, "is not a regular file");
          return stat.size > limitBytes ? undefined : digestOf(handle, stat.size);
        } finally {
          closeSync(handle);
        }
      }),
    stamp(path) {
      const name = nameOf(path);
      if (isPlace(name)) return undefined;
      try {
        const folder = path.slice(0, -name.length);
        const device = deviceAt(folder);
        if (device === undefined) return undefined;
        return stampOf(lstatSync(withSeparator(folderAt(folder).real) + name), device);
      } catch {
        return undefined;
      }
    },
    read(path, options) {
      const bytes = readBytes(path, options);
      if (isUtf8(bytes)) return bytes.toString("utf8");
      const next = "save it as UTF-8: `iconv -f LATIN1 -t UTF-8` makes it of Latin-1";
      throw refused("FILE_UNREADABLE", path, options.from, "is not UTF-8", { next });
    },
    list: (path) =>
      attempt(path, undefined, () => {
        try {
          return readdirSync(folderAt(path).real).sort();
        } catch (error) {
          if (codeOf(error) === "ENOENT" && isWithin(resolve(root, path), root)) return [];
          if (codeOf(error) === "ENOTDIR")
            throw refused("FILE_UNREADABLE", path, undefined, "is not a folder", { cause: error });
          throw error;
        }
      }),
    isFolder: (path) =>
      attempt(path, undefined, () => {
        const full = resolve(root, path);
        try {
          return lstatSync(realOf(full)).isDirectory();
        } catch (error) {
          if (isMissing(error) && isWithin(full, root)) return false;
          throw error;
        }
      }),
    realPath: (path) => realPath(resolve(root, path)),
    exists: (path) => {
      try {
        return lstatSync(resolve(root, path), { throwIfNoEntry: false }) !== undefined;
      } catch (error) {
        // Something is there and cannot be looked at: whoever reads it is told why.
        return !isMissing(error);
      }
    },
  };
}

class Outside extends Error {}

interface Folder {
  readonly real: string;
  /** Asked once for all of its files. */
  stamped?: { readonly device: number | undefined };
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

const isPlace = (name: string): boolean => name === "" || name === "." || name === "..";

/** Bytes that are read before anything is asked: most files are smaller, and their end says that they were whole. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

/** At most `size` bytes: what is appended meanwhile belongs to the next look. */
function readAll(handle: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  const length = fill(handle, buffer);
  return length === size ? buffer : buffer.subarray(0, length);
}

/** At most `size` bytes, a piece at a time. */
function digestOf(handle: number, size: number): string {
  const hash = createHash("sha256");
  for (let position = 0; position < size;) {
    const count = readSync(handle, scratch, 0, Math.min(scratch.length, size - position), position);
    if (count === 0) break;
    hash.update(scratch.subarray(0, count));
    position += count;
  }
  return hash.digest("hex");
}

/**
 * Reads from the beginning until the buffer is full or the file at its end: a read may give less than there is. By
 * position, which pipes and terminals do not have (pread(2), ESPIPE).
 */
function fill(handle: number, buffer: Buffer): number {
  let length = 0;
  while (length < buffer.length) {
    const count = readSync(handle, buffer, length, buffer.length - length, length);
    if (count === 0) break;
    length += count;
  }
  return length;
}

const withSeparator = (folder: string): string => (folder.endsWith(sep) ? folder : folder + sep);

/** By the names alone, before links are followed. */
function isWithin(full: string, folder: string): boolean {
  const path = relative(folder, full);
  return path !== ".." && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "");

const codeFor = (error: unknown): ErrorCode => (isMissing(error) ? "FILE_MISSING" : "FILE_UNREADABLE");

const reasons: { readonly [code: string]: string } = {
  EACCES: "may not be read by this user",
  EPERM: "may not be read by this user",
  ELOOP: "is a symbolic link that leads in a circle",
  ENAMETOOLONG: "has a name that is too long",
  ENXIO: "is not a regular file",
  EISDIR: "is not a regular file",
  ESPIPE: "is not a regular file",
  ERR_INVALID_ARG_VALUE: "is not a path",
};

function failure(code: ErrorCode, path: string, from: ReadOptions["from"], cause?: unknown): PoststackError {
  if (code === "PATH_OUTSIDE") return refused(code, path, from, "leaves the project");
  if (code === "FILE_MISSING") return refused(code, path, from, "does not exist");
  const system = codeOf(cause) ?? "";
  return refused(code, path, from, reasons[system] ?? `cannot be read (${system === "" ? "unknown fault" : system})`, {
    cause,
  });
}

const nextSteps: { readonly [Code in ErrorCode]?: string } = {
  PATH_OUTSIDE: "keep the file inside the project's folder; symbolic links must end there too",
  FILE_MISSING: "make the file, or correct the path; it is relative to the project's folder",
  CONFIG_LIMIT: "a configuration is never that large: check what wrote the file",
};

function refused(
  code: ErrorCode,
  path: string,
  from: ReadOptions["from"],
  how: string,
  { next, cause }: { readonly next?: string; readonly cause?: unknown } = {},
): PoststackError {
  return new PoststackError(
    code,
    {
      what: `the file ${JSON.stringify(path).slice(1, -1)} ${how}`,
      ...(from === undefined ? {} : { where: from }),
      next: next ?? nextSteps[code] ?? "put a readable file there, or correct the path",
    },
    cause === undefined ? {} : { cause },
  );
}
