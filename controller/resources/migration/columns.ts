import type { LedgerColumns, LedgerRow, MigrationFile, NamedMigration } from "./model.ts";

/** As Postgres writes an array of texts that need no escape: its own spacing, which JSON.stringify does not have. */
const jsonArray = (texts: readonly string[]): string => (texts.length === 0 ? "[]" : `["${texts.join('", "')}"]`);

/**
 * Whether the ledger has these versions, all of them and no other, and that is all that is to be known of it. A false
 * "no" costs time and nothing else.
 *
 * @param files in order
 */
export const hasVersionsOf = (files: readonly NamedMigration[], { orders }: LedgerColumns): boolean =>
  orders === jsonArray(files.map(({ order }) => order));

/**
 * Whether all of these files are applied as they are, and nothing else is: the texts are compared as they came, without an
 * object for each of ten thousand rows.
 *
 * @param files in order
 */
export const isAsFiles = (files: readonly MigrationFile[], columns: LedgerColumns): boolean =>
  columns.states === "a".repeat(files.length) &&
  hasVersionsOf(files, columns) &&
  columns.checksums === jsonArray(files.map(({ checksum }) => checksum));

/** Row by row, in order. */
export function rowsOf(columns: LedgerColumns): readonly LedgerRow[] {
  const [versions, names, checksums] = [parsed(columns.versions), parsed(columns.names), parsed(columns.checksums)];
  const digests = parsed(columns.rollbackChecksums);
  return parsed(columns.orders).map((order, index) => {
    const row: LedgerRow = {
      order: String(order),
      version: String(versions[index]),
      name: String(names[index]),
      checksum: String(checksums[index]),
      state: stateOf[columns.states[index] ?? ""] ?? "applied",
      hasRollback: columns.rollbacks[index] === "r",
    };
    const digest = digests[index];
    return typeof digest === "string" ? { ...row, rollbackChecksum: digest } : row;
  });
}

const parsed = (column: string): readonly unknown[] => JSON.parse(column) as readonly unknown[];

/** By the first letter, which is all that is asked for. */
const stateOf: { readonly [letter: string]: LedgerRow["state"] } = { s: "started", r: "reverting", a: "applied" };
