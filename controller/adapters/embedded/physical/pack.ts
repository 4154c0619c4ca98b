import { createHash } from "node:crypto";
import { createWriteStream, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import { PoststackError } from "../../../core/errors.ts";
import type { BackupEnd, Packed } from "../../../core/ports/cluster-copies.ts";
import { hasCode, unlessUnwritable } from "../../atomic-file.ts";
import { tarEnd, tarEntry, tarHead, tarPadding } from "../../containers/tar.ts";
import type { Layout } from "../layout.ts";
import { manifestName, renderBackupManifest, type CopiedFile } from "./backup-manifest.ts";
import { belonging } from "./left-out.ts";
import { openRegular, unreadable } from "./regular-file.ts";

/** The data directory, and whose it is. */
type Source = Pick<Layout, "data" | "user">;

const chunkBytes = 1024 * 1024;
const controlFile = "global/pg_control";

/** Folders that a server wants to find and that are empty in a copy, or not in it at all. */
const insideWal = ["pg_wal/archive_status", "pg_wal/summaries"];

/** @see ClusterCopies.pack in core/ports/cluster-copies.ts */
export async function packCluster(
  source: Source,
  file: string,
  stop: () => Promise<BackupEnd>,
  signal: AbortSignal,
): Promise<Packed> {
  const files: CopiedFile[] = [];
  const packed = createHash("sha256");
  try {
    await pipeline(
      archive(source, stop, files),
      // As much data as the server has: what takes the least time per byte.
      createGzip({ level: constants.Z_BEST_SPEED }),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          packed.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(file, { flags: "r+" }),
      { signal },
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw unlessUnwritable(error, file);
  }
  return { files: files.length, sha256: packed.digest("hex") };
}

async function* archive(source: Source, stop: () => Promise<BackupEnd>, files: CopiedFile[]): AsyncGenerator<Buffer> {
  for (const path of everythingIn(source.data, "")) {
    if (path.endsWith("/")) yield tarEntry({ path, type: "folder", mode: 0o700 });
    else if (path !== controlFile) yield* fileEntry(source, path, files);
  }
  // Last, as pg_basebackup does: no copied page is newer than what it says (src/backend/backup/basebackup.c).
  yield* fileEntry(source, controlFile, files);
  const { texts, wal, segments } = await stop();
  for (const [path, text] of texts) yield textEntry(path, text, files);
  for (const path of insideWal) yield tarEntry({ path, type: "folder", mode: 0o700 });
  // Not in the manifest: pg_verifybackup looks into the log by its range.
  const log: CopiedFile[] = [];
  for (const segment of segments) {
    yield* fileEntry(source, `pg_wal/${segment}`, log);
    if (log.at(-1)?.path !== `pg_wal/${segment}`) throw recycled(segment);
  }
  yield textEntry(manifestName, renderBackupManifest(files, wal), []);
  yield tarEnd();
}

/** Folders before what is in them, with a slash at the end. Nothing is followed. */
function* everythingIn(data: string, folder: string): Generator<string> {
  for (const name of belonging(folder, namesIn(join(data, folder)))) {
    const path = folder === "" ? name : `${folder}/${name}`;
    const stats = reading(join(data, path), (one) => lstatSync(one, { throwIfNoEntry: false }));
    if (stats?.isSymbolicLink() === true) throw isLink(join(data, path));
    if (stats?.isDirectory() === true) {
      yield `${path}/`;
      yield* everythingIn(data, path);
    }
    if (stats?.isFile() === true) yield path;
  }
}

/**
 * One that is gone by now is none: its log says so, too. It has the size that it had when it was opened: what is written
 * behind that comes from the log, and what was cut off is filled with zeros, as pg_basebackup does.
 */
async function* fileEntry({ data, user }: Source, path: string, files: CopiedFile[]): AsyncGenerator<Buffer> {
  const failed = (error: unknown): never => {
    throw unreadable("BACKUP_FAILED", join(data, path), error);
  };
  const handle = await openRegular(join(data, path), user).catch((error: unknown) =>
    hasCode(error, "ENOENT") ? undefined : failed(error),
  );
  if (handle === undefined) return;
  try {
    const { size: sizeBytes, mtimeMs } = await handle.stat().catch(failed);
    const modifiedAt = Math.floor(mtimeMs / 1000);
    yield tarHead({ path, type: "file", mode: 0o600, modifiedAt }, sizeBytes);
    const hash = createHash("sha256");
    for (let at = 0; at < sizeBytes;) {
      const chunk = Buffer.alloc(Math.min(chunkBytes, sizeBytes - at));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, at).catch(failed);
      const part = bytesRead === 0 ? chunk : chunk.subarray(0, bytesRead);
      hash.update(part);
      at += part.length;
      yield part;
    }
    yield tarPadding(sizeBytes);
    files.push({ path, sizeBytes, modifiedAt, sha256: hash.digest("hex") });
  } finally {
    await handle.close();
  }
}

function textEntry(path: string, text: string, files: CopiedFile[]): Buffer {
  const content = Buffer.from(text);
  const sha256 = createHash("sha256").update(content).digest("hex");
  files.push({ path, sizeBytes: content.length, modifiedAt: 0, sha256 });
  return tarEntry({ path, type: "file", mode: 0o600, content });
}

/** None of a database that was dropped. */
const namesIn = (folder: string): readonly string[] => reading(folder, (one) => readdirSync(one).sort()) ?? [];

/** Undefined: it is gone. What cannot be read is the data, not the file that is written. */
function reading<T>(path: string, read: (path: string) => T): T | undefined {
  try {
    return read(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw unreadable("BACKUP_FAILED", path, error);
  }
}

const isLink = (path: string): PoststackError =>
  new PoststackError("BACKUP_FAILED", {
    what: `${path} is a link: what it leads to is outside of the data directory`,
    next: "move it back into the data directory, or install pg_dump",
  });

const recycled = (segment: string): PoststackError =>
  new PoststackError("BACKUP_FAILED", {
    what: `the server has thrown ${segment} of its log away while it was copied`,
    next: "set max_replication_slots above 0 and max_slot_wal_keep_size to -1, so that it waits, and run the command again",
  });
