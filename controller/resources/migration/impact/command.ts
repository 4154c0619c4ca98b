import type { AlterTableCmd } from "@pgsql/types";
import type { LockMode, Work } from "../../../core/table-lock.ts";
import type { Name } from "../lint/names.ts";
import type { Catalog, Relation } from "./catalog.ts";
import { effect, onEach, type Effect } from "./effect.ts";

/** Nobody reads and nobody writes. */
export const exclusive: LockMode = "ACCESS EXCLUSIVE";
/** What keeps nobody from reading or writing: no two of these at a time. */
export const calm: LockMode = "SHARE UPDATE EXCLUSIVE";

/** What the statements before this one left of constraints, as the rules know it. */
export interface Known {
  readonly isKnownNotNull: (table: Name, column: string) => boolean;
}

export interface Command {
  readonly cmd: AlterTableCmd;
  readonly relation: Relation;
  readonly name: Name;
  readonly catalog: Catalog;
  readonly known: Known;
}

/** What one command needs of its own table, and of others. */
export interface Need {
  readonly mode: LockMode;
  readonly work?: Work;
  /** Those that inherit are altered, too. */
  readonly recurses?: boolean;
  readonly also?: readonly Effect[];
}

/** What is done to a partitioned table is done to its partitions. */
export function withHeirs(
  relation: Relation | undefined,
  catalog: Catalog,
  mode: LockMode,
  work: Work = "moment",
): readonly Effect[] {
  if (relation === undefined) return [];
  return relation.kind === "partitioned table"
    ? onEach(catalog.family(relation), mode, work)
    : effect(relation, mode, work);
}
