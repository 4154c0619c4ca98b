import type { LedgerRow, NamedMigration, Resolution } from "./model.ts";
import { wholeOrder } from "./phases/names.ts";
import { compareOrders, orderOf } from "./version.ts";

/** Where a run ends: after everything, before everything, or after the version of this order. */
export type Target = "all" | "none" | { readonly order: string };

/** @returns undefined when neither the files nor the ledger know it */
export function parseTarget(
  text: string | undefined,
  files: readonly NamedMigration[],
  rows: readonly LedgerRow[],
): Target | undefined {
  if (text === undefined) return "all";
  if (text === "0") return "none";
  const wanted = /^\d+(?:[-.]\d+)*$/.test(text) ? orderOf(text) : undefined;
  // Of a version in several files the last: `--target 012` means all of it.
  const found = [...files, ...rows]
    .filter(({ order, name }) => wholeOrder(order) === wanted || name === text)
    .sort((a, b) => compareOrders(b.order, a.order))[0];
  return found === undefined ? undefined : { order: found.order };
}

/**
 * What a person has looked at. Of a version in several files the one that did not finish: those before it are applied, those
 * behind it never began. Where all is settled, a file that is on record as said, so that saying it again changes nothing.
 *
 * @returns undefined when neither the files nor the ledger know it
 */
export function parseResolved(
  { version, as }: Resolution,
  files: readonly NamedMigration[],
  rows: readonly LedgerRow[],
): Target | undefined {
  const unfinished = rows.filter(({ state }) => state !== "applied");
  const recorded = as === "applied" ? parseTarget(version, [], rows) : undefined;
  return parseTarget(version, [], unfinished) ?? recorded ?? parseTarget(version, files, rows);
}

export function isAfter(order: string, target: Target): boolean {
  if (target === "all") return false;
  return target === "none" || compareOrders(order, target.order) > 0;
}
