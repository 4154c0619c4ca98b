import { parse, resolve } from "node:path";
import type { Files } from "../core/ports/files.ts";

/**
 * The project's files, and those that the command line names, wherever they lie: what the configuration may not reach,
 * the person who typed it may (RELIABILITY 39).
 *
 * @param given absolute
 * @param openFiles the files below a folder
 */
export function withGivenFiles(files: Files, given: readonly string[], openFiles: (root: string) => Files): Files {
  if (given.length === 0) return files;
  const named = new Set(given);
  const filesOf = (path: string): Files => (named.has(path) ? openFiles(parse(resolve(path)).root) : files);
  return {
    ...files,
    read: (path, options) => filesOf(path).read(path, options),
    readBytes: (path, options) => filesOf(path).readBytes(path, options),
    readStamped: (path, options) => filesOf(path).readStamped(path, options),
    digest: (path, options) => filesOf(path).digest(path, options),
    stamp: (path) => filesOf(path).stamp(path),
    exists: (path) => filesOf(path).exists(path),
  };
}
