import { basename } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import type { Place } from "../../core/place.ts";
import { interpolate } from "../interpolate.ts";
import type { MapTree } from "../tree.ts";
import { valueAt } from "./trees.ts";
import type { Variables } from "./variables.ts";

const form = /^[a-z0-9][a-z0-9_-]*$/;

/**
 * A project's name: what the caller says, else COMPOSE_PROJECT_NAME, else `name:` of the last file that has it, else the
 * folder's name as far as its letters may stand in a name (spec, 04-version-and-name).
 *
 * @throws PoststackError `COMPOSE_NAME`, `VARIABLE_*`
 */
export function projectName(
  given: string | undefined,
  documents: readonly MapTree[],
  directory: string,
  variables: Variables,
): string {
  if (given !== undefined && given !== "") return checked(given, undefined);
  const fromShell = variables.get("COMPOSE_PROJECT_NAME");
  if (fromShell !== undefined && fromShell !== "") return checked(fromShell, undefined);
  const written = documents
    .map((document) => valueAt(document, "name"))
    .findLast((tree) => tree?.type === "scalar" && tree.value !== null && tree.value !== "");
  if (written?.type === "scalar") {
    const text = interpolate(written.text, (name) => variables.get(name), written.place).value;
    if (text !== "") return checked(text, written.place);
  }
  const fromFolder = basename(directory)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
  if (fromFolder !== "") return fromFolder;
  throw new PoststackError("COMPOSE_NAME", {
    what: `the project has no name, and its folder ${JSON.stringify(basename(directory))} gives none`,
    next: "write `name: NAME` in the Compose file",
  });
}

function checked(name: string, where: Place | undefined): string {
  if (form.test(name)) return name;
  throw new PoststackError("COMPOSE_NAME", {
    what: `${JSON.stringify(name)} is no project name`,
    ...(where === undefined ? {} : { where }),
    next: "write small letters, digits, `-` and `_`, and begin with a letter or a digit",
  });
}
