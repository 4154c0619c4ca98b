import { compareCatalogs } from "../../core/catalog/compare.ts";
import { describeDifference } from "../../core/catalog/describe.ts";
import { lostHolders } from "../../core/catalog/holders.ts";
import type { Identity } from "../../core/catalog/model.ts";
import type { Catalog } from "../../core/catalog/model.ts";
import { fromFacts } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { RehearsedMigration } from "../../core/rehearsal.ts";
import type { Copy, Failure, Runnable } from "./copy.ts";

/** What there is to know of a migration before it runs. */
export interface Part {
  readonly migration: Runnable;
  /**
   * What its rollback file holds. resumed: the migration goes on where an earlier try stopped, and is not taken back.
   * repeated: it has none, and runs again whenever its text changes.
   */
  readonly rollback: "missing" | "empty" | "statements" | "resumed" | "repeated";
  /** The rollback is one transaction: where it fails it leaves nothing. */
  readonly isUndone: boolean;
}

export interface Proved {
  readonly migrations: readonly RehearsedMigration[];
  /** The one that cannot run; those after it did not. */
  readonly failure?: Failure;
}

/**
 * Each migration forward, back and forward again, one after the other, so that each runs on what those before it make.
 * Where a copy is left in a state that no apply would give, a fresh one is brought to where the next migration begins.
 *
 * @param withCopy makes a copy for as long as `run` takes
 */
export async function thereAndBack(
  parts: readonly Part[],
  withCopy: <T>(run: (copy: Copy) => Promise<T>) => Promise<T>,
): Promise<Proved> {
  const found: RehearsedMigration[] = [];
  for (;;) {
    const start = found.length;
    const failure = await withCopy(async (copy) => {
      const before = await copy.forward(parts.slice(0, start).map(({ migration }) => migration));
      // It ran on another copy a moment ago.
      if (before !== undefined) throw fromFacts(before.error);
      return go(parts.slice(start), copy, (one) => found.push(one));
    });
    if (failure !== undefined) return { migrations: found, failure };
    if (found.length >= parts.length) return { migrations: found };
  }
}

/** As far as this copy is good for. */
async function go(
  parts: readonly Part[],
  copy: Copy,
  tell: (one: RehearsedMigration) => void,
): Promise<Failure | undefined> {
  /** Of the copy as it is now, where it has been looked at. */
  let present: Catalog | undefined;
  for (let index = 0; index < parts.length;) {
    const onward = whileOnward(parts, index);
    if (onward.length > 0) {
      const failure = await copy.forward(onward.map(({ migration }) => migration));
      for (const { migration, rollback } of onward) {
        if (migration.id === failure?.id) return failure;
        tell({ id: migration.id, ...(rollback === "missing" || rollback === "empty" ? { rollback } : {}), ...nothing });
      }
      index += onward.length;
      present = undefined;
      continue;
    }
    const part = parts[index++];
    if (part === undefined) break;
    if (part.rollback === "repeated") {
      const failure = await copy.forward([part.migration]);
      if (failure !== undefined) return failure;
      const again = await copy.forward([part.migration]);
      tell({
        id: part.migration.id,
        way: "repeat",
        ...nothing,
        ...(again === undefined ? {} : { again: again.error }),
      });
      present = undefined;
      continue;
    }
    present ??= await copy.catalog();
    const step = await stepOf(part, present, copy);
    if ("failure" in step) return step.failure;
    tell(step.told);
    if (step.present === undefined) return undefined;
    present = step.present;
  }
  return undefined;
}

const nothing = { differences: [], loses: [] } as const;

/** From here on, those that are not taken back. */
function whileOnward(parts: readonly Part[], from: number): readonly Part[] {
  const end = parts.findIndex(
    ({ rollback }, index) => index >= from && (rollback === "statements" || rollback === "repeated"),
  );
  return parts.slice(from, end < 0 ? parts.length : end);
}

type Step =
  | { readonly failure: Failure }
  /** `present` absent: the copy is not what an apply would give. */
  | { readonly told: RehearsedMigration; readonly present?: Catalog };

async function stepOf({ migration, isUndone }: Part, before: Catalog, copy: Copy): Promise<Step> {
  const { id } = migration;
  const failure = await copy.forward([migration]);
  if (failure !== undefined) return { failure };
  const after = await copy.catalog();
  const held = await copy.holders();
  const error = await copy.back(migration);
  if (error !== undefined) {
    // What ended its own transaction has left what it did before that.
    const isWhole = isUndone && error.code !== "MIGRATION_INTERRUPTED";
    return { told: { id, rollback: "fails", ...nothing, error }, ...(isWhole ? { present: after } : {}) };
  }
  const reverted = await copy.catalog();
  const told = verdict(id, before, reverted, lostHolders(held, await copy.holders()));
  const again = await copy.forward([migration]);
  if (again !== undefined) return { told: { ...told, again: again.error } };
  // From an equal catalog the same text makes an equal one.
  if (told.rollback === "exact") return { told, present: after };
  const present = await copy.catalog();
  const differences = compareCatalogs(after, present).map(describeDifference);
  return { told: differences.length === 0 ? told : { ...told, again: { differences } }, present };
}

/** Pure. */
function verdict(id: ResourceId, before: Catalog, reverted: Catalog, loses: readonly Identity[]): RehearsedMigration {
  const differences = compareCatalogs(before, reverted).map(describeDifference);
  return { id, rollback: differences.length === 0 ? "exact" : "inexact", differences, loses };
}
