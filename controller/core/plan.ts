import { createHash } from "node:crypto";
import type { AnyAction, Facts, Hazard } from "./action.ts";
import type { ResourceId } from "./id.ts";
import type { StatementImpact } from "./impact.ts";
import type { Rehearsal } from "./rehearsal.ts";
import type { Content, Fact } from "./resource.ts";
import type { SchemaDrift } from "./schema-drift.ts";

/** What could not be observed in this pass, and will be planned in a later one. */
export interface Deferred {
  readonly id: ResourceId;
  readonly reason: string;
}

/** What is pending and waits for something outside of any plan: it is as it should be until then. */
export interface Held {
  readonly id: ResourceId;
  /** For whom it waits. */
  readonly reason: string;
  /** What it will do when its time comes, as an action tells it. */
  readonly hazards?: readonly Hazard[];
  readonly notes?: readonly string[];
  readonly statements?: readonly StatementImpact[];
}

/** Ordered actions with their reasons, and a fingerprint of them: what a person approves is what runs. */
export interface Plan<A extends AnyAction = AnyAction> {
  readonly project: string;
  readonly environment: string;
  readonly actions: readonly A[];
  readonly deferred: readonly Deferred[];
  /** Absent: nothing is. No action is about it, so the fingerprint does not cover it. */
  readonly held?: readonly Held[];
  /** Absent in a plan that was told by somebody else. */
  readonly contents?: Contents;
  /** Where its migrations were rehearsed. It says nothing of what would be done, so the fingerprint does not cover it. */
  readonly rehearsal?: Rehearsal;
  /** What was changed by hand, where it was asked for. No action heals it, so the fingerprint does not cover it. */
  readonly drift?: SchemaDrift;
  /** SHA-256 in hex over everything that the plan says, and would do. Equal facts give an equal fingerprint. */
  readonly fingerprint: string;
}

/** What each action would do. */
interface Contents {
  /** By the action's id: a {@link contentDigest}. */
  readonly digests: ReadonlyMap<ResourceId, string>;
  /** Whether they cover what is not public too. Without an owner token on disk there is no key for it. */
  readonly isKeyed: boolean;
}

/** SHA-256 in hex. Equal contents give an equal digest, whatever the order of their names. */
export function contentDigest({ facts, keyed }: Content, isKeyed: boolean): string {
  const all = isKeyed ? { facts, keyed } : { facts };
  return createHash("sha256")
    .update(JSON.stringify(sorted(all)))
    .digest("hex");
}

/** As lists of names and values, so that a variable called `__proto__` is one like any other. */
function sorted(fact: Fact): unknown {
  if (typeof fact !== "object") return fact;
  if (isList(fact)) return fact.map(sorted);
  const entries = fact instanceof Map ? [...fact] : Object.entries(fact);
  return entries
    .flatMap(([name, value]: [string, Fact]) => (value === undefined ? [] : [[name, sorted(value)] as const]))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

const isList = (fact: Fact): fact is readonly Fact[] => Array.isArray(fact);

/** One action as the outside sees it: no desired state, so no secret. */
export interface PublicAction extends Facts {
  readonly kind: string;
  readonly verb: string;
}

export const publicAction = ({ id, kind, verb, reason, hazards, dependsOn, place }: AnyAction): PublicAction => ({
  id,
  kind,
  verb,
  reason,
  hazards,
  dependsOn,
  ...(place === undefined ? {} : { place }),
});

/** Nothing to do, and nothing that a later pass has to look at. */
export const isSettled = (plan: Plan): boolean => plan.actions.length === 0 && plan.deferred.length === 0;
