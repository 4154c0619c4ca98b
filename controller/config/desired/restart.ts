import { chosenOf } from "./chosen.ts";
import type { RestartOptions } from "./options.ts";

/** What has to have been started after a moment, because somebody asked for it. */
export interface Restarts {
  readonly after: (kind: "process" | "container" | "instance", ...names: readonly string[]) => Date | undefined;
  /** @throws PoststackError `TARGET_UNKNOWN`: a name that nothing was asked for by */
  readonly checkAll: () => void;
}

export function restartsOf(options: RestartOptions | undefined): Restarts {
  if (options === undefined) return { after: () => undefined, checkAll: () => undefined };
  const { has, checkAll } = chosenOf(options.services, "can be restarted");
  return { after: (kind, ...names) => (has(kind, ...names) ? options.startedAfter : undefined), checkAll };
}
