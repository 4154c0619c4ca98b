import { createHash } from "node:crypto";
import { baseImages } from "../../core/dockerfile.ts";
import { PoststackError } from "../../core/errors.ts";
import type { ContextFacts, ContextSpec } from "../../core/ports/container-images.ts";
import type { TextCache } from "../../core/ports/files.ts";
import { stampOf } from "../file-stamp.ts";
import { readContext, type BuildContext } from "./build-context.ts";
import { contentOf, type ContextEntry } from "./context-content.ts";
import { plain } from "./plain.ts";

/** Bytes of a context that is worth a file of its own in the user's cache: less is read as fast as it is looked up. */
const worthBytes = 1024 * 1024;

/**
 * What a build is made from.
 *
 * @param openCache of digests by the stamps of their files (docs/decisions/0010-known-by-its-stamp.md); absent: all is read
 * @throws PoststackError `FILE_MISSING`, `FILE_UNREADABLE`, `TIMEOUT`, and the signal's reason
 */
export async function contextFacts(
  spec: ContextSpec,
  openCache: (() => TextCache) | undefined,
  signal: AbortSignal,
): Promise<ContextFacts> {
  try {
    const context = await readContext(spec, signal);
    return {
      digest: await digestOf(context, openCache, signal),
      bases: (given) =>
        baseImages(context.dockerfileText, (name) => {
          const value = given?.get(name);
          return value === undefined ? undefined : plain(value);
        }),
    };
  } catch (error) {
    throw isLimit(signal) ? tooSlow(spec, error) : error;
  }
}

/** A signal of `AbortSignal.timeout`, and no person. */
const isLimit = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && reason instanceof DOMException && reason.name === "TimeoutError";

/** What has been read until now is known to the next look, where it is known at all. */
const tooSlow = ({ context }: ContextSpec, cause: unknown): PoststackError =>
  new PoststackError(
    "TIMEOUT",
    {
      what: `reading the build context ${context} took longer than a look at all images may take`,
      next: "leave out in its .dockerignore what the build does not need, and run the same again",
    },
    { cause },
  );

/** SHA-256 in hex over what is sent, but for times: names, types, modes, and the digests of contents. */
async function digestOf(
  { dockerfile, entries }: BuildContext,
  openCache: (() => TextCache) | undefined,
  signal: AbortSignal,
): Promise<string> {
  const size = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const cache = size < worthBytes ? undefined : openCache?.();
  const hash = createHash("sha256").update(`${dockerfile}\0`);
  try {
    for (const entry of entries) {
      signal.throwIfAborted();
      const { path, type, mode, target = "", sizeBytes } = entry;
      const content = await contentDigest(entry, cache, signal);
      hash.update(`${path}\0${type}\0${mode.toString(8)}\0${target}\0${sizeBytes}\0${content}\0`);
    }
  } finally {
    cache?.save();
  }
  return hash.digest("hex");
}

async function contentDigest(entry: ContextEntry, cache: TextCache | undefined, signal: AbortSignal): Promise<string> {
  const { from, path, sizeBytes } = entry;
  const stamp = from !== undefined && "file" in from ? from.stamp : undefined;
  const known = stamp === undefined ? undefined : cache?.find(path, () => stamp);
  if (known !== undefined) return known;
  const hash = createHash("sha256");
  let opened = stamp;
  for await (const piece of contentOf(entry, signal, (stats) => (opened = stampOf(stats, stamp?.dev)))) {
    hash.update(piece);
  }
  const digest = hash.digest("hex");
  // A file that has grown since it was found was not read to its end.
  if (opened?.size === sizeBytes) cache?.keep(path, opened, digest);
  return digest;
}
