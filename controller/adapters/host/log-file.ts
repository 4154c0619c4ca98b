import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { hasCode, unlessUnwritable } from "../atomic-file.ts";

const limitBytes = 10 * 1024 * 1024;
const keptFiles = 3;
const tailBytes = 64 * 1024;
const chunkBytes = 1024 * 1024;
/** A copy that is older than this was left by a command that died over it. */
const staleCopyMs = 60_000;

/**
 * The log's file descriptor for a child: only its end can be written, and only the owner can read it.
 *
 * @throws PoststackError `DISK_FULL`, `STATE_UNWRITABLE`
 */
export function openLog(path: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const descriptor = openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
    fchmodSync(descriptor, 0o600);
    return descriptor;
  } catch (error) {
    throw unlessUnwritable(error, path);
  }
}

/** Appends lines as they come. @throws PoststackError `DISK_FULL`, `STATE_UNWRITABLE`; what the lines throw */
export async function writeLog(path: string, lines: AsyncIterable<string>): Promise<void> {
  const descriptor = openLog(path);
  try {
    for await (const line of lines) append(descriptor, `${line}\n`, path);
  } finally {
    closeSync(descriptor);
  }
}

function append(descriptor: number, text: string, path: string): void {
  try {
    writeSync(descriptor, text);
  } catch (error) {
    throw unlessUnwritable(error, path);
  }
}

/** In bytes; 0 when there is no such file. */
export const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/**
 * Keeps a log near 10 MiB: what it holds moves to `.1`, `.1` to `.2`, `.2` to `.3`. The program itself writes to the
 * file and cannot be told to open another one, so the text is copied and the file cut to nothing; O_APPEND makes the
 * program go on at the new end. What it writes between the last read and the cut is lost: some microseconds. Of a log
 * that grew far beyond the limit since the last look only the end is kept.
 */
export function rotate(path: string): void {
  if (sizeOf(path) <= limitBytes) return;
  const copy = `${path}.partial`;
  if (!claim(copy)) return;
  try {
    copyAndCut(path, copy);
  } catch (error) {
    rmSync(copy, { force: true });
    throw error;
  }
  for (let number = keptFiles; number > 1; number--) moveIfThere(`${path}.${number - 1}`, `${path}.${number}`);
  renameSync(copy, `${path}.1`);
}

/** Two passes at once: the one that makes the copy rotates. */
function claim(copy: string): boolean {
  try {
    closeSync(openSync(copy, "wx", 0o600));
    return true;
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    const madeMs = statSync(copy, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    // File times are wall time, so this age is the one place where wall time is right.
    if (Date.now() - madeMs > staleCopyMs) rmSync(copy, { force: true });
    return false;
  }
}

function copyAndCut(path: string, copy: string): void {
  const from = openSync(path, "r+");
  const to = openSync(copy, "w", 0o600);
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let at = Math.max(0, fstatSync(from).size - limitBytes);
    for (let read = readSync(from, chunk, 0, chunkBytes, at); read > 0;) {
      writeSync(to, chunk, 0, read);
      at += read;
      read = readSync(from, chunk, 0, chunkBytes, at);
    }
    ftruncateSync(from, 0);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}

/**
 * The last lines of a file, at most `lines` and 64 KiB, read from its end and not from before byte `from`. A file that
 * is not there has none; one that is shorter than `from` was rotated, and all of it came later.
 */
export function tail(path: string, lines: number, from = 0): readonly string[] {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    return [];
  }
  try {
    const sizeBytes = fstatSync(descriptor).size;
    const first = from <= sizeBytes ? from : 0;
    const start = Math.max(first, sizeBytes - tailBytes);
    const bytes = Buffer.alloc(sizeBytes - start);
    const read = readSync(descriptor, bytes, 0, bytes.length, start);
    const all = bytes.toString("utf8", 0, read).replace(/\n$/, "").split("\n");
    // The first line may have begun before the part that was read.
    const whole = start > first && all.length > 1 ? all.slice(1) : all;
    return whole.length === 1 && whole[0] === "" ? [] : whole.slice(-lines);
  } finally {
    closeSync(descriptor);
  }
}
