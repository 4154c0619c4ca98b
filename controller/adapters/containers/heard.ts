import type { Readable } from "node:stream";

/**
 * What comes of a stream, as long as something comes: one that says nothing for the time that its reader waits fails.
 * Time in which the reader does something else does not count.
 *
 * @param silent what it fails with
 */
export async function* heard(source: Readable, limitMs: number, silent: () => Error): AsyncGenerator<Buffer> {
  const chunks = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(() => source.destroy(silent()), limitMs);
      const next = await chunks.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    source.destroy();
  }
}
