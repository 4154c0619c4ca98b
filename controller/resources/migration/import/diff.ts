import { resourceId } from "../../../core/id.ts";
import type { History } from "../history.ts";
import type { LedgerRow, MigrationAction, MigrationFile, ObservedMigrations } from "../model.ts";
import { refuse } from "../refusals.ts";
import type { TakeOver } from "./formats.ts";

export const importId = resourceId("migration", "all");

interface TakenOver {
  readonly steps: readonly MigrationAction[];
  /** As it stands when they are done; undefined: they cannot be. */
  readonly history: History | undefined;
  /** Repeatable files that are recorded with it, by name. */
  readonly repeated: ReadonlySet<string>;
}

/**
 * Pure. What another tool applied is recorded as ours before anything runs, where there is no record of ours yet.
 *
 * @returns undefined where there is nothing to take over
 */
export function takeOver(history: History, observed: ObservedMigrations | undefined): TakenOver | undefined {
  const { wish, rows, objects, files } = history;
  const foreign = observed?.foreign;
  if (wish.takesOver === undefined || foreign === undefined || rows.length > 0 || wish.rollback) return undefined;
  if ("error" in foreign) return { steps: [refuse(importId, foreign.error)], history: undefined, repeated: new Set() };
  if (foreign.problems.length > 0) {
    const steps = foreign.problems.map((error, index) => refuse(resourceId("migration", `all/${index + 1}`), error));
    return { steps, history: undefined, repeated: new Set() };
  }
  const migrations = files.filter(({ order }) => foreign.applied.has(order));
  const repeated = (wish.repeatable ?? []).filter(({ name }) => foreign.repeated.has(name));
  // Nothing was applied, and that has been taken in already.
  if (migrations.length === 0 && repeated.length === 0 && objects === 0) return undefined;
  const { table, digest } = foreign;
  const action: MigrationAction = {
    kind: "migration",
    verb: "import",
    id: importId,
    dependsOn: [],
    reason: `${told(migrations.length)} from ${wish.takesOver.format}'s ${table}; nothing runs`,
    hazards: [],
    place: wish.place,
    migrations,
    repeated,
    ledger: { format: wish.takesOver.format, table, digest },
  };
  return {
    steps: [action],
    history: { ...history, ...after(history, migrations) },
    repeated: new Set(repeated.map(({ name }) => name)),
  };
}

const told = (count: number): string =>
  count === 0
    ? "take over that no version was applied,"
    : `take over ${count === 1 ? "one version" : `${count} versions`}`;

/** The ledger as the action leaves it. */
function after(
  { rollbacks }: History,
  migrations: readonly MigrationFile[],
): Pick<History, "rows" | "rowOf" | "objects" | "rollbacks"> {
  const rows = migrations.map(({ version, order, name, checksum, rollbackFile }): LedgerRow => ({
    version,
    order,
    name,
    checksum,
    state: "applied",
    hasRollback: rollbackFile !== undefined,
  }));
  return { rows, rowOf: new Map(rows.map((row) => [row.order, row])), objects: 0, rollbacks };
}

/** For the plan's fingerprint and for `apply`. */
export interface ImportedLedger {
  readonly format: TakeOver["format"];
  readonly table: string;
  readonly digest: string;
}
