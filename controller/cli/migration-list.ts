import type { ResourceId } from "../core/id.ts";
import type { Row } from "../core/ports/postgres.ts";
import { compareOrders } from "../resources/migration/version.ts";
import type { MigrationFile, ObservedMigrations, RepeatableFile } from "../resources/migration/model.ts";
import { heldIn } from "./held.ts";
import type { Look } from "./look.ts";

/**
 * How it stands with one migration. `held`: a contract that is not applied and waits for what is deployed. `started`: it
 * runs outside a transaction and has not finished; `reverting`: so does its rollback. `late`: not applied, and older than
 * one that is. `unknown`: the server cannot be asked.
 */
export type MigrationState =
  "applied" | "pending" | "held" | "edited" | "missing" | "started" | "reverting" | "late" | "unknown";

export interface ListedMigration {
  readonly version: string;
  readonly name: string;
  readonly state: MigrationState;
  /** For whom it waits, where it is held. */
  readonly reason?: string;
  /** Of a repeatable file that has run: its text is another one by now, and runs again. */
  readonly isChanged?: true;
  /** Relative to the project; absent when the file is gone. */
  readonly file?: string;
  readonly appliedAt?: Date;
  readonly durationMs?: number;
}

/** Of all the states, those that a person has to look into. */
const troubles: ReadonlySet<MigrationState> = new Set(["edited", "missing", "started", "reverting", "late"]);
export const isTrouble = ({ state }: ListedMigration): boolean => troubles.has(state);

const repeatedTimes = "select name, applied_at, duration_ms from poststack.repeatable_migrations";
const times = `select "order"::text as "order", applied_at, duration_ms from poststack.schema_migrations`;

/** Every migration that the folder or the ledger knows, in order. */
export async function listMigrations({ desired, observation, plan, ask }: Look): Promise<readonly ListedMigration[]> {
  const files = desired.resources.migration[0]?.files ?? [];
  const isDeferred = observation.observed.migration === undefined;
  const details = isDeferred ? [] : await ask(times, []);
  const ledger = isDeferred ? "unknown" : observation.observed.migration?.[0];
  const repeatable = desired.resources.migration[0]?.repeatable ?? [];
  const isUsed = ledger !== "unknown" && (ledger?.repeated ?? []).length > 0;
  const repeated = isUsed ? await ask(repeatedTimes, []) : [];
  const outOfOrder = desired.resources.migration[0]?.outOfOrder === true;
  const reasons = new Map(heldIn(plan).map(({ id, reason }) => [id, reason]));
  return [
    ...migrationList(files, ledger, details, outOfOrder, reasons),
    ...repeatableList(repeatable, ledger, repeated),
  ];
}

/** What runs whenever its text has changed, by name. Pure. */
function repeatableList(
  files: readonly RepeatableFile[],
  ledger: Pick<ObservedMigrations, "repeated"> | undefined | "unknown",
  details: readonly Row[],
): readonly ListedMigration[] {
  const rows = new Map(
    (ledger === "unknown" ? [] : (ledger?.repeated ?? [])).map(({ name, checksum }) => [name, checksum]),
  );
  const detailOf = new Map(details.map((row) => [String(row["name"]), row]));
  const known = files.map(({ name, file, checksum }): ListedMigration => {
    const state: MigrationState =
      ledger === "unknown" ? "unknown" : rows.get(name) === checksum ? "applied" : "pending";
    const changed = state === "pending" && rows.has(name) ? ({ isChanged: true } as const) : {};
    return {
      version: "repeatable",
      name: `repeatable/${name}`,
      state,
      ...changed,
      file,
      ...timesIn(detailOf.get(name)),
    };
  });
  const names = new Set(files.map(({ name }) => name));
  const gone = [...rows.keys()]
    .filter((name) => !names.has(name))
    .map((name): ListedMigration => {
      return { version: "repeatable", name: `repeatable/${name}`, state: "missing", ...timesIn(detailOf.get(name)) };
    });
  return [...known, ...gone].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The folder and the ledger side by side. Pure.
 *
 * @param outOfOrder a file that is older than one that is applied is as good as another
 * @param held for whom a contract waits
 */
export function migrationList(
  files: readonly MigrationFile[],
  ledger: Pick<ObservedMigrations, "rows"> | undefined | "unknown",
  details: readonly Row[],
  outOfOrder = false,
  held: ReadonlyMap<ResourceId, string> = new Map(),
): readonly ListedMigration[] {
  const rows = ledger === undefined || ledger === "unknown" ? [] : ledger.rows;
  const byOrder = new Map(rows.map((row) => [row.order, row]));
  const detailOf = new Map(details.map((row) => [String(row["order"]), row]));
  const head = [...rows].sort((a, b) => compareOrders(a.order, b.order)).at(-1)?.order;

  const known = files.map((file): readonly [string, ListedMigration] => {
    const row = byOrder.get(file.order);
    const { id, version, name, order, phase } = file;
    const reason = row === undefined ? held.get(id) : undefined;
    // A contract waits while later versions run.
    const isLate = !outOfOrder && phase !== "contract" && head !== undefined && compareOrders(order, head) < 0;
    const state: MigrationState =
      ledger === "unknown"
        ? "unknown"
        : row === undefined
          ? isLate
            ? "late"
            : reason === undefined
              ? "pending"
              : "held"
          : row.state !== "applied"
            ? row.state
            : row.checksum === file.checksum
              ? "applied"
              : "edited";
    const waits = state === "held" && reason !== undefined ? { reason } : {};
    return [order, { version, name, state, ...waits, file: file.file, ...timesIn(detailOf.get(order)) }];
  });
  const orders = new Set(files.map(({ order }) => order));
  const gone = rows
    .filter(({ order }) => !orders.has(order))
    .map((row): readonly [string, ListedMigration] => {
      const { version, name, order } = row;
      const state = row.state === "applied" ? "missing" : row.state;
      return [order, { version, name, state, ...timesIn(detailOf.get(order)) }];
    });
  return [...known, ...gone].sort(([a], [b]) => compareOrders(a, b)).map(([, migration]) => migration);
}

function timesIn(row: Row | undefined): Pick<ListedMigration, "appliedAt" | "durationMs"> {
  const appliedAt = row?.["applied_at"];
  const durationMs = row?.["duration_ms"];
  return {
    ...(appliedAt instanceof Date ? { appliedAt } : {}),
    ...(typeof durationMs === "number" ? { durationMs } : {}),
  };
}
