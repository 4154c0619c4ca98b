import { fileStart } from "../../core/place.ts";
import { idOf, runsRecorded, type History } from "./history.ts";
import type { LedgerRow, MigrationAction } from "./model.ts";
import { rollbackMissing, rowProblem } from "./refusals.ts";
import { isAfter, type Target } from "./target.ts";

/** What lies after the target goes, last first; what stays must be as it was. Nothing is applied. */
export function stepsBack(history: History, target: Target): readonly MigrationAction[] {
  const staying = history.rows.filter(({ order }) => !isAfter(order, target));
  const going = history.rows.filter(({ order }) => isAfter(order, target)).toReversed();
  const problems = staying.flatMap((row) => rowProblem(row, history) ?? []);
  return [...problems, ...going.map((row) => back(row, history))];
}

function back(row: LedgerRow, { fileOf, rollbacks }: History): MigrationAction {
  const file = fileOf.get(row.order);
  const isEdited = file !== undefined && file.checksum !== row.checksum;
  const rollbackFile = runsRecorded(row, file?.rollbackFile, isEdited) ? undefined : file?.rollbackFile;
  if (rollbackFile === undefined && !row.hasRollback) return rollbackMissing(row, file);
  const id = idOf(row, file);
  const { checksum, statements, hazards = [] } = rollbacks.get(id) ?? {};
  const rollbackChecksum = rollbackFile === undefined ? row.rollbackChecksum : checksum;
  return {
    kind: "migration",
    verb: "rollback",
    id,
    dependsOn: [],
    reason: `lies after the target; ${rollbackFile === undefined ? "its rollback as the ledger recorded it" : `by ${rollbackFile}`}`,
    hazards: ["drop", ...hazards.filter((hazard) => hazard !== "drop")],
    ...(rollbackFile === undefined ? {} : { place: fileStart(rollbackFile) }),
    migration: row,
    ...(rollbackFile === undefined ? {} : { rollbackFile }),
    ...(rollbackFile === undefined || file?.reading === undefined ? {} : { reading: file.reading }),
    ...(rollbackChecksum === undefined ? {} : { rollbackChecksum }),
    ...(statements === undefined ? {} : { statements }),
  };
}
