export interface Frame {
  readonly stream: "stdout" | "stderr";
  readonly bytes: Buffer;
}

const headerLength = 8;

/** A frame of a container's output is at most a line of 16 KiB; one that claims more is no frame. */
const longestFrame = 64 * 1024 * 1024;

/**
 * The frames of a stream as the engine sends them (Docker Engine API, "Attach to a container", Stream format): a byte that
 * names the stream, three zeros, a length, the bytes. With a terminal there is one stream and no frames: then the bytes
 * come as they are. Text begins with no byte below 3, so the first ones tell.
 */
export async function* frames(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  let isFramed: boolean | undefined;
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    isFramed ??= rest.length === 0 ? undefined : (rest[0] ?? 0) <= 2;
    if (isFramed === false) {
      yield { stream: "stdout", bytes: rest };
      rest = Buffer.alloc(0);
      continue;
    }
    let at = 0;
    while (rest.length - at >= headerLength) {
      const length = rest.readUInt32BE(at + 4);
      if (length > longestFrame) throw new Error("the engine's output is not framed as its API says");
      if (rest.length - at < headerLength + length) break;
      const stream = rest[at] === 2 ? "stderr" : "stdout";
      yield { stream, bytes: rest.subarray(at + headerLength, at + headerLength + length) };
      at += headerLength + length;
    }
    rest = rest.subarray(at);
  }
  // A connection without a length ends where it breaks, too.
  if (rest.length > 0) throw new Error("the engine's output ends in the middle of a frame");
}

/** A message of an engine has some hundred bytes, one of a build with many steps some hundred KiB. */
const longestLine = 4 * 1024 * 1024;

/** Lines of a stream of text, without their ends; what follows the last end is one, too. */
export async function* lines(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    let at = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, at)) {
      yield Buffer.concat([...parts, chunk.subarray(at, end)]).toString("utf8");
      [parts, length, at] = [[], 0, end + 1];
    }
    parts.push(chunk.subarray(at));
    length += chunk.length - at;
    if (length > longestLine) throw new Error("the engine's messages have no line ends as its API says");
  }
  if (length > 0) yield Buffer.concat(parts).toString("utf8");
}
