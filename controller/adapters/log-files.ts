import { closeSync, fstatSync, openSync, readdirSync, readlinkSync, readSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { compareNaturally } from "../core/natural-order.ts";
import type { LogFile, LogFiles, LogTail } from "../core/ports/machine.ts";
import { hasCode } from "./atomic-file.ts";

const chunkBytes = 64 * 1024;
/** The most that is read back for the last lines of one log. */
const longestTailBytes = 16 * 1024 * 1024;
const longestReadBytes = 1024 * 1024;
const newline = 10;

/** Logs as the server, the supervisor and the jobs leave them in the environment's state directory. */
export function logFiles(directory: string): LogFiles {
  const list = (): readonly LogFile[] =>
    [
      ...filesIn(join(directory, "logs", "processes"), processLog, "process"),
      ...filesIn(join(directory, "logs", "jobs"), jobLog, "job"),
      ...filesIn(directory, serverLog, "postgres"),
    ].sort(
      (a, b) =>
        order.indexOf(a.category) - order.indexOf(b.category) ||
        compareNaturally(a.name, b.name) ||
        ((b.run ?? "") < (a.run ?? "") ? -1 : (b.run ?? "") > (a.run ?? "") ? 1 : 0) ||
        (a.rotation ?? 0) - (b.rotation ?? 0),
    );
  return { list, tail, readFrom, openOnes, remove: (path) => rmSync(path, { force: true }) };
}

const order: readonly LogFile["category"][] = ["process", "job", "postgres"];

const processLog = /^(?<name>.+?)\.log(?:\.(?<rotation>[1-9]))?$/;
/** The moment in a job's log is its start: `seed-20261120T052913123Z.log`. */
const jobLog = /^(?<name>.+)-(?<run>\d{8}T\d{9}Z)\.log(?:\.(?<rotation>[1-9]))?$/;
const serverLog = /^(?<name>postgres)\.log(?:\.(?<rotation>[1-9]))?$/;

function filesIn(folder: string, form: RegExp, category: LogFile["category"]): readonly LogFile[] {
  return namesIn(folder).flatMap((entry): readonly LogFile[] => {
    const { name, rotation, run } = form.exec(entry)?.groups ?? {};
    const path = join(folder, entry);
    const stats = name === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
    if (name === undefined || stats?.isFile() !== true) return [];
    return [
      {
        name,
        category,
        path,
        sizeBytes: stats.size,
        writtenAt: stats.mtime,
        ...(rotation === undefined ? {} : { rotation: Number(rotation) }),
        ...(run === undefined ? {} : { run }),
      },
    ];
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

/** From the end backwards, until there are enough line ends. */
function tail(path: string, lines: number): LogTail {
  return withFile(path, { lines: [], endBytes: 0, isPartial: false }, (descriptor) => {
    const { size } = fstatSync(descriptor);
    const chunks: Buffer[] = [];
    let start = size;
    let ends = 0;
    // One more line end than lines: the one at the very end closes the last line.
    while (start > 0 && ends <= lines && size - start < longestTailBytes) {
      const length = Math.min(chunkBytes, start);
      const chunk = Buffer.alloc(length);
      start -= length;
      readSync(descriptor, chunk, 0, length, start);
      for (const byte of chunk) if (byte === newline) ends++;
      chunks.unshift(chunk);
    }
    const bytes = Buffer.concat(chunks);
    const lastEnd = bytes.lastIndexOf(newline) + 1;
    const isPartial = lastEnd < bytes.length;
    const all = bytes.toString("utf8").split("\n");
    if (!isPartial) all.pop();
    return { lines: lines === 0 ? [] : all.slice(-lines), endBytes: start + lastEnd, isPartial };
  });
}

function readFrom(path: string, fromBytes: number): { readonly bytes: Buffer; readonly endBytes: number } {
  return withFile(path, { bytes: Buffer.alloc(0), endBytes: 0 }, (descriptor) => {
    const { size } = fstatSync(descriptor);
    const start = size < fromBytes ? 0 : fromBytes;
    const bytes = Buffer.alloc(Math.min(size - start, longestReadBytes));
    const read = readSync(descriptor, bytes, 0, bytes.length, start);
    return { bytes: bytes.subarray(0, read), endBytes: start + read };
  });
}

function withFile<T>(path: string, missing: T, work: (descriptor: number) => T): T {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return missing;
    throw error;
  }
  try {
    return work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** By the open files that /proc shows: those of every process as root, else those of this user's. */
function openOnes(paths: readonly string[]): ReadonlySet<string> | undefined {
  const wanted = new Set(paths);
  const processes = quietly(() => readdirSync("/proc").filter((name) => /^\d+$/.test(name)));
  if (processes === undefined || processes.length === 0) return undefined;
  const targets = processes.flatMap((pid) => {
    const folder = `/proc/${pid}/fd`;
    const descriptors = quietly(() => readdirSync(folder)) ?? [];
    return descriptors.flatMap((descriptor) => quietly(() => readlinkSync(`${folder}/${descriptor}`)) ?? []);
  });
  return new Set(targets.filter((target) => wanted.has(target)));
}

/** A process that ended meanwhile, or belongs to somebody else, has nothing to tell. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
