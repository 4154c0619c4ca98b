import { createHash } from "node:crypto";
import type { Stamp, TextCache } from "../core/ports/files.ts";
import { cacheFolder } from "./cache-folder.ts";
import { decode, encode, holds, type Entries, type Entry } from "./text-cache-format.ts";

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
  const cache = cacheFolder(directory, nowMs);
  const name = createHash("sha256").update(owner).digest("hex").slice(0, 32);
  const fresh: Entry[] = [];
  const found = new Set<number>();
  let opened: { readonly entries: Entries; readonly beganAtMs: number } | undefined;

  /** At the first question, which comes before the first look at a file. */
  const open = () => (opened ??= { beganAtMs: nowMs(), entries: decode(cache.read(name), owner, nowMs()) });

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
      if (fresh.some(isNew)) cache.write(name, encode({ entries, found, fresh, owner, beganAtMs }));
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
