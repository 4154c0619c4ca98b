import type { AnyAction } from "./action.ts";
import type { Ports } from "./ports.ts";

/** One contract for every kind. */
export interface Resource<Desired, Observed, A extends AnyAction> {
  /** Reads only, owned and foreign alike. Desired says where to look and decides nothing. */
  observe(desired: readonly Desired[], ports: Ports, signal: AbortSignal): Promise<readonly Observed[]>;
  /** Pure. The same facts in any order give the same actions. */
  diff(desired: readonly Desired[], observed: readonly Observed[]): readonly A[];
  /** Pure. What decides the effect of an action, all of it: what a plan's fingerprint stands for, and no person reads. */
  content(action: A): Content;
  /** Safe to repeat, also after a crash halfway. */
  apply(action: A, ports: Ports, signal: AbortSignal): Promise<Result>;
}

/** Secrets do not fit in here. */
export type Fact =
  | string
  | number
  | boolean
  | undefined
  | readonly Fact[]
  | ReadonlyMap<string, Fact>
  | { readonly [name: string]: Fact };

export interface Content {
  /**
   * What everybody may know. Nothing that is made up anew by each command before the first apply: no mark, no password,
   * no keyed hash.
   */
  readonly facts: Fact;
  /** Hashes of what is not public, keyed with the owner token or with what is made of it; by name. */
  readonly keyed?: ReadonlyMap<string, string>;
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
