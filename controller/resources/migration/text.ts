import { createHash, hash } from "node:crypto";
import { fileSetting, type FileSetting } from "./file-settings.ts";
import { batchHeader, phaseHeader, type BatchHeader, type Phase } from "./phases/header.ts";

/** What the comment lines at the top of a migration say to Poststack. */
export interface Headers {
  /** False with `-- poststack: no-transaction`. */
  readonly transactional: boolean;
  /** What holds for this file only, in order. */
  readonly settings: readonly FileSetting[];
  /** Which part it is of a change that two releases live through. */
  readonly phase?: Phase;
  /** How a backfill goes: the lines about it taken together. */
  readonly batch?: BatchHeader;
  /** The first header that means nothing. Line and column count from 1. */
  readonly unknown?: { readonly text: string; readonly line: number; readonly column: number };
}

/**
 * SHA-256 in hex of a migration's text with `\n` line ends and without a byte order mark, so that an editor or a checkout
 * on Windows does not edit it.
 */
export function checksumOf(bytes: Buffer): string {
  const start = startOf(bytes);
  const plain = start === 0 && !bytes.includes(carriageReturn) ? bytes : normalised(bytes.subarray(start));
  // crypto.hash came with Node 20.12 and 21.7. It makes no object for each call, which counts with ten thousand files.
  return typeof hash === "function" ? hash("sha256", plain, "hex") : createHash("sha256").update(plain).digest("hex");
}

/** Latin 1 maps every byte to one character and back, so the replacing is right for UTF-8 too. */
const normalised = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.toString("latin1").replaceAll(/\r\n?/g, "\n"), "latin1");

const carriageReturn = 13;
const hyphen = 45;
const startOf = (bytes: Buffer): number => (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0);

/** Looks at the leading comment lines only; most files have none and cost a byte. */
export function headersOf(bytes: Buffer): Headers {
  let transactional = true;
  let phased: Pick<Headers, "phase" | "batch"> = {};
  let unknown: Headers["unknown"];
  const settings: FileSetting[] = [];
  let at = startOf(bytes);
  for (let line = 1; at < bytes.length; line++) {
    const end = bytes.indexOf("\n", at);
    const next = end < 0 ? bytes.length : end + 1;
    const first = bytes[at] ?? hyphen;
    // A character that is no blank and no hyphen: the statements begin.
    if (first > 32 && first !== hyphen) break;
    const text = bytes.toString("utf8", at, Math.min(next, at + longestHeader));
    const comment = /^\s*(?:--|$)/.test(text);
    if (!comment) break;
    const header = /^\s*--\s*poststack\s*:(?<value>.*)/i.exec(text);
    const value = header?.groups?.["value"]?.trim();
    const setting = value === undefined ? undefined : fileSetting(value, line);
    const phase = value === undefined ? undefined : phaseHeader(value);
    const batch = value === undefined ? undefined : batchHeader(value);
    if (value === "no-transaction") transactional = false;
    else if (phase !== undefined) phased = { ...phased, phase };
    else if (batch !== undefined) phased = { ...phased, batch: { ...phased.batch, ...batch } };
    else if (setting !== undefined) settings.push(setting);
    else if (value !== undefined && !isAllowance.test(value))
      unknown ??= { text: value, line, column: text.indexOf("-") + 1 };
    at = next;
  }
  return { transactional, settings, ...phased, ...(unknown === undefined ? {} : { unknown }) };
}

const noHeaders: Headers = { transactional: true, settings: [] };

/** The same of a text. Most do not name us at all, and cost one search. */
export const headersIn = (text: string): Headers =>
  /poststack/i.test(text) ? headersOf(Buffer.from(text)) : noHeaders;

export const settingsOf = (text: string): readonly FileSetting[] => headersIn(text).settings;

/** Schemas in which a text has names without a schema looked for; undefined: in those of the session. */
export const searchPathOf = (text: string): readonly string[] | undefined =>
  settingsOf(text).findLast(({ schemas }) => schemas !== undefined)?.schemas;

/** For the rules of `db lint`, which look at it themselves: it says nothing of how the file runs. */
export const isAllowance = /^allow(?:-file)?\b/i;

/** Bytes of a line that are looked at: a comment may be of any length, a header is short. */
const longestHeader = 1_000;
