import { createHash } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  constants,
  createReadStream,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { PoststackError } from "../core/errors.ts";
import type { BackupFile, Backups } from "../core/ports/backups.ts";
import { hasCode, syncPath, unlessUnwritable, writeAtomically } from "./atomic-file.ts";
import { backupPrograms } from "./backup-programs.ts";
import { writingForUser } from "./user-file.ts";

/** A manifest has a few hundred bytes. */
const manifestLimitBytes = 64 * 1024;

/** A list of contents has about 80 bytes for each table, index and grant. */
const textLimitBytes = 256 * 1024 * 1024;

/** Read ahead, in bytes: a disk gives a megabyte about as fast as a page. */
const chunkBytes = 1024 * 1024;

const manifestOf = (path: string): string => `${path}.json`;

/** @param environment PATH, where programs are looked for */
export const backupFiles = (environment: NodeJS.ProcessEnv): Backups => ({
  list: (directory) =>
    namesIn(directory)
      .filter((name) => name.endsWith(".dump") || name.endsWith(".tar.gz"))
      .sort()
      .flatMap((name) => find(join(directory, name)) ?? []),
  find,
  occupied: (path) => [path, manifestOf(path)].filter((one) => statsOf(one) !== undefined),
  begin,
  append: (path, bytes) => writing(path, () => appendFileSync(path, bytes)),
  measure,
  read: (path, signal) => chunksOf(path, signal),
  publish(partial, path, manifest) {
    writing(path, () => {
      syncPath(partial);
      writeAtomically(manifestOf(path), manifest);
      renameSync(partial, path);
      syncPath(dirname(path));
    });
  },
  discard: (partial) => rmSync(partial, { force: true }),
  remove(path) {
    // In this order: a manifest without its file is nothing, a file without its manifest would be one to wonder about.
    writing(path, () => {
      for (const one of [path, manifestOf(path)]) rmSync(one, { force: true });
    });
  },
  writeText: (path, text) => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeAtomically(path, text);
  },
  readText: (path) => smallText(path, textLimitBytes) ?? unreadable(path, "it is missing or too large"),
  programs: (major) => backupPrograms(major, environment["PATH"] ?? ""),
});

function find(path: string): BackupFile | undefined {
  const stats = statsOf(path);
  if (stats?.isFile() !== true) return undefined;
  return { path, sizeBytes: stats.size, manifest: smallText(manifestOf(path), manifestLimitBytes) };
}

/** Undefined: nothing has the name, nor can have it below a file. @throws PoststackError `FILE_UNREADABLE` */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    return unreadable(path, error instanceof Error ? error.message : String(error), error);
  }
}

function begin(path: string, isLeftover: (name: string) => boolean, whose: "ours" | "theirs"): string {
  const [folder, partial] = [dirname(path), `${path}.partial`];
  const attempt = whose === "ours" ? writing : writingForUser;
  return attempt(path, () => {
    if (whose === "ours") mkdirSync(folder, { recursive: true, mode: 0o700 });
    const isOld = (name: string): boolean => name === basename(partial) || isLeftover(name);
    for (const name of namesIn(folder).filter(isOld)) rmSync(join(folder, name), { force: true });
    const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
    closeSync(openSync(partial, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600));
    return partial;
  });
}

async function measure(path: string, signal: AbortSignal) {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of chunksOf(path, signal)) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sizeBytes, sha256: hash.digest("hex") };
}

async function* chunksOf(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { signal, highWaterMark: chunkBytes }) as AsyncIterable<Buffer>;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    unreadable(path, error instanceof Error ? error.message : String(error), error);
  }
}

function smallText(path: string, limitBytes: number): string | undefined {
  const stats = statsOf(path);
  if (stats?.isFile() !== true || stats.size > limitBytes) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // What may not be read vouches for nothing.
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return [];
    return unreadable(folder, error instanceof Error ? error.message : String(error), error);
  }
}

/** @throws PoststackError `DISK_FULL`, `STATE_UNWRITABLE` */
function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw unlessUnwritable(error, path);
  }
}

function unreadable(path: string, why: string, cause?: unknown): never {
  throw new PoststackError(
    "FILE_UNREADABLE",
    { what: `${basename(path)} cannot be read: ${why}`, next: `look at ${path}, and whose it is` },
    { cause },
  );
}
