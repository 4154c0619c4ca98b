import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Stamp, TextCache } from "../core/ports/files.ts";
import { decode, encode, holds, type Entries, type Entry } from "./text-cache-format.ts";
import { temporaryName } from "./temporary-name.ts";

export interface TextCacheOptions {
  /** The folder of all such caches, absolute; need not exist. */
  readonly directory: string;
  /** Whose texts they are: what is kept for another owner is of no use. */
  readonly owner: string;
  /** The same clock that the file system has. */
  readonly nowMs: () => number;
}

/**
 * What was made of texts, by the paths and stamps of their files, in one file of the user's cache
 * (docs/decisions/0010-known-by-its-stamp.md). Whatever is wrong with that file, it is as if it were not there.
 */
export function textCache({ directory, owner, nowMs }: TextCacheOptions): TextCache {
  const file = join(directory, `${createHash("sha256").update(owner).digest("hex").slice(0, 32)}.bin`);
  const fresh: Entry[] = [];
  const found = new Set<number>();
  let opened: { readonly entries: Entries; readonly beganAtMs: number } | undefined;

  /** At the first question, which comes before the first look at a file. */
  const open = () => (opened ??= { beganAtMs: nowMs(), entries: decode(read(file), owner, nowMs()) });

  return {
    find(path, stampOf) {
      const { entries } = open();
      const row = entries.rowOf(path);
      if (row === undefined) return undefined;
      const stamp = stampOf();
      if (stamp === undefined || !holds(entries, row, stamp)) return undefined;
      found.add(row);
      return entries.facts[row];
    },
    wasOfUse: () => found.size > 0,
    keep(path, stamp, fact) {
      const hasLineEnd = path.includes("\n") || fact.includes("\n");
      if (isSettled(stamp, open().beganAtMs) && !hasLineEnd) fresh.push({ path, stamp, fact });
    },
    save() {
      if (fresh.length === 0) return;
      const { entries, beganAtMs } = open();
      const isNew = ({ path, stamp, fact }: Entry): boolean => {
        const row = entries.rowOf(path);
        return row === undefined || !holds(entries, row, stamp) || entries.facts[row] !== fact;
      };
      // What is reached by a link is never found, and kept each time.
      if (fresh.some(isNew)) replace(file, encode({ entries, found, fresh, owner, beganAtMs }), nowMs());
    },
  };
}

/** The coarsest clock of a file system that is trusted: ext3 counts seconds. Twice that. */
const granularityMs = 2_000;

/**
 * A change that comes after the first look has another time than this one: the clock has gone on meanwhile. What is younger
 * may change once more within the same tick, and keep its stamp (git's documentation: racy-git).
 */
const isSettled = ({ mtimeMs, ctimeMs }: Stamp, beganAtMs: number): boolean =>
  Math.max(mtimeMs, ctimeMs) < beganAtMs - granularityMs;

/** Far more than any project has. */
const limitBytes = 256 * 1024 * 1024;

/** It decides what is not read: only a file that this user alone can write is used. */
function read(file: string): Buffer | undefined {
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  try {
    const handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(handle);
      const isOwn = stats.isFile() && stats.uid === uid && (stats.mode & 0o022) === 0;
      return isOwn && stats.size <= limitBytes ? readFileSync(handle) : undefined;
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}

/** Of projects that are gone, or have not changed for so long that reading them once more is no matter. */
const keptForMs = 30 * 24 * 3600 * 1000;

/** Without waiting for the disk: a file that lost its content in a crash is found to be broken. */
function replace(file: string, bytes: Buffer, nowMs: number): void {
  const directory = dirname(file);
  const temporary = temporaryName(file);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) {
      const old = join(directory, name);
      if (nowMs - lstatSync(old).mtimeMs > keptForMs) rmSync(old, { recursive: true, force: true });
    }
    writeFileSync(temporary, bytes, { mode: 0o600, flag: "wx" });
    renameSync(temporary, file);
  } catch {
    removeQuietly(temporary);
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A read-only home is no error.
  }
}
