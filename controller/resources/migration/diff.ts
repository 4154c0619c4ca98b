import type { ResourceId } from "../../core/id.ts";
import type { Held } from "../../core/plan.ts";
import { isAsFiles } from "./columns.ts";
import { stepsForward } from "./diff-forward.ts";
import { stepsBack } from "./diff-back.ts";
import { baseline, repairs, resolves } from "./diff-records.ts";
import { historyOf, type History } from "./history.ts";
import { takeOver } from "./import/diff.ts";
import type { DesiredMigrations, MigrationAction, ObservedMigrations } from "./model.ts";
import { heldContracts } from "./phases/contracts.ts";
import { unknownVersion } from "./refusals.ts";
import { isRepeated, stepsRepeated } from "./repeatable/diff.ts";
import { parseTarget } from "./target.ts";

/** Every refusal is found here, before the first statement (RELIABILITY 27). */
export function diff(
  [wish]: readonly DesiredMigrations[],
  [observed]: readonly ObservedMigrations[],
  changing: ReadonlySet<ResourceId> = new Set(),
): readonly MigrationAction[] {
  if (wish === undefined || isDone(wish, observed)) return [];
  const history = historyOf(wish, observed, changing);
  if (wish.repair) return chain(history, repairs(history, observed?.invalidIndexes ?? []));
  if (wish.resolve !== undefined) return chain(history, resolves(history, wish.resolve));
  if (wish.baseline !== undefined) return chain(history, baseline(history, wish.baseline));
  const taken = takeOver(history, observed);
  if (taken !== undefined)
    return chain(history, [
      ...taken.steps,
      ...(taken.history === undefined ? [] : onward(taken.history, observed, taken.repeated)),
    ]);
  const target = parseTarget(wish.target, history.files, history.rows);
  if (target === undefined) return chain(history, [unknownVersion(wish, wish.target ?? "", history)]);
  return chain(history, wish.rollback ? stepsBack(history, target) : onward(history, observed));
}

/** Contracts that are pending and wait for what is deployed: in order, and known. */
export function held(
  [wish]: readonly DesiredMigrations[],
  [observed]: readonly ObservedMigrations[],
  changing: ReadonlySet<ResourceId>,
): readonly Held[] {
  if (wish === undefined || observed?.deployment === undefined || wish.rollback) return [];
  const history = historyOf(wish, observed, changing);
  const target = parseTarget(wish.target, history.files, history.rows);
  return target === undefined ? [] : heldContracts(history, target);
}

/** Versions first, then what is written for the newest of them. */
function onward(
  history: History,
  observed: ObservedMigrations | undefined,
  repeated?: ReadonlySet<string>,
): readonly MigrationAction[] {
  const { wish } = history;
  const target = parseTarget(wish.target, history.files, history.rows);
  if (target === undefined) return [unknownVersion(wish, wish.target ?? "", history)];
  return [...stepsForward(history, target), ...stepsRepeated(wish, observed, repeated)];
}

/** Everything is applied, as it is in the files, and nothing else is asked for. */
const isDone = (wish: DesiredMigrations, observed: ObservedMigrations | undefined): boolean =>
  observed?.columns !== undefined &&
  wish.target === undefined &&
  wish.baseline === undefined &&
  wish.resolve === undefined &&
  !wish.rollback &&
  !wish.repair &&
  isAsFiles(wish.files, observed.columns) &&
  isRepeated(wish, observed);

/** One after another. A refusal stops all that follows it. */
function chain({ wish }: History, steps: readonly MigrationAction[]): readonly MigrationAction[] {
  const refused = steps.filter(({ verb }) => verb === "refuse");
  let before: readonly ResourceId[] = wish.dependsOn;
  let built: readonly ResourceId[] | undefined;
  return [...refused, ...steps.filter(({ verb }) => verb !== "refuse")].map((step) => {
    if (step.verb === "rebuild") {
      // They share a session, so one at a time; one that cannot be built keeps no other from it.
      const linked = { ...step, dependsOn: before, ...(built === undefined ? {} : { after: built }) };
      built = [step.id];
      return linked;
    }
    const linked = { ...step, dependsOn: before };
    before = [step.id];
    return linked;
  });
}
