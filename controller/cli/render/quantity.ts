const spans: readonly (readonly [number, string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
];

/** In the largest unit that fits: `3 h`, `12 s`. */
export function renderSpan(ms: number): string {
  const [size, unit] = spans.find(([length]) => ms >= length) ?? [1_000, "s"];
  return `${Math.floor(ms / size)} ${unit}`;
}

/** How long ago. Never negative: two clocks may differ. */
export const renderAge = (from: Date, now: Date): string => renderSpan(Math.max(0, now.getTime() - from.getTime()));

/** `2026-11-20 05:29:13`, in UTC, so that it compares with the ledger and with logs of other machines. */
export const renderMoment = (date: Date): string => `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
