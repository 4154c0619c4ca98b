import { join } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import type { Place } from "../../core/place.ts";
import type { Files } from "../../core/ports/files.ts";
import { parseDotenv, type DotenvEntry } from "../dotenv.ts";
import { limits } from "../limits.ts";
import { shownPath } from "./documents.ts";
import type { Report } from "./report.ts";
import type { Variables } from "./variables.ts";

interface GivenFile {
  /** Absolute. */
  readonly path: string;
  readonly from?: Place;
}

/**
 * What `${…}` may name: the shell, and where that is silent the env files, the later on top: those that are given, or
 * the `.env` of the folder if there is one.
 *
 * @throws PoststackError `ENV_FILE_SYNTAX`, `VARIABLE_*`, `FILE_*`, `PATH_OUTSIDE`
 */
export function readVariables(
  files: Files,
  directory: string,
  given: readonly GivenFile[] | undefined,
  shell: Variables,
  report?: Report,
): Variables {
  const own = join(directory, ".env");
  const paths = given ?? (isFile(files, own) ? [{ path: own }] : []);
  const found = new Map<string, string>();
  for (const file of paths) {
    const entries = readEnvFile(files, file, {
      stronger: (name) => shell.get(name),
      weaker: (name) => found.get(name),
    });
    if (report !== undefined) tellUnset(entries, report);
    for (const { name, value } of entries) found.set(name, value);
  }
  return { get: (name) => shell.get(name) ?? found.get(name) };
}

interface Lookups {
  readonly stronger: (name: string) => string | undefined;
  readonly weaker: (name: string) => string | undefined;
}

/**
 * The entries of one env file.
 *
 * @throws PoststackError `ENV_FILE_SYNTAX`, `VARIABLE_*`, `FILE_*`, `PATH_OUTSIDE`
 */
export function readEnvFile(files: Files, { path, from }: GivenFile, lookups: Lookups): readonly DotenvEntry[] {
  const text = files.read(path, { limitBytes: limits.bytes, ...(from === undefined ? {} : { from }) });
  return parseDotenv(text, { file: shownPath(path, files.root), ...lookups });
}

/**
 * An env file with `format: raw`: every line is `NAME=value`, and a value is what stands there, quotes and dollars and
 * all (spec, 05-services: env_file).
 *
 * @throws PoststackError `ENV_FILE_SYNTAX`, `FILE_*`, `PATH_OUTSIDE`
 */
export function readRawEnvFile(files: Files, { path, from }: GivenFile, lookups: Lookups): readonly DotenvEntry[] {
  const text = files.read(path, { limitBytes: limits.bytes, ...(from === undefined ? {} : { from }) });
  const file = shownPath(path, files.root);
  return text.split(/\r?\n/).flatMap((line, index): readonly DotenvEntry[] => {
    const place: Place = { file, line: index + 1, column: 1 };
    if (/^\s*(?:#|$)/.test(line)) return [];
    const [, name = "", value] = /^\s*([^=\s]*)(?:=(.*))?$/.exec(line) ?? [];
    if (name === "") {
      throw new PoststackError("ENV_FILE_SYNTAX", {
        what: "a line that is not NAME=value",
        where: place,
        next: "write NAME=value, or # in front of a comment",
      });
    }
    const known = value ?? lookups.stronger(name);
    return known === undefined ? [] : [{ name, value: known, place, unset: [] }];
  });
}

/** Tells of names in an env file that stand for nothing. */
export function tellUnset(entries: readonly DotenvEntry[], report: Report): void {
  for (const { unset, place } of entries) for (const name of unset) report.unset(name, place);
}

function isFile(files: Files, path: string): boolean {
  try {
    return files.exists(path) && !files.isFolder(path);
  } catch {
    // It leads out of the project: whoever reads it is told so.
    return true;
  }
}
