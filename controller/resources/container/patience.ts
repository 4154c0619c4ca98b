import type { DesiredContainer } from "./model.ts";

/** The same wishes, where a new container counts as soon as it runs, and its check passes if it has one. */
export const notStanding = (all: readonly DesiredContainer[]): readonly DesiredContainer[] =>
  all.map((one) => ({ ...one, acceptance: { ...one.acceptance, stableMs: 0 } }));

/** The same wishes, where each new container has so long, in milliseconds, until it is accepted or given up. */
export const waitingAtMost = (all: readonly DesiredContainer[], limitMs: number): readonly DesiredContainer[] =>
  all.map((one) => ({ ...one, acceptance: { ...one.acceptance, limitMs } }));
