import { isAbsolute, relative, resolve } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import { fileStart, type Place } from "../../core/place.ts";
import type { Files } from "../../core/ports/files.ts";
import { limits } from "../limits.ts";
import type { MapTree } from "../tree.ts";
import type { Dialect } from "../yaml-tree.ts";
import { parseYamlDocuments } from "../yaml.ts";
import { overrideTag, resetTag } from "./canonical.ts";
import type { Report } from "./report.ts";
import { resolveCompose } from "./scalar.ts";

const dialect: Dialect = { tags: new Set([resetTag, overrideTag]), resolve: resolveCompose };

/** Reads a Compose file's documents, each file once. */
export type ReadDocuments = (file: string, from?: Place) => readonly MapTree[];

export function documentReader(files: Files, report: Report): ReadDocuments {
  const known = new Map<string, readonly MapTree[]>();
  return (file, from) => {
    const read = known.get(file);
    if (read !== undefined) return read;
    const documents = report.attempt(() => readDocuments(files, file, from)) ?? [];
    known.set(file, documents);
    return documents;
  };
}

/** @throws PoststackError(s) of `FILE_*`, `PATH_OUTSIDE`, `CONFIG_SYNTAX`, `CONFIG_DUPLICATE_KEY`, `CONFIG_LIMIT`, `CONFIG_TYPE` */
function readDocuments(files: Files, file: string, from: Place | undefined): readonly MapTree[] {
  if (files.exists(file) && isFolder(files, file)) {
    throw new PoststackError("FILE_UNREADABLE", {
      what: `${shownPath(file, files.root)} is a folder`,
      ...(from === undefined ? {} : { where: from }),
      next: "name the Compose file in it",
    });
  }
  const bytes = files.readBytes(file, {
    limitBytes: limits.bytes,
    tooLarge: "CONFIG_LIMIT",
    ...(from === undefined ? {} : { from }),
  });
  const name = shownPath(file, files.root);
  return parseYamlDocuments(bytes, name, dialect).flatMap((tree) => {
    if (tree.type === "map") return [tree];
    // A comment alone, or what stands before the first `---`.
    if (tree.type === "scalar" && tree.value === null && tree.tag === undefined) return [];
    const where = tree.place ?? fileStart(name);
    throw new PoststackError("CONFIG_TYPE", {
      what: `a Compose file is a map; found ${tree.type === "list" ? "a list" : "a single value"}`,
      where,
      next: "begin with `services:`",
    });
  });
}

/** Whether there is such a folder; what leads out of the project is none. */
export function isFolder(files: Files, path: string): boolean {
  try {
    return files.isFolder(path);
  } catch {
    return false;
  }
}

/** As all places are told: relative to the root, when it lies in there. */
export function shownPath(path: string, root: string): string {
  const inside = relative(root, resolve(root, path));
  return isAbsolute(inside) || inside.startsWith("..") ? path : inside;
}
