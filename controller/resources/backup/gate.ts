import { isRefusal, type AnyAction } from "../../core/action.ts";
import type { ResourceId } from "../../core/id.ts";
import { toolsToTake } from "./choice.ts";
import { takeOrRefuse } from "./diff.ts";
import type { BackupAction, DesiredBackup, ObservedBackup } from "./model.ts";
import { refuse } from "./refusals.ts";

/**
 * Whether a backup has to be taken before this action: it deletes data, drops what holds some, or takes a migration back.
 * A backup that goes is none of the database's data.
 *
 * @param isInside it changes something inside the server
 */
export function endangers(action: AnyAction, gate: DesiredBackup["gate"], isInside: boolean): boolean {
  const isBackupThatGoes = action.kind === "backup" && action.verb === "prune";
  if (gate === "never" || isBackupThatGoes || isRefusal(action)) return false;
  if (action.hazards.some((hazard) => hazard === "deletes-data" || hazard === "drop")) return true;
  return (gate === "always" && isInside) || (action.kind === "migration" && action.verb === "rollback");
}

/**
 * The backup before them, or why none can be taken; undefined: there is no database yet, or it is not ours to lose.
 *
 * @param observed undefined: the server does not answer
 * @param after what has to be done before it: those who write have stopped
 */
export function gateAction(
  desired: DesiredBackup,
  observed: readonly ObservedBackup[] | undefined,
  endangering: readonly AnyAction[],
  after: readonly ResourceId[],
): BackupAction | undefined {
  const [first] = endangering;
  if (first === undefined) return undefined;
  const others = endangering.length - 1;
  const what = `${first.verb} ${first.id}${others === 0 ? "" : ` and ${others} more`}`;
  if (observed === undefined) return impossible(desired, what, "the server does not run, or does not answer");
  const found = observed.find(({ id }) => id === desired.id);
  if (found === undefined || found.database !== "ours") return undefined;
  const { error } = toolsToTake(found);
  if (error !== undefined) return impossible(desired, what, error.what, error.next);
  return { ...takeOrRefuse(desired, found, `before ${what}`), dependsOn: after };
}

/** Without the backup that the files ask for nothing is deleted. */
const impossible = (desired: DesiredBackup, what: string, why: string, next = "start it"): BackupAction =>
  refuse(desired, {
    code: "BACKUP_IMPOSSIBLE",
    what: `no backup can be taken before ${what}: ${why}`,
    next: `${next}; or write \`gate: never\` where the data may go`,
  });
