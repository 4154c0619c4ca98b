import type { Format } from "./manifest.ts";
import { randomDigits } from "../../core/random-digits.ts";

/** Bytes that Postgres keeps of a name (manual: 4.1.1, NAMEDATALEN). */
const longestName = 63;

/** `20261120T145500123Z`: sorts, every file system takes it, and no two backups of a database begin in one millisecond. */
const stamp = (at: Date): string => at.toISOString().replaceAll(/[-:.]/g, "");

/** By its name anybody knows what opens it: pg_restore, or tar. */
const endings: Readonly<Record<Format, string>> = { custom: ".dump", physical: ".tar.gz" };

/** What a backup of the database is called: `shop_dev-20261120T145500123Z.dump`. */
export const backupName = (database: string, at: Date, format: Format): string =>
  `${fileStem(database)}-${stamp(at)}${endings[format]}`;

/** Whether an earlier try left a file of this name: there is one writer, so nobody works on it any more. */
export const isPartial =
  (database: string) =>
  (name: string): boolean =>
    name.startsWith(fileStem(database)) &&
    /^-\d{8}T\d{9}Z\.(?:dump|tar\.gz)\.partial$/.test(name.slice(fileStem(database).length));

/** A name of a database may hold anything; one of a file here may not. */
const fileStem = (database: string): string => database.replaceAll(/[^A-Za-z0-9_.-]/g, "_");

/** The database that a backup is restored into before it takes the other's place: `shop_dev.restore_3f9a01bc`. */
export const siblingName = (database: string, random: number): string =>
  cut(database, `.restore_${randomDigits(random)}`);

/**
 * What the replaced database is called until it is dropped, where it is not to be kept: `shop_dev.deleted_3f9a01bc`. As long
 * as the sibling's, whose random part it has, so that whoever holds the one holds the other.
 */
export const discardedName = (sibling: string): string => sibling.replace(/\.restore_(?=[0-9a-f]{8}$)/, ".deleted_");

/** What the replaced database is called afterwards: `shop_dev.before_20261120T145500123Z`. */
export const beforeName = (database: string, at: Date): string => cut(database, `.${replacedEnding(at)}`);

/** What the data directory gets behind its name when another takes its place: `before_20261120T145500123Z`. */
export const replacedEnding = (at: Date): string => `before_${stamp(at)}`;

function cut(name: string, ending: string): string {
  let start = name;
  while (Buffer.byteLength(start) + ending.length > longestName) start = start.slice(0, -1);
  return `${start}${ending}`;
}

/**
 * Part of CREATE DATABASE, which cannot share a transaction with the comment that says whose it is: what tells a sibling from
 * a stranger's database when its maker was killed in between. With the place it gets the limit of what had it before.
 */
const connectionLimit = 18;
export const untilMarked = `connection limit ${connectionLimit}`;

/** SQL: whether this row of pg_database, which is called as a sibling is, was made and not marked yet. */
export const isUnmarkedSibling = (row: string): string =>
  `${row}.datconnlimit = ${connectionLimit} and pg_catalog.shobj_description(${row}.oid, 'pg_database') is null`;
