import type { DesiredContainer } from "./model.ts";

/** The same wishes, looking also for what only an inspect call shows, for which each container is asked about. */
export const thorough = (all: readonly DesiredContainer[]): readonly DesiredContainer[] =>
  all.map((one) => ({ ...one, isThorough: true }));
