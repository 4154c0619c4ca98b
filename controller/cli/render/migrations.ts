import type { Paint, Style } from "../../core/render.ts";
import type { ListedMigration, MigrationState } from "../migration-list.ts";
import { renderMoment } from "./quantity.ts";
import { renderTable } from "./table.ts";

const styles: Readonly<Record<MigrationState, Style>> = {
  applied: "add",
  pending: "change",
  held: "dim",
  edited: "remove",
  missing: "remove",
  started: "remove",
  reverting: "remove",
  late: "remove",
  unknown: "dim",
};

const explained: Partial<Readonly<Record<MigrationState, string>>> = {
  edited: "the file is not what was applied",
  missing: "applied, and its file is gone",
  started: "began and did not finish",
  reverting: "its rollback began and did not finish",
  late: "not applied, and older than one that is",
};

/** One line for each migration: version, name, state, when and how long. */
export function renderMigrations(list: readonly ListedMigration[], paint: Paint): Promise<string> {
  const rows = list.map(({ name, state, reason, isChanged, appliedAt, durationMs }) => [
    name,
    paint(styles[state], state),
    appliedAt === undefined ? "" : renderMoment(appliedAt),
    durationMs === undefined ? "" : `${durationMs} ms`,
    reason ?? (isChanged === true ? "changed since it ran, runs again" : (explained[state] ?? "")),
  ]);
  return renderTable(["MIGRATION", "STATE", "APPLIED", "TOOK", ""], rows, paint);
}

/** `4 applied, 1 pending, 1 edited` */
export function renderStates(list: readonly ListedMigration[]): string {
  const states = Object.keys(styles) as MigrationState[];
  const counts = states.flatMap((state) => {
    const count = list.filter((migration) => migration.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return counts.length === 0 ? "no migrations" : counts.join(", ");
}
