import { resourceId } from "../../core/id.ts";
import { fileStart } from "../../core/place.ts";
import type { InvalidIndex } from "./catalog-faults.ts";
import { idOf, short, type History } from "./history.ts";
import type { LedgerRow, MigrationAction, MigrationFile, Resolution } from "./model.ts";
import { missing, neverBegun, unknownVersion, wholeAlready } from "./refusals.ts";
import { isAfter, parseResolved, parseTarget } from "./target.ts";

/** `db baseline`: rows for what the schema has already. */
export function baseline(history: History, version: string): readonly MigrationAction[] {
  const { files, rows, rowOf, objects } = history;
  const upTo = parseTarget(version, files, rows);
  if (upTo === undefined) return [unknownVersion(history.wish, version, history)];
  const migrations = files.filter(({ order }) => !isAfter(order, upTo) && !rowOf.has(order));
  const last = migrations.at(-1) ?? (objects > 0 ? files[0] : undefined);
  if (last === undefined) return [];
  const reason =
    migrations.length === 0
      ? "what is in the database was not made by migrations: all of them are still to run"
      : `the schema is taken for what ${migrations.length === 1 ? last.name : `${migrations.length} migrations up to ${last.name}`} made; nothing runs`;
  return [
    {
      kind: "migration",
      verb: "baseline",
      id: last.id,
      dependsOn: [],
      reason,
      hazards: [],
      place: fileStart(last.file),
      migrations,
    },
  ];
}

/**
 * `db repair`: what is applied as the files are, and indexes as they were meant. What began and did not finish is none of
 * it: nobody has looked how far it came, and its other statements are still to run (`db resolve`, or the next apply).
 */
export function repairs({ rows, fileOf }: History, invalid: readonly InvalidIndex[]): readonly MigrationAction[] {
  const records = rows.flatMap((row): readonly MigrationAction[] => {
    const migration = fileOf.get(row.order);
    return migration === undefined || row.state !== "applied" ? [] : repair(row, migration);
  });
  return [...records, ...invalid.filter(({ remedy }) => remedy !== "attach").map(rebuild)];
}

function repair(row: LedgerRow, migration: MigrationFile): readonly MigrationAction[] {
  const drift = [
    ...(row.checksum === migration.checksum ? [] : [`sha256 ${short(row.checksum)} → ${short(migration.checksum)}`]),
    ...(row.name === migration.name ? [] : [`name ${row.name} → ${migration.name}`]),
    ...(row.state === "applied" ? [] : [`${row.state} → applied`]),
  ];
  if (drift.length === 0) return [];
  const facts = { id: migration.id, dependsOn: [], reason: drift.join("; "), hazards: [] };
  return [{ kind: "migration", verb: "repair", ...facts, place: fileStart(migration.file), migration, row }];
}

const rebuild = (index: InvalidIndex): MigrationAction => ({
  kind: "migration",
  verb: "rebuild",
  id: resourceId("migration", `index ${index.name}`),
  dependsOn: [],
  reason:
    index.remedy === "drop"
      ? `not valid, left on ${index.table} by REINDEX CONCURRENTLY: dropped`
      : `not valid, on ${index.table}: built again beside reads and writes`,
  hazards: [],
  index,
});

/** `db resolve`: what a person has found out of a migration whose end nobody else can tell. */
export function resolves(history: History, resolution: Resolution): readonly MigrationAction[] {
  const { wish, files, rows, rowOf, fileOf } = history;
  const { version, as } = resolution;
  const target = parseResolved(resolution, files, rows);
  if (target === undefined || typeof target === "string") {
    // Without a file nothing is left of it once its row is gone: the pass that looks again finds all as it was said.
    return as === "rolled-back" ? [] : [unknownVersion(wish, version, history)];
  }
  const [row, file] = [rowOf.get(target.order), fileOf.get(target.order)];
  if (row === undefined) return as === "applied" && file !== undefined ? [neverBegun(file)] : [];
  if (row.state === "applied") return as === "applied" ? [] : [wholeAlready(row, file)];
  if (as === "applied") return file === undefined ? [missing(row, files.at(-1), wish)] : repair(row, file);
  return [
    {
      kind: "migration",
      verb: "unrecord",
      id: idOf(row, file),
      dependsOn: [],
      reason: `${row.state} → not applied: nothing of it is in the database, as somebody has seen; nothing runs`,
      hazards: [],
      ...(file === undefined ? {} : { place: fileStart(file.file) }),
      migration: row,
    },
  ];
}
