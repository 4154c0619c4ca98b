import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import type { Place } from "../../core/place.ts";
import { reveal, type Text } from "../../core/secret.ts";

/** Where a program is looked for when the environment has no PATH of its own. */
const usualPath = "/usr/local/bin:/usr/bin:/bin";

/**
 * The absolute path of a program, found as a shell finds it: a name with a slash from the working directory, any other
 * through the PATH of the environment that it will get.
 *
 * @throws PoststackError `COMMAND_MISSING`: no such folder or program, or one that may not be run
 */
export function locate(program: string, environment: ReadonlyMap<string, Text>, cwd: string, place?: Place): string {
  const missing = (what: string, next: string): PoststackError =>
    new PoststackError("COMMAND_MISSING", { what, next, ...(place === undefined ? {} : { where: place }) });

  if (!isFolder(cwd)) throw missing(`the working directory ${cwd} does not exist`, "create it or change `cwd`");
  const path = environment.get("PATH") ?? usualPath;
  const folders = (typeof path === "string" ? path : reveal(path)).split(":");
  const candidates = program.includes("/")
    ? [isAbsolute(program) ? program : resolve(cwd, program)]
    : folders.map((folder) => resolve(cwd, join(folder, program)));

  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  const present = candidates.find(isFile);
  if (present !== undefined) throw missing(`${present} may not be run`, `make it executable: chmod +x ${present}`);
  throw missing(
    `the program ${JSON.stringify(program)} does not exist`,
    program.includes("/") ? `it was looked for at ${candidates.join("")}` : "install it, or add its folder to PATH",
  );
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return isFile(path);
  } catch {
    return false;
  }
}
