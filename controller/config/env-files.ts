import { isAbsolute, relative, resolve } from "node:path";
import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import type { Files } from "../core/ports/files.ts";
import { parseDotenv, type DotenvEntry } from "./dotenv.ts";
import { undefinedVariable } from "./undefined-variable.ts";

/** An env file, interpolated. */
export interface EnvFile {
  readonly path: string;
  readonly entries: ReadonlyMap<string, { readonly value: string; readonly place: Place }>;
}

const limitBytes = 1024 * 1024;

/** Where an environment's own env file is, relative to the project. */
export const envFileOf = (environment: string): string => `environments/${environment}.env`;

/**
 * The env files of one environment, strongest first: those that the command line gives, the last one strongest, then the
 * environment's own, if there is one. Inside a file `${NAME}` is what the shell says, else the file itself, else a
 * weaker file.
 *
 * @param given absolute, or relative to the project
 * @throws PoststackError `ENV_FILE_SYNTAX`, `VARIABLE_*`, `FILE_MISSING`, `FILE_UNREADABLE`, `PATH_OUTSIDE`
 */
export function readEnvFiles(
  files: Files,
  environment: string,
  given: readonly string[],
  shell: ReadonlyMap<string, string>,
): readonly EnvFile[] {
  const own = envFileOf(environment);
  const weakestFirst: EnvFile[] = [];
  for (const path of [...(files.exists(own) ? [own] : []), ...given]) {
    const weaker = weakestFirst.toReversed();
    const text = files.read(path, { limitBytes });
    weakestFirst.push({ path, entries: entriesOf(text, shownPath(path, files.root), weaker, shell) });
  }
  return weakestFirst.toReversed();
}

/** As all places are told: relative to the project, when it lies in there. */
function shownPath(path: string, root: string): string {
  const inside = relative(root, resolve(root, path));
  return isAbsolute(inside) || inside.startsWith("..") ? path : inside;
}

function entriesOf(
  text: string,
  file: string,
  weaker: readonly EnvFile[],
  shell: ReadonlyMap<string, string>,
): EnvFile["entries"] {
  const entries = parseDotenv(text, {
    file,
    stronger: (name) => shell.get(name),
    weaker: (name) => weaker.find(({ entries: other }) => other.has(name))?.entries.get(name)?.value,
  });
  for (const entry of entries) check(entry);
  return new Map(entries.map(({ name, value, place }) => [name, { value, place }]));
}

function check({ name, value, place, unset }: DotenvEntry): void {
  if (unset[0] !== undefined) throw undefinedVariable(unset[0], place);
  if (name === "" || value.includes("\0")) {
    throw new PoststackError("ENV_FILE_SYNTAX", {
      what: name === "" ? "a variable needs a name" : `the value of ${name} holds a NUL, which no process can be given`,
      where: place,
    });
  }
}
