import type { ErrorFacts } from "../../core/errors.ts";
import { fileStart } from "../../core/place.ts";
import { idOf, short, type History } from "./history.ts";
import { lintVerdict } from "./lint/verdict.ts";
import type { LedgerRow, MigrationAction, MigrationFile, PendingFacts } from "./model.ts";
import { baselineRequired, gap, outOfOrder, refuse, rollbackRequired, rowProblem, undeclared } from "./refusals.ts";
import { besideOf, holding, verdictOn } from "./phases/contracts.ts";
import { wholeOrder } from "./phases/names.ts";
import { isAfter, type Target } from "./target.ts";
import { compareOrders } from "./version.ts";

/** What is in the ledger must be as it was; what is not runs, in order, up to the target. */
export function stepsForward(history: History, target: Target): readonly MigrationAction[] {
  const { wish, files, rows, objects, rowOf, fileOf, pending } = history;
  const head = rows.at(-1);
  const steps: MigrationAction[] = [];
  for (const row of rows) {
    const file = fileOf.get(row.order);
    const problem = rowProblem(row, history);
    if (
      file !== undefined &&
      row === head &&
      problem?.error.code === "MIGRATION_EDITED" &&
      mayReplay(row, file, wish.replay)
    ) {
      steps.push(replay(row, file));
    } else if (problem !== undefined) steps.push(problem);
    else if (file !== undefined && row.state === "started") {
      const error = history.resumed.get(file.id);
      steps.push(error === undefined ? run(file, history, resumed) : refuse(file.id, error));
    }
  }
  if (head !== undefined && isAfter(head.order, target)) {
    steps.push({ ...rollbackRequired(head, wish.target ?? ""), id: idOf(head, fileOf.get(head.order)) });
    return withoutDoubles(steps);
  }

  const missing = files.filter(({ order }) => !rowOf.has(order) && !isAfter(order, target));
  // Put on record before anything else: whatever is cut or fails behind it, what was there before is known as older.
  const holds: MigrationAction[] = [];
  const gaps = missing.length === 0 ? new Map<MigrationFile, number>() : gapsIn(files, rowOf);
  for (const [index, file] of missing.entries()) {
    const skipped = gaps.get(file);
    const facts = pending.get(file.id);
    const isSame = (facts?.checksum ?? file.checksum) === file.checksum;
    const { notes, ...lint } = lintVerdict(file.name, facts?.suspicions, wish.lint, history.tables);
    const error = facts?.error ?? (isSame ? (undeclared(file, facts?.role, wish.roles) ?? lint.error) : changed(file));
    const isLate = head !== undefined && compareOrders(file.order, head.order) < 0;
    const verdict = verdictOn(file, history);
    if (index === 0 && rows.length === 0 && objects > 0) steps.push(baselineRequired(file, objects));
    // A contract has waited while later versions ran, as it is meant to.
    else if (isLate && file.phase !== "contract" && wish.outOfOrder !== true) steps.push(outOfOrder(file, head));
    else if (skipped !== undefined) steps.push(gap(file, skipped));
    else if (error !== undefined) steps.push({ ...refuse(file.id, error), ...statementsOf(facts) });
    else if (verdict.type === "hold") holds.push(...holding(file, verdict, history));
    else {
      const late = isLate ? `, out of order: sorts before ${head.name}, which is applied` : "";
      const why = file.phase === "contract" ? ", nothing older runs" : late;
      const phase = file.phase === undefined ? "" : `${file.phase}, `;
      const beside = besideOf(file, history);
      const step = {
        ...run(file, history, `${phase}not applied yet${why}, sha256 ${short(file.checksum)}`),
        ...(beside === undefined ? {} : { beside }),
      };
      steps.push(notes === undefined ? step : { ...step, notes });
    }
  }
  return [...holds, ...lastDurable(steps)];
}

/** The text was looked at and read for its checksum; between the two it became another one. */
const changed = (file: MigrationFile): ErrorFacts => ({
  code: "PLAN_STALE",
  what: `${file.name} changed while it was planned`,
  where: fileStart(file.file),
  next: "plan again",
});

const resumed = "began and did not finish: goes on where it stopped";

const run = (migration: MigrationFile, { pending }: History, reason: string): MigrationAction => ({
  kind: "migration",
  verb: "apply",
  id: migration.id,
  dependsOn: [],
  reason,
  hazards: pending.get(migration.id)?.hazards ?? [],
  place: fileStart(migration.file),
  migration,
  durable: false,
  ...rollbackOf(pending.get(migration.id)),
  ...statementsOf(pending.get(migration.id)),
});

const rollbackOf = (facts: PendingFacts | undefined): Pick<PendingFacts, "rollbackChecksum"> =>
  facts?.rollbackChecksum === undefined ? {} : { rollbackChecksum: facts.rollbackChecksum };

const statementsOf = (facts: PendingFacts | undefined): Pick<MigrationAction, "statements"> =>
  facts?.statements === undefined ? {} : { statements: facts.statements };

/** The commit of the last one covers those before it: the server writes its log in order. */
function lastDurable(steps: readonly MigrationAction[]): readonly MigrationAction[] {
  const last = steps.findLastIndex(({ verb }) => verb === "apply");
  return steps.map((step, index) => (step.verb === "apply" && index === last ? { ...step, durable: true } : step));
}

const mayReplay = (row: LedgerRow, file: MigrationFile, wanted: boolean): boolean =>
  wanted && row.hasRollback && file.transactional;

const replay = (row: LedgerRow, migration: MigrationFile): MigrationAction => ({
  kind: "migration",
  verb: "replay",
  id: migration.id,
  dependsOn: [],
  reason: `edited, sha256 ${short(row.checksum)} → ${short(migration.checksum)}: rolled back as recorded, then applied as it is now`,
  hazards: ["drop"],
  place: fileStart(migration.file),
  migration,
  row,
  ...(row.rollbackChecksum === undefined ? {} : { rollbackChecksum: row.rollbackChecksum }),
});

/** One action for each id: what stands first says more. */
const withoutDoubles = (steps: readonly MigrationAction[]): readonly MigrationAction[] =>
  steps.filter((step, index) => steps.findIndex(({ id }) => id === step.id) === index);

/**
 * Files that come after a skipped number. Only where versions count 1, 2, 3: timestamps and steps of ten have no gaps.
 */
function gapsIn(
  files: readonly MigrationFile[],
  rowOf: ReadonlyMap<string, LedgerRow>,
): ReadonlyMap<MigrationFile, number> {
  const counted = files.filter(({ order }) => /^\d{1,5}$/.test(wholeOrder(order)));
  const numbers = counted.map(({ order }) => Number(wholeOrder(order)));
  const [first, second] = new Set(numbers);
  const found = new Map<MigrationFile, number>();
  if (first === undefined || second === undefined || (first > 1 && second !== first + 1)) return found;
  for (const [index, file] of counted.entries()) {
    const [before, number] = [numbers[index - 1], numbers[index]];
    const expected = before === undefined ? number : before + 1;
    // Another phase of the version before.
    if (number === before || number === expected || expected === undefined) continue;
    if (!rowOf.has(String(expected))) found.set(file, expected);
  }
  return found;
}
