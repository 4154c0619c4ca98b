import { show, type Name } from "./names.ts";

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

/**
 * What happens under a lock. moment: the catalog is changed, no row is looked at. scan: every row is read. build: an index
 * is made. rewrite: the table and its indexes are written anew. All of them are kept until the transaction ends.
 */
type Work = "moment" | "scan" | "build" | "rewrite";

export interface Lock {
  readonly mode: LockMode;
  readonly on: Name;
  readonly work: Work;
}

/** Who waits for whom (manual: table 13.2, Conflicting Lock Modes). */
function whoWaits(mode: LockMode): string {
  if (mode === "ACCESS EXCLUSIVE") return "reads and writes wait";
  if (mode === "SHARE" || mode === "SHARE ROW EXCLUSIVE" || mode === "EXCLUSIVE") return "writes wait, reads go on";
  return "reads and writes go on";
}

const howLong: Readonly<Record<Work, string>> = {
  moment: "for a moment",
  scan: "while every row is read",
  build: "while the index is built",
  rewrite: "while the table and its indexes are written anew",
};

/** `ACCESS EXCLUSIVE on orders while every row is read: reads and writes wait` */
export const describeLock = ({ mode, on, work }: Lock): string =>
  `${mode} on ${show(on)} ${howLong[work]}: ${whoWaits(mode)}`;
