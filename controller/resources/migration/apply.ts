import { fromFacts } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Link, Result } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import { applyMigration } from "./forward.ts";
import { takeOverLedger } from "./import/apply.ts";
import type { MigrationAction } from "./model.ts";
import { rebuildIndex } from "./rebuild.ts";
import { baseline, repair, unrecord } from "./record.ts";
import { noteHeld } from "./phases/hold.ts";
import { forgetMigration, repeatMigration } from "./repeatable/apply.ts";
import { replayMigration, rollBackMigration } from "./backward.ts";

export function apply(
  action: MigrationAction,
  ports: Ports,
  signal: AbortSignal,
  link?: Link<MigrationAction>,
): Promise<Result> {
  switch (action.verb) {
    case "apply":
      return applyMigration(action, ports, signal, link);
    case "rollback":
      return rollBackMigration(action, ports, signal);
    case "replay":
      return replayMigration(action, ports, signal);
    case "baseline":
      return baseline(action.migrations, ports, signal);
    case "import":
      return takeOverLedger(action, ports, signal);
    case "hold":
      return noteHeld(action, ports, signal);
    case "repeat":
      return repeatMigration(action, ports, signal);
    case "forget":
      return forgetMigration(action, ports, signal);
    case "unrecord":
      return unrecord(action.migration, ports, signal);
    case "rebuild":
      return rebuildIndex(action.index, ports, signal);
    case "repair":
      return repair(action.migration, ports, signal);
    case "refuse":
      return Promise.reject(fromFacts(action.error));
    default:
      return unreachable(action);
  }
}

/**
 * One transaction behind another on the same session: after a failure the server refuses the second (docs/decisions/0006).
 * Never a contract: who else is up is looked at when all before it is done.
 */
export const follows = (action: MigrationAction, before: MigrationAction): boolean =>
  isTransaction(action) && isTransaction(before) && !("beside" in action);

const isTransaction = (action: MigrationAction): boolean => action.verb === "apply" && action.migration.transactional;
