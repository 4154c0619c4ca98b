import type { AnyAction, Facts } from "./action.ts";
import type { ResourceId } from "./id.ts";

/** What could not be observed in this pass, and will be planned in a later one. */
export interface Deferred {
  readonly id: ResourceId;
  readonly reason: string;
}

/** Ordered actions with their reasons, and a fingerprint of them: what a person approves is what runs. */
export interface Plan<A extends AnyAction = AnyAction> {
  readonly project: string;
  readonly environment: string;
  readonly actions: readonly A[];
  readonly deferred: readonly Deferred[];
  /** SHA-256 in hex over everything that the plan says. Equal facts give an equal fingerprint. */
  readonly fingerprint: string;
}

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
