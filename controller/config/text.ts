import { isUtf8 } from "node:buffer";
import { PoststackError } from "../core/errors.ts";
import { fileStart, type Place } from "../core/place.ts";
import { limitError, limits } from "./limits.ts";

/** A file's text, and where an offset into it stands. */
export interface Text {
  readonly text: string;
  readonly placeAt: PlaceAt;
}

export type PlaceAt = (offset: number) => Place;

export const syntaxError = (what: string, where: Place, next: string): PoststackError =>
  new PoststackError("CONFIG_SYNTAX", { what, where, next });

/**
 * Bytes of a configuration file as text.
 *
 * @throws PoststackError `CONFIG_LIMIT`, `CONFIG_SYNTAX`
 */
export function decode(bytes: Buffer, file: string): Text {
  if (bytes.length > limits.bytes) {
    throw limitError(`the file is larger than ${limits.bytes / 1024} KiB`, fileStart(file));
  }
  const raw = bytes.toString("utf8");
  if (!isUtf8(bytes)) {
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    if (isUtf16) throw syntaxError("the file is UTF-16", fileStart(file), "save it as UTF-8");
    throw syntaxError("the file is not UTF-8", places(raw, file)(raw.indexOf("\uFFFD")), "save it as UTF-8");
  }
  const text = raw.startsWith("\uFEFF") ? raw.slice(1) : raw;
  const placeAt = places(text, file);

  // All of them but tab, line feed, carriage return and next line (YAML 1.2, production 1: c-printable).
  const control = text.search(/\p{Cc}(?<![\t\n\r\u0085])/u);
  if (control >= 0) {
    const code = text.charCodeAt(control).toString(16).toUpperCase().padStart(4, "0");
    throw syntaxError(`a control character (U+${code})`, placeAt(control), "remove it; is this a text file?");
  }
  return { text, placeAt };
}

/** A search in the sorted starts of the lines. */
function places(text: string, file: string): PlaceAt {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { file, line: low + 1, column: Math.max(0, offset - (starts[low] ?? 0)) + 1 };
  };
}
