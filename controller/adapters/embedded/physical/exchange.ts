import { lstatSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { PoststackError } from "../../../core/errors.ts";
import { syncPath, unlessUnwritable, writeAtomically } from "../../atomic-file.ts";
import { postmasterOf } from "../postmaster.ts";

/** Names beside the data directory. */
interface Exchange {
  /** What is to become the data. */
  readonly incoming: string;
  /** What the present data is called afterwards. */
  readonly outgoing: string;
}

const recordOf = (data: string): string => `${data}.exchange`;

/**
 * Puts another folder in the place of the data. Nothing that Node offers exchanges two folders by one call, so the decision
 * is the rename of a record; what follows from it can be repeated at any point, and is by whoever comes next. Before the
 * record the old data is there, whole; from then on it is the new. The host's lock is held, and both are on the disk.
 *
 * @throws PoststackError `DISK_FULL`, `STATE_UNWRITABLE`, `NAME_TAKEN`, `POSTGRES_LOCKED`: a server runs on the data
 */
export function exchange(data: string, incoming: string, outgoing: string): void {
  if (isThere(outgoing)) throw taken(outgoing);
  if (postmasterOf(data) !== undefined) throw inUse(data);
  writeAtomically(recordOf(data), JSON.stringify({ incoming: basename(incoming), outgoing: basename(outgoing) }));
  // Somebody may have started it since.
  if (!settleExchange(data)) throw inUse(data);
}

/**
 * Carries out what was decided, if anything was. Data that a server runs on stays: somebody has started it by hand in
 * between, so what is decided no longer fits.
 *
 * @returns whether another folder is in the data's place now
 * @throws PoststackError `DISK_FULL`, `STATE_UNWRITABLE`, `NAME_TAKEN`
 */
export function settleExchange(data: string): boolean {
  const decided = decidedExchange(data);
  if (decided === undefined) return false;
  try {
    const moves = isThere(decided.incoming) && postmasterOf(data) === undefined;
    if (moves) move(data, decided);
    rmSync(recordOf(data), { force: true });
    syncPath(dirname(data));
    return moves;
  } catch (error) {
    throw unlessUnwritable(error, data);
  }
}

function move(data: string, { incoming, outgoing }: Exchange): void {
  if (isThere(data)) {
    if (isThere(outgoing)) throw taken(outgoing);
    renameSync(data, outgoing);
    syncPath(dirname(data));
  }
  renameSync(incoming, data);
  syncPath(dirname(data));
}

/** Where the data lies at this moment: between two renames it has no name of its own. */
export function whereDataIs(data: string): string {
  const decided = isThere(data) ? undefined : decidedExchange(data);
  return decided !== undefined && isThere(decided.incoming) ? decided.incoming : data;
}

/** Whether something is on its way into the data's place. */
export const isDecided = (data: string): boolean => decidedExchange(data) !== undefined;

/** Undefined: nothing is decided. Paths are made of names that only we give, so the record leads nowhere else. */
function decidedExchange(data: string): Exchange | undefined {
  const [incoming, outgoing] = namesIn(recordOf(data));
  const stem = `${basename(data)}.`;
  const isOurs = (name: string | undefined, rest: RegExp): name is string =>
    name?.startsWith(stem) === true && rest.test(name.slice(stem.length));
  if (!isOurs(incoming, /^new-[0-9A-Za-z-]+$/) || !isOurs(outgoing, /^before_[0-9TZ]+$/)) return undefined;
  return { incoming: join(dirname(data), incoming), outgoing: join(dirname(data), outgoing) };
}

function namesIn(record: string): readonly (string | undefined)[] {
  try {
    const { incoming, outgoing } = JSON.parse(readFileSync(record, "utf8")) as Partial<Record<string, unknown>>;
    return [incoming, outgoing].map((name) => (typeof name === "string" ? name : undefined));
  } catch {
    return [];
  }
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

const taken = (path: string): PoststackError =>
  new PoststackError("NAME_TAKEN", {
    what: `${path} is there already, where the present data was to go`,
    next: "move it away and run the command again",
  });

const inUse = (data: string): PoststackError =>
  new PoststackError("POSTGRES_LOCKED", {
    what: `a server was started on ${data} again, so it cannot be replaced`,
    next: "stop what starts it and run the command again",
  });
