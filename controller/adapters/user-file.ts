import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { PoststackError } from "../core/errors.ts";
import { hasCode } from "./atomic-file.ts";

/**
 * Writes a file that belongs to the user: a saved plan, a new migration, a new project.
 *
 * @throws PoststackError `FILE_EXISTS` when it may not be overwritten, `FILE_UNREADABLE` when it cannot be written
 */
export function writeUserFile(path: string, text: string, { overwrite }: { readonly overwrite: boolean }): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: overwrite ? "w" : "wx" });
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
