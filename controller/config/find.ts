import { dirname, join } from "node:path";
import { PoststackError } from "../core/errors.ts";

/** What the configuration file is called where nobody names another one. */
export const configFileName = ".poststack.yml";

/**
 * The configuration file of a folder: there, or in the nearest folder above that has one.
 *
 * @param folder absolute
 * @throws PoststackError `CONFIG_MISSING`
 */
export function findConfig(folder: string, exists: (path: string) => boolean): string {
  for (let here = folder; ; here = dirname(here)) {
    const file = join(here, configFileName);
    if (exists(file)) return file;
    if (here === dirname(here)) break;
  }
  throw new PoststackError("CONFIG_MISSING", {
    what: `no ${configFileName} in ${folder} or in any folder above`,
    next: "run `poststack init` to make one, or name it with --file or --project-dir",
  });
}
