import { resourceId, type ResourceId } from "../../core/id.ts";
import type { DesiredMigrations, LedgerRow, MigrationFile, NamedMigration, ObservedMigrations } from "./model.ts";
import { compareOrders } from "./version.ts";

/** Both sides, in order and by version. */
export interface History {
  readonly wish: DesiredMigrations;
  readonly files: readonly MigrationFile[];
  readonly rows: readonly LedgerRow[];
  readonly objects: number;
  readonly pending: ObservedMigrations["pending"];
  readonly resumed: NonNullable<ObservedMigrations["resumed"]>;
  readonly tables: ObservedMigrations["tables"];
  readonly deployment: ObservedMigrations["deployment"];
  /** What the kinds before are about to make anew. */
  readonly changing: ReadonlySet<ResourceId>;
  readonly rollbacks: NonNullable<ObservedMigrations["rollbacks"]>;
  readonly fileOf: ReadonlyMap<string, MigrationFile>;
  readonly rowOf: ReadonlyMap<string, LedgerRow>;
}

export function historyOf(
  wish: DesiredMigrations,
  observed: ObservedMigrations | undefined,
  changing: ReadonlySet<ResourceId> = new Set(),
): History {
  const files = [...wish.files].sort((a, b) => compareOrders(a.order, b.order));
  const rows = [...(observed?.rows ?? [])].sort((a, b) => compareOrders(a.order, b.order));
  return {
    wish,
    files,
    rows,
    objects: observed?.objects ?? 0,
    pending: observed?.pending ?? new Map(),
    resumed: observed?.resumed ?? new Map(),
    tables: observed?.tables,
    deployment: observed?.deployment,
    changing,
    rollbacks: observed?.rollbacks ?? new Map(),
    fileOf: new Map(files.map((file) => [file.order, file])),
    rowOf: new Map(rows.map((row) => [row.order, row])),
  };
}

/** What a row is called: by its file, where that is still there. */
export const idOf = (row: LedgerRow, file: Pick<NamedMigration, "id"> | undefined): ResourceId =>
  file?.id ?? resourceId("migration", row.name);

/** Whether a rollback is what was recorded, which fits what was applied; a file fits the text as it is now. */
export const runsRecorded = (row: LedgerRow, rollbackFile: string | undefined, isEdited: boolean): boolean =>
  row.hasRollback && row.state !== "reverting" && (rollbackFile === undefined || isEdited);

/** Enough of a checksum to tell two apart. */
export const short = (checksum: string): string => checksum.slice(0, 8);
