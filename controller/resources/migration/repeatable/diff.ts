import type { ErrorFacts } from "../../../core/errors.ts";
import { resourceId } from "../../../core/id.ts";
import { fileStart } from "../../../core/place.ts";
import { short } from "../history.ts";
import { lintVerdict } from "../lint/verdict.ts";
import type { ListedMigrations, MigrationAction, ObservedMigrations, RepeatableFile } from "../model.ts";
import { refuse, undeclared } from "../refusals.ts";
import { inOrder } from "./order.ts";

export const repeatableId = (name: string) => resourceId("migration", `repeatable/${name}`);

/**
 * Pure. What is new or has another text than when it ran last runs, after every versioned file; only the checksum decides.
 * A file that is gone takes nothing with it: its row goes, and that is told.
 *
 * @param taken by name: recorded by an action before these, as they are
 */
export function stepsRepeated(
  { repeatable = [], target, lint: policy, roles }: Pick<ListedMigrations, "repeatable" | "target" | "lint" | "roles">,
  observed: Pick<ObservedMigrations, "repeated" | "repeating" | "standing" | "tables"> | undefined,
  taken: ReadonlySet<string> = new Set(),
): readonly MigrationAction[] {
  // They are written for the newest schema.
  if (target !== undefined) return [];
  const rows = observed?.repeated ?? [];
  const known = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  const isDue = ({ name, checksum }: RepeatableFile): boolean => !taken.has(name) && known.get(name) !== checksum;
  const looked = [...(observed?.repeating ?? [])].map(([name, facts]) => [name, facts.names] as const);
  // All of them: one that runs again may close a circle with those that stand.
  const { sorted, cycles } = inOrder(repeatable, new Map([...(observed?.standing ?? []), ...looked]));
  const inCycle = new Map(cycles.flatMap((cycle) => cycle.map((file) => [file, cycle] as const)));
  const files = new Set(repeatable.map(({ name }) => name));

  const steps = sorted.filter(isDue).map((file): MigrationAction => {
    const { name, checksum } = file;
    const facts = observed?.repeating?.get(name);
    const lint = lintVerdict(name, facts?.suspicions, policy, observed?.tables);
    const cycle = inCycle.get(file);
    const stranger = file.after.find((other) => !files.has(other));
    const error =
      facts?.error ??
      (cycle === undefined ? undefined : circle(file, cycle)) ??
      (stranger === undefined ? undefined : unknown(file, stranger, [...files])) ??
      undeclared(file, facts?.role, roles) ??
      lint.error;
    const statements = facts?.statements === undefined ? {} : { statements: facts.statements };
    if (error !== undefined) return { ...refuse(file.id, error), ...statements };
    const before = known.get(name);
    return {
      kind: "migration",
      verb: "repeat",
      id: file.id,
      dependsOn: [],
      reason:
        before === undefined
          ? `has not run yet, sha256 ${short(checksum)}`
          : `checksum changed, sha256 ${short(before)} → ${short(checksum)}`,
      hazards: facts?.hazards ?? [],
      place: fileStart(file.file),
      repeatable: file,
      ...statements,
      ...(lint.notes === undefined ? {} : { notes: lint.notes }),
    };
  });
  const gone = rows.filter(({ name }) => !files.has(name));
  return [...steps, ...gone.map(forget)];
}

/** Whether nothing of it is to be done. */
export function isRepeated(
  { repeatable = [] }: Pick<ListedMigrations, "repeatable">,
  { repeated = [] }: Pick<ObservedMigrations, "repeated">,
): boolean {
  const known = new Map(repeated.map(({ name, checksum }) => [name, checksum]));
  return (
    repeatable.length === repeated.length && repeatable.every(({ name, checksum }) => known.get(name) === checksum)
  );
}

const forget = (row: { readonly name: string; readonly checksum: string }): MigrationAction => ({
  kind: "migration",
  verb: "forget",
  id: repeatableId(row.name),
  dependsOn: [],
  reason: "its file is gone: the ledger forgets it, and what it made stays in the database",
  hazards: [],
  row,
});

const circle = ({ file }: RepeatableFile, cycle: readonly RepeatableFile[]): ErrorFacts => ({
  code: "MIGRATION_ORDER",
  what: `${cycle.map(({ name }) => name).join(", ")} each use what another of them defines`,
  where: fileStart(file),
  next: "put them into one file, in an order that can run",
});

const unknown = ({ name, file }: RepeatableFile, other: string, known: readonly string[]): ErrorFacts => ({
  code: "MIGRATION_UNKNOWN",
  what: `${name} is to run after ${other}, and there is no such file beside it`,
  where: fileStart(file),
  next: known.length > 1 ? `there are ${known.filter((one) => one !== name).join(", ")}` : "take the line out",
});
