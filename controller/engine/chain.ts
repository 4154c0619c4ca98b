import type { ResourceId } from "../core/id.ts";
import type { Before, Link, Result, Withdraw } from "../core/resource.ts";
import { mayFollow, type Action } from "../resources/index.ts";

/** One action that has been begun. */
interface Begun {
  readonly result: Promise<Result>;
  /** Resolves to whether it is on its way or has ended, in spite of an attempt to take it back. */
  readonly remains: () => Promise<boolean>;
  /** It is its turn: what it waited for has succeeded, and what follows it may be sent. */
  readonly turn: () => void;
}

export interface Chain {
  /** Takes back what is on its way behind another and has not begun: nothing new is to begin. */
  readonly withdraw: () => void;
  /** After that: whether the action has begun nevertheless, and is to be waited for. */
  readonly hasBegun: (id: ResourceId) => Promise<boolean>;
  /** Carries it out, or waits for the answer where it is on its way. What waits for it has succeeded. */
  readonly run: (action: Action) => Promise<Result>;
}

/**
 * Where one action waits for nothing but the one before it, and its kind can be sent without knowing how that ends, it is
 * sent as soon as that one is on its way: never more than one ahead. The world refuses it if the one before fails; then it
 * was never begun.
 *
 * @param carryOut calls the kind
 * @param mayBegin whether anything new may be begun at this moment
 */
export function chain(
  actions: readonly Action[],
  carryOut: (action: Action, link: Link<Action>) => Promise<Result>,
  mayBegin: () => boolean,
): Chain {
  const followers = followersOf(actions);
  const ahead = new Map<ResourceId, Begun>();

  const sendFollower = (action: Action, answer: Promise<unknown>): void => {
    const follower = followers.get(action.id);
    if (follower === undefined || ahead.has(follower.id) || !mayBegin()) return;
    let failed = false;
    // Once it is its turn it has been begun for whoever waits for it.
    const isOver = (): boolean => failed || (ahead.has(follower.id) && !mayBegin());
    const before = { action, answer, isOver };
    const onFailure = (): void => {
      failed = true;
      ahead.delete(follower.id);
    };
    answer.catch(onFailure);
    ahead.set(follower.id, begin(follower, before));
  };

  const begin = (action: Action, before?: Before<Action>): Begun => {
    let isTurn = before === undefined;
    let onItsWay: Promise<unknown> | undefined;
    let withdraw: Withdraw | undefined;
    let withdrawn: Promise<boolean> | undefined;
    const sent: Link<Action>["sent"] = (answer, how) => {
      onItsWay = answer;
      withdraw = how;
      if (isTurn) sendFollower(action, answer);
    };
    const result = carryOut(action, before === undefined ? { sent } : { sent, before });
    // Nobody asks for the result of what was refused.
    result.catch(() => undefined);
    const turn = (): void => {
      isTurn = true;
      if (onItsWay !== undefined) sendFollower(action, onItsWay);
    };
    const remains = async (): Promise<boolean> => {
      withdrawn ??= withdraw?.();
      return onItsWay !== undefined && (await withdrawn) !== true;
    };
    return { result, turn, remains };
  };

  return {
    withdraw: () => {
      for (const begun of ahead.values()) void begun.remains();
    },
    hasBegun: async (id) => (await ahead.get(id)?.remains()) === true,
    run: (action) => {
      const begun = ahead.get(action.id) ?? begin(action);
      ahead.delete(action.id);
      begun.turn();
      return begun.result;
    },
  };
}

/** By the id of the one that it alone waits for. */
function followersOf(actions: readonly Action[]): ReadonlyMap<ResourceId, Action> {
  const followers = new Map<ResourceId, Action>();
  const byId = new Map(actions.map((action) => [action.id, action]));
  for (const action of actions) {
    const [id, ...others] = action.dependsOn;
    const before = id === undefined || others.length > 0 ? undefined : byId.get(id);
    if (before !== undefined && mayFollow(action, before)) followers.set(before.id, action);
  }
  return followers;
}
