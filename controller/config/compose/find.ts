import { dirname, join, resolve } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import type { Variables } from "./variables.ts";

/** What a Compose file is called, the preferred name first (spec, 03-compose-file). */
const names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const overrides = [
  "compose.override.yml",
  "compose.override.yaml",
  "docker-compose.override.yml",
  "docker-compose.override.yaml",
];

/**
 * The Compose files that are meant where nobody names any: COMPOSE_FILE, else the one in the folder or in the nearest
 * folder above that has one, with its override file.
 *
 * @param folder absolute
 * @returns absolute paths, at least one
 * @throws PoststackError `FILE_MISSING`
 */
export function findComposeFiles(
  folder: string,
  variables: Variables,
  exists: (path: string) => boolean,
): readonly string[] {
  const named = variables.get("COMPOSE_FILE");
  if (named !== undefined && named !== "") {
    const separator = variables.get("COMPOSE_PATH_SEPARATOR") || ":";
    return named.split(separator).flatMap((path) => (path === "" ? [] : [resolve(folder, path)]));
  }
  for (let here = folder; ; here = dirname(here)) {
    const first = (candidates: readonly string[]): string | undefined =>
      candidates.map((name) => join(here, name)).find(exists);
    const file = first(names);
    if (file !== undefined) {
      const override = first(overrides);
      return override === undefined ? [file] : [file, override];
    }
    if (here === dirname(here)) break;
  }
  throw new PoststackError("FILE_MISSING", {
    what: `no ${names.join(", ")} in ${folder} or in any folder above`,
    next: "name the Compose file with -f",
  });
}
