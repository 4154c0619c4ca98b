import { milder, type Level } from "./level.ts";
import { keyOf, meanings, type Name } from "./names.ts";

/** What the live database says of the tables that migrations touch. Undefined: nobody asked, or it is not there. */
export interface LintFacts {
  /** The server's major version. */
  readonly major?: number;
  /** By `keyOf` of the name that the statement has. A table that is missing here is not known. */
  readonly tables: ReadonlyMap<string, TableFacts>;
}

export interface TableFacts {
  /** Of the table, where the statement names an index of it. */
  readonly name?: string;
  /** Of the table with its TOAST and without its indexes; of a partitioned one, of all its partitions. */
  readonly bytes: number;
  /** The server's estimate; -1 where it was never vacuumed or analysed (manual: pg_class.reltuples). */
  readonly rows: number;
  readonly indexes: number;
  /** Each behind the one that it is a partition of; undefined: the table is not partitioned. */
  readonly partitions?: readonly Partition[];
  /** By name, as format_type writes them: `character varying(20)`. */
  readonly columnTypes?: ReadonlyMap<string, string>;
}

/** A part of a partitioned table, which may have parts itself. */
export interface Partition {
  readonly name: Name;
  readonly of: Name;
  readonly isPartitioned: boolean;
}

/**
 * What makes a finding grave. size: the longer the table, the longer others wait. rows: it fails, or something is lost,
 * as soon as there is a row. never: it is as grave on an empty table.
 */
export type Weight = "size" | "rows" | "never";

const mebibyte = 1024 * 1024;

/**
 * Below, a table is read or written anew in a few milliseconds (a thousand pages stand in the server's memory): nobody
 * notices.
 */
export const smallBytes = 8 * mebibyte;

/**
 * From here on reading a table takes a second, and building it anew with its indexes several: longer than the requests
 * that queue up behind the lock are patient. Disks in the cloud give 125 MB/s unless more is paid for.
 */
export const largeBytes = 128 * mebibyte;

/**
 * The level of a finding once the table is known.
 *
 * @param unknown the gravest that a finding of weight `size` or `rows` may be while nobody knows the table
 */
export function weighed(level: Level, weight: Weight, table: TableFacts | undefined, unknown: Level): Level {
  if (weight === "never") return level;
  if (table === undefined) return milder(level, unknown);
  // A table without a page has no row; the estimate of rows alone proves nothing.
  if (table.bytes === 0) return milder(level, "note");
  if (weight === "rows" || table.bytes >= largeBytes) return level;
  return milder(level, table.bytes < smallBytes ? "note" : "warning");
}

/** What two questions to one database had for an answer. */
export function bothOf(one: LintFacts | undefined, other: LintFacts | undefined): LintFacts | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { ...one, tables: new Map([...other.tables, ...one.tables]) };
}

/** @param path of the file that names the table, where it sets one */
export function factsOf(
  facts: LintFacts | undefined,
  table: Name | undefined,
  path?: readonly string[],
): TableFacts | undefined {
  if (table === undefined) return undefined;
  const known = meanings(table, path).map((name) => facts?.tables.get(keyOf(name)));
  return known.find((one) => one !== undefined);
}
