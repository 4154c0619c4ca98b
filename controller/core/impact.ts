import type { Place } from "./place.ts";
import type { Blocked, LockMode, Work } from "./table-lock.ts";

/** What a statement of a migration does to the relations that are there now. Plain data: it prints and travels as JSON. */
export interface StatementImpact {
  /** On one line, cut. */
  readonly statement: string;
  readonly place: Place;
  /** The gravest first; none where it touches nothing that is in use. */
  readonly relations: readonly RelationImpact[];
}

export interface RelationImpact {
  /** As a person writes it; without the schema where that is `public`. */
  readonly name: string;
  /** `table`, `partitioned table`, `materialized view` … */
  readonly kind: string;
  readonly lock: LockMode;
  readonly blocks: Blocked;
  readonly work: Work;
  /** With its TOAST and without its indexes; of a partitioned table, of all its partitions. */
  readonly bytes: number;
  readonly indexBytes: number;
  /** The server's estimate; -1: it has none. */
  readonly rows: number;
  readonly indexes: number;
  /** Who has what the statement waits for. */
  readonly inTheWay: readonly InTheWay[];
}

/** A session of somebody else, as the server tells it. */
export interface InTheWay {
  /** Absent: a prepared transaction. */
  readonly pid?: number;
  readonly application: string;
  /** `idle in transaction`, `active` */
  readonly state: string;
  /** Since its transaction began. */
  readonly ageS: number;
  /** Its last statement, cut. */
  readonly query: string;
}
