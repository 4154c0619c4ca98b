import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { processTable } from "./host/process-table.ts";

const plain = (startTime: string | undefined): string => (startTime ?? "").replaceAll(/[^0-9A-Za-z]/g, "");

/**
 * A name beside `path` for what is going to become it. It says who made it, so that a later process can tell what a
 * dead one left behind from what a living one is writing.
 */
export function temporaryName(path: string): string {
  const startTime = plain(processTable().entry(process.pid)?.startTime);
  return `${path}.new-${process.pid}-${startTime}-${randomBytes(6).toString("hex")}`;
}

/** Everything beside `path` that a process which no longer lives made with {@link temporaryName}. */
export function leftovers(path: string): readonly string[] {
  const start = `${basename(path)}.new-`;
  return namesIn(dirname(path)).flatMap((name) => {
    const [, pid, startTime] =
      /^(\d+)-([0-9A-Za-z]*)-/.exec(name.startsWith(start) ? name.slice(start.length) : "") ?? [];
    if (pid === undefined) return [];
    const maker = processTable().entry(Number(pid));
    const lives = maker !== undefined && !maker.zombie && plain(maker.startTime) === startTime;
    return lives ? [] : [join(dirname(path), name)];
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
