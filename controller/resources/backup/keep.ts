import type { Backup, Keep } from "./model.ts";

/** What one age is: the newest backup of each of so many of them stays. */
const ages: readonly (readonly [keyof Keep, (at: Date) => string])[] = [
  ["hourly", (at) => at.toISOString().slice(0, 13)],
  ["daily", (at) => at.toISOString().slice(0, 10)],
  ["weekly", weekOf],
  ["monthly", (at) => at.toISOString().slice(0, 7)],
];

/**
 * Those that no rule keeps: of each of the last `daily` days on which there is one the newest stays, and so for hours, weeks
 * (from Monday) and months, all in UTC. The newest of all always stays. Without a rule nothing goes.
 *
 * @param backups oldest first
 */
export function obsolete(backups: readonly Backup[], keep: Keep | undefined): readonly Backup[] {
  if (keep === undefined || ages.every(([age]) => (keep[age] ?? 0) === 0)) return [];
  const newestFirst = backups.toReversed();
  const kept = new Set(newestFirst.slice(0, 1));
  for (const [age, periodOf] of ages) {
    const periods = new Map<string, Backup>();
    for (const backup of newestFirst) {
      const period = periodOf(backup.manifest.takenAt);
      if (!periods.has(period)) periods.set(period, backup);
    }
    for (const backup of [...periods.values()].slice(0, keep[age] ?? 0)) kept.add(backup);
  }
  return backups.filter((backup) => !kept.has(backup));
}

/** The date of its Monday. */
function weekOf(at: Date): string {
  const monday = new Date(at);
  monday.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7));
  return monday.toISOString().slice(0, 10);
}
