import type { Clock } from "../core/ports.ts";
import type { LogFile, LogFiles } from "../core/ports/machine.ts";
import type { Paint, Style } from "../core/render.ts";

/** Between two looks while following, in milliseconds. */
const pollMs = 200;
/** A line that has not ended by then is shown in parts. */
const longestLineBytes = 64 * 1024;
const newline = 10;

/** The logs that are being written or were written last: without what rotation put aside, and one run of each job. */
export function currentLogs(all: readonly LogFile[]): readonly LogFile[] {
  const seen = new Set<string>();
  return all.filter(({ category, name, rotation }) => {
    const key = `${category}:${name}`;
    if (rotation !== undefined || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** `web` means also its replicas `web.1` and `web.2`. */
export const isOf = (name: string, service: string): boolean =>
  name === service || (name.startsWith(`${service}.`) && /^\d+$/.test(name.slice(service.length + 1)));

/** The last lines of a log, also those that rotation has put aside. */
export function lastLines(logs: LogFiles, all: readonly LogFile[], log: LogFile, count: number): readonly string[] {
  const older = all.filter(
    ({ category, name, run, rotation }) =>
      category === log.category && name === log.name && run === log.run && rotation !== undefined,
  );
  let lines = logs.tail(log.path, count).lines;
  for (const { path } of older) {
    if (lines.length >= count) break;
    lines = [...logs.tail(path, count - lines.length).lines, ...lines];
  }
  return lines;
}

const prefixStyles: readonly Style[] = ["run", "add", "change", "strong", "remove"];

/** `web.1 | `, as wide for each name, in a colour of its own. */
export function prefixes(names: readonly string[], paint: Paint): ReadonlyMap<string, string> {
  const width = Math.max(0, ...names.map((name) => name.length));
  return new Map(
    names.map((name, index) => {
      const style = prefixStyles[index % prefixStyles.length] ?? "strong";
      return [name, paint(style, `${name.padEnd(width)} | `)];
    }),
  );
}

interface Follower {
  readonly log: LogFile;
  offsetBytes: number;
  rest: Buffer;
}

interface FollowOptions {
  /** Asked at each look: a job that starts meanwhile has a new file. */
  readonly list: () => readonly LogFile[];
  /** Lines from the end of what is there at the start. */
  readonly lines: number;
  readonly emit: (log: LogFile, line: string) => void;
  /** Ends the following. */
  readonly stop: AbortSignal;
  readonly clock: Clock;
}

/** Shows lines as they are written, until it is stopped. */
export async function follow(logs: LogFiles, options: FollowOptions): Promise<void> {
  const { list, lines, emit, stop, clock } = options;
  const followers = new Map<string, Follower>();
  for (const log of list()) {
    const { lines: last, endBytes, isPartial } = logs.tail(log.path, lines);
    // A line that is half written is shown once it is whole.
    for (const line of isPartial ? last.slice(0, -1) : last) emit(log, line);
    followers.set(log.path, { log, offsetBytes: endBytes, rest: Buffer.alloc(0) });
  }
  while (!stop.aborted) {
    await clock.sleep(pollMs, stop).catch(() => undefined);
    for (const log of list()) {
      if (!followers.has(log.path)) followers.set(log.path, { log, offsetBytes: 0, rest: Buffer.alloc(0) });
    }
    // Also those that are no longer listed: the run before this one may have last words, and what is gone may come back.
    for (const follower of followers.values()) advance(follower, logs, emit);
  }
  for (const { log, rest } of followers.values()) if (rest.length > 0) emit(log, rest.toString("utf8"));
}

function advance(follower: Follower, logs: LogFiles, emit: FollowOptions["emit"]): void {
  for (;;) {
    const { bytes, endBytes } = logs.readFrom(follower.log.path, follower.offsetBytes);
    // Cut by rotation: what had been read of a line is no longer the beginning of the next.
    const before = endBytes < follower.offsetBytes ? Buffer.alloc(0) : follower.rest;
    follower.offsetBytes = endBytes;
    follower.rest = Buffer.concat([before, bytes]);
    if (bytes.length === 0) return;
    let start = 0;
    for (let end = follower.rest.indexOf(newline); end >= 0; end = follower.rest.indexOf(newline, start)) {
      emit(follower.log, follower.rest.toString("utf8", start, end));
      start = end + 1;
    }
    follower.rest = follower.rest.subarray(start);
    if (follower.rest.length > longestLineBytes) {
      emit(follower.log, follower.rest.toString("utf8"));
      follower.rest = Buffer.alloc(0);
    }
  }
}
