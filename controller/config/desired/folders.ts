import { posix, relative, resolve } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import type { Place } from "../../core/place.ts";
import type { Files } from "../../core/ports/files.ts";
import { atPlace } from "../problems.ts";

export interface Folder {
  readonly absolute: string;
  /** To the project; `.` for the project itself. What is compared, so that moving the project changes nothing. */
  readonly relative: string;
}

/**
 * A folder of the project that has to be there.
 * @throws PoststackError `FILE_MISSING`, `PATH_OUTSIDE`
 */
export function folderOf(files: Files, path: string, where: Place): Folder {
  const absolute = resolve(files.root, path);
  if (!atPlace(where, () => files.isFolder(path))) {
    throw new PoststackError("FILE_MISSING", {
      what: `folder ${path} does not exist`,
      where,
      next: "make it, or write a path relative to the project",
    });
  }
  return { absolute, relative: relative(files.root, absolute) || "." };
}

/** `./migrations/` and `migrations` are one path. */
export const tidyPath = (path: string): string => posix.normalize(path).replace(/(?<=.)\/$/, "");
