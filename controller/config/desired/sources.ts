import { dirname, resolve } from "node:path";
import type { Files } from "../../core/ports/files.ts";

export interface RecordingFiles {
  readonly files: Files;
  /** Absolute paths of all that was asked for, sorted. What lies in a folder that was listed goes with the folder. */
  readonly sources: () => readonly string[];
}

/** Remembers what is read: a file that is not there is asked for too, and may come. */
export function recordFiles(files: Files): RecordingFiles {
  const read = new Set<string>();
  const folders = new Set<string>();
  const listed = new Set<string>();
  const single = (path: string): string => noted(read, resolve(files.root, path), path);
  const folder = (path: string): string => noted(folders, resolve(files.root, path), path);
  const recording: Files = {
    root: files.root,
    read: (path, options) => files.read(single(path), options),
    // Thousands of them, whose folder has been listed before.
    readBytes: (path, options) => files.readBytes(listed.has(folderOf(path)) ? path : single(path), options),
    readStamped: (path, options) => files.readStamped(listed.has(folderOf(path)) ? path : single(path), options),
    digest: (path, options) => files.digest(single(path), options),
    stamp: (path) => files.stamp(listed.has(folderOf(path)) ? path : single(path)),
    list: (path) => {
      listed.add(path);
      return files.list(folder(path));
    },
    exists: (path) => files.exists(single(path)),
    isFolder: (path) => files.isFolder(path),
    realPath: (path) => files.realPath(path),
  };
  const sources = (): readonly string[] =>
    [...new Set([...folders, ...[...read].filter((path) => !folders.has(dirname(path)))])].sort();
  return { files: recording, sources };
}

const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf("/"), 0));

function noted(set: Set<string>, absolute: string, path: string): string {
  set.add(absolute);
  return path;
}
