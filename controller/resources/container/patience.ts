import type { DesiredContainer } from "./model.ts";

/** The same wishes, where each new container has so long, in milliseconds, until it is accepted or given up. */
export const waitingAtMost = (all: readonly DesiredContainer[], limitMs: number): readonly DesiredContainer[] =>
  all.map((one) => ({ ...one, acceptance: { ...one.acceptance, limitMs } }));
