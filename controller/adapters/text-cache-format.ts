import { createHash } from "node:crypto";
import type { Stamp } from "../core/ports/files.ts";

/** Of another format, nothing is read: it is written anew. */
const format = 1;

/** One file's text. Neither path nor fact holds a line end. */
export interface Entry {
  readonly path: string;
  readonly stamp: Stamp;
  readonly fact: string;
}

/** What was read, in columns: ten thousand objects would cost more than the files that they spare. */
export interface Entries {
  readonly rowOf: (path: string) => number | undefined;
  readonly paths: readonly string[];
  readonly facts: readonly string[];
  /** Five numbers for each row, as {@link Stamp} has them. */
  readonly stamps: Float64Array;
}

const none: Entries = { rowOf: () => undefined, paths: [], facts: [], stamps: new Float64Array() };

const columns = 5;

/** The size in bytes of a SHA-256 in hex, which a file begins with. */
const digestBytes = 64;

interface Written {
  readonly entries: Entries;
  /** Rows of the entries that stay. */
  readonly found: ReadonlySet<number>;
  readonly fresh: readonly Entry[];
  readonly owner: string;
  /** Before the first file of these was looked at. */
  readonly beganAtMs: number;
}

interface Head {
  readonly format: number;
  readonly owner: string;
  readonly beganAtMs: number;
  /** Sizes in bytes; the stamps are the rest. */
  readonly paths: number;
  readonly facts: number;
}

/** The digest of the rest, a line of JSON, paths and facts by line, and the stamps as this machine has numbers in memory. */
export function encode({ entries, found, fresh, owner, beganAtMs }: Written): Buffer {
  const rows = [...found].sort((a, b) => a - b).map((row) => entryAt(entries, row));
  const all = [...rows, ...fresh].sort((a, b) => (a.path < b.path ? -1 : 1));
  const paths = Buffer.from(all.map(({ path }) => path).join("\n"));
  const facts = Buffer.from(all.map(({ fact }) => fact).join("\n"));
  const stamps = Float64Array.from(all.flatMap(({ stamp }) => numbersOf(stamp)));
  const head: Head = { format, owner, beganAtMs, paths: paths.length, facts: facts.length };
  const body = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), paths, facts, Buffer.from(stamps.buffer)]);
  return Buffer.concat([Buffer.from(digestOf(body)), body]);
}

/**
 * What {@link encode} wrote; nothing where it is broken, another owner's, of another version, or from the future: a clock
 * that was set back gives the same time twice.
 */
export function decode(bytes: Buffer | undefined, owner: string, nowMs: number): Entries {
  if (bytes === undefined || bytes.length < digestBytes) return none;
  const body = bytes.subarray(digestBytes);
  if (bytes.toString("latin1", 0, digestBytes) !== digestOf(body)) return none;
  try {
    const start = body.indexOf("\n") + 1;
    const head = JSON.parse(body.toString("utf8", 0, start)) as Head;
    if (head.format !== format || head.owner !== owner || !(head.beganAtMs <= nowMs)) return none;
    const between = start + head.paths;
    const end = between + head.facts;
    const paths = body.toString("utf8", start, between).split("\n");
    const facts = body.toString("utf8", between, end).split("\n");
    // Copied to where a number may begin.
    const stamps = new Float64Array(new Uint8Array(body.subarray(end)).buffer);
    if (stamps.length !== paths.length * columns || facts.length !== paths.length) return none;
    return { rowOf: rowFinder(paths), paths, facts, stamps };
  } catch {
    // Whole, and not ours.
    return none;
  }
}

/** Files are asked for in the order in which they were kept, so that the next one is mostly the one. */
function rowFinder(paths: readonly string[]): Entries["rowOf"] {
  let next = 0;
  let rows: ReadonlyMap<string, number> | undefined;
  return (path) => {
    if (paths[next] === path) return next++;
    rows ??= new Map(paths.map((one, row) => [one, row]));
    const row = rows.get(path);
    if (row !== undefined) next = row + 1;
    return row;
  };
}

/** Whether a row is of a file in this state. */
export function holds({ stamps }: Entries, row: number, { dev, ino, size, mtimeMs, ctimeMs }: Stamp): boolean {
  const at = row * columns;
  return (
    stamps[at + 4] === ctimeMs &&
    stamps[at + 3] === mtimeMs &&
    stamps[at + 2] === size &&
    stamps[at + 1] === ino &&
    stamps[at] === dev
  );
}

const numbersOf = ({ dev, ino, size, mtimeMs, ctimeMs }: Stamp): readonly number[] => [
  dev,
  ino,
  size,
  mtimeMs,
  ctimeMs,
];

function entryAt({ paths, facts, stamps }: Entries, row: number): Entry {
  const [dev = 0, ino = 0, size = 0, mtimeMs = 0, ctimeMs = 0] = stamps.subarray(row * columns, (row + 1) * columns);
  return { path: paths[row] ?? "", fact: facts[row] ?? "", stamp: { dev, ino, size, mtimeMs, ctimeMs } };
}

const digestOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
