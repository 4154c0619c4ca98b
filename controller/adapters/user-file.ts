import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import { PoststackError } from "../core/errors.ts";
import { hasCode, unlessFull } from "./atomic-file.ts";
import { realPath } from "./real-path.ts";
import { temporaryName } from "./temporary-name.ts";

/**
 * Writes files into a project, with the folders that they need. None is written when one of them would lie outside once
 * links are followed (RELIABILITY 39).
 *
 * @param root absolute
 * @param texts by path from the root
 * @throws PoststackError `PATH_OUTSIDE`, and what {@link writeUserFile} throws
 */
export function writeProjectFiles(
  root: string,
  texts: ReadonlyMap<string, string>,
  options: { readonly overwrite: boolean },
): void {
  const inside = join(realPath(root), sep);
  for (const path of texts.keys()) {
    if (!realPath(join(root, path)).startsWith(inside)) throw outside(path);
  }
  for (const [path, text] of texts) {
    const full = join(root, path);
    writingForUser(full, () => mkdirSync(dirname(full), { recursive: true }));
    writeUserFile(full, text, options);
  }
}

/**
 * Writes a file that belongs to the user where the user says: a saved plan. What is overwritten is replaced at once:
 * whoever reads it meanwhile sees the old file or the new one, never half of one.
 *
 * @throws PoststackError `FILE_EXISTS` when it may not be overwritten, `DISK_FULL`, `FILE_UNREADABLE` when it cannot be
 * written for another reason
 */
export function writeUserFile(path: string, text: string, { overwrite }: { readonly overwrite: boolean }): void {
  writingForUser(path, () => {
    if (overwrite) replace(path, text);
    else writeFileSync(path, text, { flag: "wx" });
  });
}

/** @throws PoststackError as {@link writeUserFile}, of what the system says about `path`, which the user has named */
export function writingForUser<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (hasCode(error, "EEXIST")) {
      throw new PoststackError("FILE_EXISTS", {
        what: `${path} exists`,
        next: "choose another name, or give --force",
      });
    }
    const full = unlessFull(error, path);
    if (full instanceof PoststackError) throw full;
    const what = `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const next = nextSteps[code] ?? "choose a place that this user can write to";
    throw new PoststackError("FILE_UNREADABLE", { what, next }, { cause: error });
  }
}

const nextSteps: { readonly [code: string]: string } = {
  ENOENT: "make the folder first, or correct the path",
  ENOTDIR: "correct the path: a part of it is a file",
  EISDIR: "correct the path: it is a folder",
  EROFS: "choose a place on a disk that is not read-only",
};

const outside = (path: string): PoststackError =>
  new PoststackError("PATH_OUTSIDE", {
    what: `${path} is a symbolic link that leaves the project, or lies behind one; nothing was written`,
    next: "remove the link, or let it end inside the project's folder",
  });

/** A link stays one, and what is no regular file (`/dev/stdout`, a pipe) is written into. */
function replace(path: string, text: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  const target = there?.isSymbolicLink() === true ? realpathSync(path) : path;
  const old = lstatSync(target, { throwIfNoEntry: false });
  if (old !== undefined && !old.isFile()) {
    writeFileSync(target, text);
    return;
  }
  const temporary = temporaryName(target);
  try {
    const descriptor = openSync(temporary, "wx", old === undefined ? 0o666 : old.mode & 0o777);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
