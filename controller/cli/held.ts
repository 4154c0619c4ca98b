import { kindOf } from "../core/id.ts";
import type { Held, Plan } from "../core/plan.ts";
import type { Action } from "../resources/index.ts";

/** Contracts that wait, and for whom; also those of which a plan has yet to write down what is older. */
export const heldIn = ({ held = [], actions }: Pick<Plan<Action>, "held" | "actions">): readonly Held[] => [
  ...actions.flatMap((action) =>
    action.kind === "migration" && action.verb === "hold" ? [{ id: action.id, reason: action.reason }] : [],
  ),
  ...held.flatMap(({ id, reason }) => (kindOf(id) === "migration" ? [{ id, reason }] : [])),
];
