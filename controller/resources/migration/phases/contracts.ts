import type { Held } from "../../../core/plan.ts";
import { fileStart } from "../../../core/place.ts";
import type { History } from "../history.ts";
import { lintVerdict } from "../lint/verdict.ts";
import type { MigrationAction, MigrationFile } from "../model.ts";
import { isAfter, type Target } from "../target.ts";
import { decide, type Verdict } from "./decide.ts";
import type { Beside } from "./model.ts";

const mayRun: Verdict = { type: "run" };

/** Pure. Whether a file that is pending may run beside what is up; only a contract ever waits. */
export const verdictOn = ({ phase, order }: MigrationFile, { deployment, changing }: History): Verdict =>
  phase !== "contract" || deployment === undefined ? mayRun : decide(order, deployment, changing);

/** Pure. What a contract that may run is to find when it runs. */
export function besideOf({ phase }: MigrationFile, { deployment, wish }: History): Beside | undefined {
  if (phase !== "contract" || deployment === undefined || wish.deployment === undefined) return undefined;
  const running = (deployment.parts ?? []).filter(({ isUp }) => isUp);
  return {
    hasContainers: wish.deployment.hasContainers,
    parts: running.map(({ resource, release }) => ({ resource, release })),
  };
}

/** The first time that a contract has to wait is written down, before anything else is changed. */
export function holding(
  migration: MigrationFile,
  { holders, note }: Extract<Verdict, { readonly type: "hold" }>,
  history: History,
): readonly MigrationAction[] {
  if (note === undefined) return [];
  const facts = { id: migration.id, dependsOn: [], hazards: [], place: fileStart(migration.file) };
  const reason = `contract, not now: ${listed(holders)}`;
  // It takes nothing away now, so it has no hazards; what it will do can be read.
  const { notes, statements } = ahead(migration, history);
  const told = { ...(notes === undefined ? {} : { notes }), ...(statements === undefined ? {} : { statements }) };
  return [{ kind: "migration", verb: "hold", ...facts, reason, migration, older: note, ...told }];
}

/** Pure. Contracts that wait, and are known to: nothing is to be done about them by a plan. */
export function heldContracts(history: History, target: Target): readonly Held[] {
  const { files, rowOf } = history;
  return files.flatMap((file): readonly Held[] => {
    if (file.phase !== "contract" || rowOf.has(file.order) || isAfter(file.order, target)) return [];
    const verdict = verdictOn(file, history);
    if (verdict.type === "run") return [];
    return [{ id: file.id, reason: listed(verdict.holders), ...ahead(file, history) }];
  });
}

/** What a contract will do when its time comes. */
function ahead({ id, name }: MigrationFile, { pending, wish, tables }: History): Omit<Held, "id" | "reason"> {
  const { hazards = [], statements, suspicions } = pending.get(id) ?? {};
  const { notes } = lintVerdict(name, suspicions, wish.lint, tables);
  return {
    ...(hazards.length === 0 ? {} : { hazards }),
    ...(notes === undefined ? {} : { notes }),
    ...(statements === undefined ? {} : { statements }),
  };
}

const listed = (holders: readonly { readonly why: string }[]): string => holders.map(({ why }) => why).join("; ");
