/** Locks on a table, from the mildest (manual: 13.3.1, Table-Level Locks). */
export const lockModes = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
] as const;
export type LockMode = (typeof lockModes)[number];

const rank = (mode: LockMode): number => lockModes.indexOf(mode);

/** The one of the two that more others have to wait for. */
export const stronger = (a: LockMode, b: LockMode): LockMode => (rank(a) < rank(b) ? b : a);

/** By the numbers of {@link lockModes}: two sessions cannot hold both (manual: table 13.2, Conflicting Lock Modes). */
const conflicting: Readonly<Record<LockMode, readonly LockMode[]>> = {
  "ACCESS SHARE": lockModes.slice(7),
  "ROW SHARE": lockModes.slice(6),
  "ROW EXCLUSIVE": lockModes.slice(4),
  "SHARE UPDATE EXCLUSIVE": lockModes.slice(3),
  SHARE: [...lockModes.slice(2, 4), ...lockModes.slice(5)],
  "SHARE ROW EXCLUSIVE": lockModes.slice(2),
  EXCLUSIVE: lockModes.slice(1),
  "ACCESS EXCLUSIVE": lockModes,
};

export const doConflict = (a: LockMode, b: LockMode): boolean => conflicting[a].includes(b);

/** What others do and a lock keeps from being done: a SELECT takes ACCESS SHARE, an UPDATE ROW EXCLUSIVE. */
export type Blocked = "reads and writes" | "writes" | "nothing";

export function blockedBy(mode: LockMode): Blocked {
  if (doConflict(mode, "ACCESS SHARE")) return "reads and writes";
  return doConflict(mode, "ROW EXCLUSIVE") ? "writes" : "nothing";
}

/** Who waits for whom, as a sentence. */
export const waits: Readonly<Record<Blocked, string>> = {
  "reads and writes": "reads and writes wait",
  writes: "writes wait, reads go on",
  nothing: "reads and writes go on",
};

/**
 * What happens under a lock. moment: the catalog is changed, no row is looked at. query: its own query runs. scan: every
 * row is read. build: an index is made. rewrite: the table and its indexes are written anew. All of them are kept until
 * the transaction ends.
 */
export const works = ["moment", "query", "scan", "build", "rewrite"] as const;
export type Work = (typeof works)[number];

/** How long a lock is needed, as the end of a sentence. */
export const howLong: Readonly<Record<Work, string>> = {
  moment: "for a moment",
  query: "while its query runs",
  scan: "while every row is read",
  build: "while the index is built",
  rewrite: "while the table and its indexes are written anew",
};
