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
import { dirname } from "node:path";
import { PoststackError } from "../core/errors.ts";
import { hasCode } from "./atomic-file.ts";
import { temporaryName } from "./temporary-name.ts";

/**
 * Writes a file that belongs to the user: a saved plan, a new migration, a new project. What is overwritten is replaced at
 * once: whoever reads it meanwhile sees the old file or the new one, never half of one.
 *
 * @throws PoststackError `FILE_EXISTS` when it may not be overwritten, `FILE_UNREADABLE` when it cannot be written
 */
export function writeUserFile(path: string, text: string, { overwrite }: { readonly overwrite: boolean }): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (overwrite) replace(path, text);
    else writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    if (hasCode(error, "EEXIST")) {
      throw new PoststackError("FILE_EXISTS", {
        what: `${path} exists`,
        next: "choose another name, or give --force",
      });
    }
    const text = error instanceof Error ? error.message : String(error);
    throw new PoststackError("FILE_UNREADABLE", { what: `cannot write ${path}: ${text}` }, { cause: error });
  }
}

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
