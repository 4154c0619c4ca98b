import { readFileSync, realpathSync, statSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import type { Owner } from "../atomic-file.ts";

/** Who the server runs as; undefined: as this process, which is not root. */
export type ServerUser = Owner | undefined;

/**
 * Postgres refuses to run as root. Existing data keeps its owner; new data belongs to `postgres` where a package made that
 * user, else to `nobody`, which every system has. initdb asks for an entry in the user database, so a bare number will
 * not do.
 *
 * @throws PoststackError `POSTGRES_START`: root, and neither user exists
 */
export function serverUser(data: string): ServerUser {
  if (process.getuid?.() !== 0) return undefined;
  const stats = statOrNothing(data);
  if (stats !== undefined && stats.uid !== 0) return { uid: stats.uid, gid: stats.gid };
  const found = ["postgres", "_postgres", "nobody"].map(entryOf).find((entry) => entry !== undefined);
  if (found !== undefined) return found;
  throw new PoststackError("POSTGRES_START", {
    what: "Postgres does not run as root, and this machine has neither a user `postgres` nor `nobody`",
    next: "run Poststack as another user, or add a user `postgres`",
  });
}

function entryOf(name: string): Owner | undefined {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [entry, , uid, gid] = line.split(":");
    if (entry === name && Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/** Whether the user may search every folder on the way to the path, as far as it exists; access lists are not asked. */
export function canReach(path: string, user: ServerUser): boolean {
  if (user === undefined) return true;
  const folder = existing(path);
  for (let at = realpathSync(folder); ; at = dirname(at)) {
    if (!maySearch(statSync(at), user)) return false;
    if (at === dirname(at)) return true;
  }
}

/** Whether the user may search this one folder. */
export const canPass = (folder: string, user: Owner): boolean => maySearch(statSync(folder), user);

/** The path, or the nearest folder above it that exists. */
function existing(path: string): string {
  let at = path;
  while (statOrNothing(at) === undefined && at !== dirname(at)) at = dirname(at);
  return at;
}

/** Whether the user may read this one file, wherever it lies; its owner could give himself that right. */
export const mayRead = (stats: Stats, user: Owner): boolean => stats.uid === user.uid || may(0o4, stats, user);

/** For a file it is the right to run it. */
const maySearch = (stats: Stats, user: Owner): boolean => may(0o1, stats, user);

/** @param right as others have it in a mode: 4 to read, 1 to search */
function may(right: number, { uid, gid, mode }: Stats, user: Owner): boolean {
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
  return ((mode >> shift) & right) !== 0;
}

function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
