import { constants, type Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { PoststackError } from "../../core/errors.ts";
import type { Stamp } from "../../core/ports/files.ts";
import type { TarEntry } from "./tar.ts";

/** One file, folder or link of what is sent to be built. */
export interface ContextEntry extends Omit<TarEntry, "content"> {
  readonly sizeBytes: number;
  /** Where to read it, or what it holds. */
  readonly from: ContextFile | { readonly text: string } | undefined;
}

interface ContextFile {
  readonly file: string;
  /** As it was found; undefined: nothing but reading it tells what it holds. */
  readonly stamp: Stamp | undefined;
}

/** A pipe must not make us wait, and what was a file a moment ago must not lead us through a link. */
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

const pieceBytes = 256 * 1024;

/**
 * As many bytes as the entry says: a file that grows meanwhile is cut, one that shrinks is an error.
 *
 * @param opened told of the open file before its first byte is read
 * @throws PoststackError `FILE_UNREADABLE`, and the signal's reason
 */
export async function* contentOf(
  { from, sizeBytes, path }: ContextEntry,
  signal: AbortSignal,
  opened?: (stats: Stats) => void,
): AsyncGenerator<Buffer> {
  if (from === undefined || sizeBytes === 0) return;
  if ("text" in from) {
    yield Buffer.from(from.text);
    return;
  }
  const handle = await opening(from.file, path);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw changed(path, "is no file any more");
    opened?.(stats);
    for (let position = 0; position < sizeBytes;) {
      signal.throwIfAborted();
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, sizeBytes - position));
      const { bytesRead } = await handle.read(piece, 0, piece.length, position);
      if (bytesRead === 0) throw changed(path, "became shorter while it was read");
      position += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function opening(file: string, path: string): Promise<FileHandle> {
  try {
    return await open(file, openFlags);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown fault";
    if (code === "ENOENT" || code === "ELOOP") throw changed(path, "was replaced or removed while it was read", error);
    throw new PoststackError(
      "FILE_UNREADABLE",
      {
        what: `${path} of the build context cannot be read (${code})`,
        next: "see who may read it, or leave it out in .dockerignore",
      },
      { cause: error },
    );
  }
}

const changed = (path: string, how: string, cause?: unknown): PoststackError =>
  new PoststackError(
    "FILE_UNREADABLE",
    { what: `${path} of the build context ${how}`, next: "run the same again when nothing writes there" },
    { cause },
  );
