import { StringDecoder } from "node:string_decoder";
import type { LogChunk } from "../../core/ports/containers.ts";
import type { Frame } from "./frames.ts";

interface Open {
  at: string;
  text: string;
  /** Of characters that are in two frames. */
  readonly decoder: StringDecoder;
}

/** Characters after which a line is told although its end has not come: a progress bar may never write one. */
const longestLine = 64 * 1024;

/** `2026-11-20T08:00:00.123456789Z `, or with an offset as Podman writes it. */
const stamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) /;
const stampLength = 48;

/**
 * The lines of a container's output, which the engine was asked to give with time stamps. A line longer than 16 KiB comes in
 * several frames, each with a stamp of its own: the first counts, and of a line that is cut that of each part.
 */
export async function* logLines(source: AsyncIterable<Frame>): AsyncGenerator<LogChunk> {
  const open = new Map<Frame["stream"], Open>();
  for await (const { stream, bytes } of source) {
    let at = 0;
    while (at < bytes.length) {
      const found = stamp.exec(bytes.toString("latin1", at, at + stampLength));
      const end = bytes.indexOf(10, at);
      const isWhole = end >= 0;
      const text = bytes.subarray(at + (found?.[0].length ?? 0), isWhole ? end : bytes.length);
      const stamped = utc(found?.[1] ?? "");
      const line = open.get(stream) ?? { at: stamped, text: "", decoder: new StringDecoder("utf8") };
      if (line.text !== "" && line.text.length + text.length > longestLine) {
        yield { stream, at: line.at, line: line.text };
        Object.assign(line, { at: stamped, text: "" });
      }
      line.text += line.decoder.write(text);
      if (isWhole) {
        open.delete(stream);
        yield closed(stream, line);
      } else open.set(stream, line);
      at = isWhole ? end + 1 : bytes.length;
    }
  }
  for (const [stream, line] of open) yield closed(stream, line);
}

const closed = (stream: Frame["stream"], { at, text, decoder }: Open): LogChunk => ({
  stream,
  at,
  // A terminal ends lines with a carriage return as well.
  line: `${text}${decoder.end()}`.replace(/\r$/, ""),
});

/** With the offset taken in, and the fraction as it was written. */
function utc(written: string): string {
  const [, fraction = "", offset] = /(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(written) ?? [];
  if (offset === undefined || offset === "Z") return written;
  const seconds = new Date(written.replace(fraction, "")).toISOString().slice(0, 19);
  return `${seconds}${fraction}Z`;
}
