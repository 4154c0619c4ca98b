import { createHash } from "node:crypto";
import { createReadStream, lchownSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { createGunzip } from "node:zlib";
import { PoststackError } from "../../../core/errors.ts";
import type { CopyFile } from "../../../core/ports/cluster-copies.ts";
import { hasCode, unlessUnwritable, type Owner } from "../../atomic-file.ts";
import { manifestName, parseBackupManifest } from "./backup-manifest.ts";
import { newFile } from "./regular-file.ts";
import { NoArchive, tarEntries, type ReadEntry } from "./tar-reader.ts";

const chunkBytes = 1024 * 1024;

/** Bytes of a manifest: some 200 for each file. */
const manifestLimitBytes = 256 * 1024 * 1024;

interface Into {
  /** Is there and empty, and nobody else may enter it. */
  readonly folder: string;
  readonly owner: Owner | undefined;
  /** What stays out, by path. */
  readonly isLeftOut: (path: string) => boolean;
}

/**
 * Reads a copy of a cluster to its end and compares every file with the manifest in it; with `into` they are written there,
 * too. The folder is ours alone and no link is ever made in it, so no path leads out. The checksum is that of the bytes which
 * were unpacked: whoever looked at the file before may have seen another.
 *
 * @returns how many files are in the manifest
 * @throws PoststackError `BACKUP_BROKEN`, `DISK_FULL`, `STATE_UNWRITABLE`, `FILE_UNREADABLE`
 */
export async function readCopy(
  { path: file, sha256 }: CopyFile,
  into: Into | undefined,
  signal: AbortSignal,
): Promise<number> {
  const input = createReadStream(file, { highWaterMark: chunkBytes, signal });
  const unzipped = createGunzip({ chunkSize: chunkBytes });
  const read = createHash("sha256");
  input.on("data", (chunk) => read.update(chunk));
  let unread: Error | undefined;
  input.on("error", (error) => unzipped.destroy((unread = error)));
  try {
    const files = await compared(tarEntries(input.pipe(unzipped) as AsyncIterable<Buffer>), into);
    // What stands behind the end of the archive was not unpacked; if it was read, the sum is another.
    if (read.digest("hex") !== sha256) throw new NoArchive("its checksum is not that of the file that was verified");
    return files;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (unread !== undefined) throw unreadable(file, unread);
    if (error instanceof NoArchive || isOfGzip(error)) throw broken(file, error as Error);
    throw into === undefined ? error : unlessUnwritable(error, into.folder);
  } finally {
    input.destroy();
    unzipped.destroy();
  }
}

async function compared(entries: AsyncIterable<ReadEntry>, into: Into | undefined): Promise<number> {
  const found = new Map<string, { readonly sizeBytes: number; readonly sha256: string }>();
  let manifest: string | undefined;
  for await (const entry of entries) {
    const path = safe(entry.path);
    if (manifest !== undefined) throw new NoArchive(`${path} stands behind the manifest`);
    if (entry.isFolder) {
      if (into !== undefined) makeFolder(join(into.folder, path), into);
    } else if (path === manifestName) {
      manifest = await textOf(entry);
    } else {
      const sha256 = await takeFile(entry, path, into);
      if (!path.startsWith("pg_wal/")) found.set(path, { sizeBytes: entry.sizeBytes, sha256 });
    }
  }
  const expected = manifest === undefined ? undefined : parseBackupManifest(manifest);
  if (expected === undefined) throw new NoArchive(`it has no ${manifestName}, or a changed one`);
  for (const path of new Set([...expected.keys(), ...found.keys()])) {
    const [wanted, seen] = [expected.get(path), found.get(path)];
    if (wanted?.sha256 !== seen?.sha256 || wanted?.sizeBytes !== seen?.sizeBytes) {
      throw new NoArchive(`${path} is not what the manifest says`);
    }
  }
  return expected.size;
}

async function takeFile(entry: ReadEntry, path: string, into: Into | undefined): Promise<string> {
  const hash = createHash("sha256");
  const isWritten = into !== undefined && !into.isLeftOut(path);
  const handle = isWritten ? await newFile(join(into.folder, path), into.owner) : undefined;
  try {
    for await (const chunk of entry.content) {
      hash.update(chunk);
      await handle?.writeFile(chunk);
    }
  } finally {
    await handle?.close();
  }
  return hash.digest("hex");
}

function makeFolder(path: string, { owner }: Into): void {
  mkdirSync(path, { mode: 0o700, recursive: true });
  if (owner !== undefined) lchownSync(path, owner.uid, owner.gid);
}

async function textOf(entry: ReadEntry): Promise<string> {
  if (entry.sizeBytes > manifestLimitBytes) throw new NoArchive("its manifest is too long");
  const chunks: Buffer[] = [];
  for await (const chunk of entry.content) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Relative, with names only. */
function safe(path: string): string {
  const names = path.replace(/\/$/, "").split("/");
  if (names.some((name) => name === "" || name === "." || name === ".." || name.includes("\0"))) {
    throw new NoArchive(`an entry is called ${JSON.stringify(path)}`);
  }
  return names.join("/");
}

/** zlib's own codes: Z_DATA_ERROR, Z_BUF_ERROR; and what Node says of an end in the middle. */
const isOfGzip = (error: unknown): boolean =>
  ["Z_DATA_ERROR", "Z_BUF_ERROR", "ERR_STREAM_PREMATURE_CLOSE"].some((code) => hasCode(error, code));

const unreadable = (file: string, cause: Error): PoststackError =>
  new PoststackError(
    "FILE_UNREADABLE",
    { what: `${basename(file)} cannot be read: ${cause.message}`, next: `look at ${file}, and whose it is` },
    { cause },
  );

const broken = (file: string, { message }: Error): PoststackError =>
  new PoststackError("BACKUP_BROKEN", {
    what: `${basename(file)} is no whole copy of a cluster: ${message}`,
    next: "use another backup",
  });
