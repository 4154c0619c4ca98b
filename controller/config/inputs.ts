import { createHash } from "node:crypto";
import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import type { Files } from "../core/ports/files.ts";

/** One input file. Larger ones are better named by a checksum file. */
const limitBytes = 256 * 1024 * 1024;
const mostFiles = 20_000;

/** What changes without anybody's doing: Poststack's own state, version control, installed packages. */
const leftOut: ReadonlySet<string> = new Set([".poststack", ".git", "node_modules"]);

/**
 * The content of files, folders and patterns (`*`, `?` inside a name, `**` over folders) as SHA-256 by path, relative to
 * the project, sorted. A pattern may match nothing; a plain path must exist.
 *
 * @throws PoststackError `FILE_MISSING`, `FILE_UNREADABLE`, `PATH_OUTSIDE`, `CONFIG_LIMIT`
 */
export function hashInputs(files: Files, inputs: readonly string[], where: Place): ReadonlyMap<string, string> {
  const found = new Set<string>();
  for (const input of inputs) {
    for (const path of expand(files, tidy(input), where)) {
      found.add(path);
      if (found.size > mostFiles) throw tooMany(where);
    }
  }
  return new Map([...found].sort().map((path) => [path, contentHash(files, path, where)]));
}

const contentHash = (files: Files, path: string, from: Place): string =>
  createHash("sha256").update(files.readBytes(path, { limitBytes, from })).digest("hex");

/** `./a//b/` and `a/b` are one path. `..` stays: whether it leads out of the project is for {@link Files} to say. */
function tidy(path: string): string {
  const parts = path.split("/").filter((part, index) => part !== "." && (part !== "" || index === 0));
  return parts.join("/") || ".";
}

function* expand(files: Files, input: string, where: Place): Generator<string> {
  const parts = input.split("/");
  const firstPattern = parts.findIndex(isPattern);
  if (firstPattern >= 0) {
    const folder = parts.slice(0, firstPattern).join("/") || (input.startsWith("/") ? "/" : ".");
    const pattern = patternOf(input);
    for (const path of filesIn(files, folder)) if (pattern.test(path)) yield path;
  } else if (files.isFolder(input)) {
    yield* filesIn(files, input);
  } else if (files.exists(input)) {
    yield input;
  } else {
    throw new PoststackError("FILE_MISSING", {
      what: `input ${input} does not exist`,
      where,
      next: "write a path relative to the project, or a pattern such as seeds/**/*.csv",
    });
  }
}

/** Every file below a folder, however deep. */
function* filesIn(files: Files, folder: string): Generator<string> {
  for (const name of files.list(folder)) {
    if (leftOut.has(name)) continue;
    const path = folder === "." ? name : `${folder}/${name}`;
    if (files.isFolder(path)) yield* filesIn(files, path);
    else yield path;
  }
}

const isPattern = (part: string): boolean => /[*?]/.test(part);

/** `**` stands for any folders, also none; `*` and `?` stop at a slash. */
function patternOf(input: string): RegExp {
  const source = input.split("/").map((part, index, all) => {
    const isLast = index === all.length - 1;
    if (part === "**") return isLast ? ".+" : "(?:[^/]+/)*";
    const name = part
      .replaceAll(/[\\^$+.()|[\]{}]/g, "\\$&")
      .replaceAll(/\*+/g, "[^/]*")
      .replaceAll("?", "[^/]");
    return isLast ? name : `${name}/`;
  });
  return new RegExp(`^${source.join("")}$`, "u");
}

const tooMany = (where: Place): PoststackError =>
  new PoststackError("CONFIG_LIMIT", {
    what: `the inputs are more than ${mostFiles} files`,
    where,
    next: "name fewer of them, or one file that changes with the rest",
  });
