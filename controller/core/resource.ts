import type { AnyAction } from "./action.ts";
import type { Ports } from "./ports.ts";

/** One contract for every kind. */
export interface Resource<Desired, Observed, A extends AnyAction> {
  /** Reads only, owned and foreign alike. Desired says where to look and decides nothing. */
  observe(desired: readonly Desired[], ports: Ports, signal: AbortSignal): Promise<readonly Observed[]>;
  /** Pure. The same facts in any order give the same actions. */
  diff(desired: readonly Desired[], observed: readonly Observed[]): readonly A[];
  /** Safe to repeat, also after a crash halfway. */
  apply(action: A, ports: Ports, signal: AbortSignal): Promise<Result>;
}

/** What an action has to tell besides "done": shown in the progress and kept in the events. */
export interface Result {
  /** A few words: `exit code 0`, `12 statements`. */
  readonly note?: string;
  readonly exitCode?: number;
  /** Where the full log of the action is kept. */
  readonly logFile?: string;
}

export const done: Result = {};
