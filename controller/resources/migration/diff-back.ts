import { fileStart } from "../../core/place.ts";
import { idOf, type History } from "./history.ts";
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
  // What was recorded fits what was applied; the file fits the text as it is now.
  const useRecorded = row.hasRollback && row.state !== "reverting" && (file?.rollbackFile === undefined || isEdited);
  const rollbackFile = useRecorded ? undefined : file?.rollbackFile;
  if (rollbackFile === undefined && !row.hasRollback) return rollbackMissing(row, file);
  const rollbackChecksum =
    rollbackFile === undefined || file === undefined ? row.rollbackChecksum : rollbacks.get(file.id);
  return {
    kind: "migration",
    verb: "rollback",
    id: idOf(row, file),
    dependsOn: [],
    reason: `lies after the target; ${rollbackFile === undefined ? "its rollback as the ledger recorded it" : `by ${rollbackFile}`}`,
    hazards: ["drop"],
    ...(rollbackFile === undefined ? {} : { place: fileStart(rollbackFile) }),
    migration: row,
    ...(rollbackFile === undefined ? {} : { rollbackFile }),
    ...(rollbackFile === undefined || file?.reading === undefined ? {} : { reading: file.reading }),
    ...(rollbackChecksum === undefined ? {} : { rollbackChecksum }),
  };
}
