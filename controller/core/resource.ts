import type { AnyAction } from "./action.ts";
import type { PoststackError } from "./errors.ts";
import type { ResourceId } from "./id.ts";
import type { Deferred, Held } from "./plan.ts";
import type { Ports } from "./ports.ts";

/** One contract for every kind. */
export interface Resource<Desired, Observed, A extends AnyAction> {
  /** Reads only, owned and foreign alike. Desired says where to look and decides nothing. */
  observe(desired: readonly Desired[], ports: Ports, signal: AbortSignal): Promise<readonly Observed[]>;
  /**
   * Pure. The same facts in any order give the same actions.
   *
   * @param changing what the kinds above this one are about to make, or to make anew, in the same plan
   */
  diff(desired: readonly Desired[], observed: readonly Observed[], changing: ReadonlySet<ResourceId>): readonly A[];
  /** Pure. What decides the effect of an action, all of it: what a plan's fingerprint stands for, and no person reads. */
  content(action: A): Content;
  /** Safe to repeat, also after a crash halfway. */
  apply(action: A, ports: Ports, signal: AbortSignal, link?: Link<A>): Promise<Result>;
  /**
   * Waits for what must be so before `apply` may begin, and holds no place among the actions that run at once. Undefined:
   * there is nothing to wait for.
   */
  ready?(action: A, ports: Ports, signal: AbortSignal): Promise<void> | undefined;
  /**
   * Pure. What cannot be decided before other actions of the same plan are done: it waits for the next plan, and what needs
   * it waits along.
   *
   * @param changing what this plan is about to make, or to make anew
   */
  undecided?(
    desired: readonly Desired[],
    observed: readonly Observed[],
    changing: ReadonlySet<ResourceId>,
  ): readonly Deferred[];
  /** Pure. What is pending and waits for something that no plan brings about. */
  held?(desired: readonly Desired[], observed: readonly Observed[], changing: ReadonlySet<ResourceId>): readonly Held[];
  /** Pure. What is as desired and has not proved itself yet, or has failed to (RELIABILITY 15). */
  settling?(desired: readonly Desired[], observed: readonly Observed[]): readonly Settling[];
  /** The error for what does not settle, with what it said last. */
  unsettled?(
    one: Settling,
    desired: readonly Desired[],
    ports: Ports,
    signal: AbortSignal,
  ): Promise<PoststackError | undefined>;
  /** Pure. Whether `apply` takes `link.before`: `action` may be on its way before it is known how `before` ends. */
  follows?(action: A, before: A): boolean;
}

/** Something that was started and is not accepted yet. */
export interface Settling {
  readonly id: ResourceId;
  /** Waiting does not help, unless something outside starts it again. */
  readonly hasFailed: boolean;
  /** Predicate of a sentence: `its healthcheck has not passed yet`. */
  readonly why: string;
}

/**
 * Between two actions that run one after the other: the second is on its way while the first is answered. Only for a kind
 * whose world itself refuses the second when the first fails.
 */
export interface Link<A> {
  /** The action ahead, not answered when `apply` was called. */
  readonly before?: Before<A>;
  /**
   * Tells that all of the action is on its way, and its answer: what follows it may be sent. `withdraw` comes with what was
   * sent behind another.
   */
  readonly sent: (answer: Promise<unknown>, withdraw?: Withdraw) => void;
}

/** Lets the world refuse what is on its way, unless it has begun. Resolves to whether nothing of it has happened. */
export type Withdraw = () => Promise<boolean>;

export interface Before<A> {
  readonly action: A;
  readonly answer: Promise<unknown>;
  /** It has failed, or nothing new is to begin: what has not been sent by now must not be. */
  readonly isOver: () => boolean;
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
