/** One entry of an archive. Its content is there to be read until the next is asked for, which passes over the rest. */
export interface ReadEntry {
  /** As it stands there. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly sizeBytes: number;
  readonly content: AsyncIterable<Buffer>;
}

/** The archive is cut, or is none. */
export class NoArchive extends Error {}

const block = 512;
/** Bytes of an extended header: one path and some numbers. */
const extensionLimitBytes = 64 * 1024;

/**
 * Reads what `tarHead` writes: ustar with pax headers (manual: POSIX, pax Interchange Format). Any other kind of entry, a
 * link above all, is none of ours. The source is read to its end, so that what checks it has seen all of it.
 *
 * @throws NoArchive
 */
export async function* tarEntries(source: AsyncIterable<Buffer>): AsyncGenerator<ReadEntry> {
  const input = reader(source);
  let extended = new Map<string, string>();
  for (;;) {
    const head = await input.exactly(block);
    if (head.every((byte) => byte === 0)) return input.rest();
    if (octal(head, 148, 8) !== checksum(head)) throw new NoArchive("an entry's head has another checksum");
    const flag = head.toString("latin1", 156, 157);
    const sizeBytes = Number(extended.get("size") ?? octal(head, 124, 12));
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw new NoArchive("an entry has no size");
    const padding = (block - (sizeBytes % block)) % block;
    if (flag === "x") {
      if (sizeBytes > extensionLimitBytes) throw new NoArchive("an extended head is too long");
      extended = records((await input.exactly(sizeBytes + padding)).subarray(0, sizeBytes).toString());
      continue;
    }
    if (flag !== "0" && flag !== "5") throw new NoArchive(`an entry of type ${JSON.stringify(flag)}`);
    const path = extended.get("path") ?? text(head.subarray(0, 100));
    extended = new Map();
    let leftBytes = sizeBytes;
    const content = async function* (): AsyncGenerator<Buffer> {
      while (leftBytes > 0) {
        const chunk = await input.atMost(leftBytes);
        leftBytes -= chunk.length;
        yield chunk;
      }
    };
    yield { path, isFolder: flag === "5", sizeBytes, content: content() };
    while (leftBytes > 0) leftBytes -= (await input.atMost(leftBytes)).length;
    await input.exactly(padding);
  }
}

function reader(source: AsyncIterable<Buffer>) {
  const chunks = source[Symbol.asyncIterator]();
  let ahead: Buffer = Buffer.alloc(0);
  /** At least one byte. */
  const atMost = async (bytes: number): Promise<Buffer> => {
    while (ahead.length === 0) {
      const next = await chunks.next();
      if (next.done === true) throw new NoArchive("it ends in the middle");
      ahead = next.value;
    }
    const taken = ahead.subarray(0, bytes);
    ahead = ahead.subarray(taken.length);
    return taken;
  };
  const exactly = async (bytes: number): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for (let left = bytes; left > 0;) {
      const part = await atMost(left);
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  };
  const rest = async (): Promise<void> => {
    while ((await chunks.next()).done !== true);
  };
  return { atMost, exactly, rest };
}

const text = (bytes: Buffer): string => bytes.toString("utf8").replace(/\0.*$/s, "");
const octal = (bytes: Buffer, at: number, length: number): number =>
  Number.parseInt(text(bytes.subarray(at, at + length)).trim() || "0", 8);

/** The sum of all bytes, its own field counted as blanks. */
const checksum = (head: Buffer): number =>
  head.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);

/** `<length> key=value\n` each. */
function records(all: string): Map<string, string> {
  const found = new Map<string, string>();
  let bytes = Buffer.from(all);
  while (bytes.length > 0) {
    const [, length = "", key = "", value = ""] =
      /^(\d+) ([^=]+)=(.*)\n$/s.exec(
        bytes.subarray(0, Number.parseInt(bytes.toString("latin1", 0, 12), 10) || 0).toString(),
      ) ?? [];
    if (length === "") throw new NoArchive("an extended head that is none");
    found.set(key, value);
    bytes = bytes.subarray(Number(length));
  }
  return found;
}
