import { isRefusal } from "../core/action.ts";
import { isSettled, publicAction, type Plan } from "../core/plan.ts";
import type { Action } from "../resources/index.ts";

const contentOf = ({ contents }: Plan<Action>, { id }: Action): { readonly content?: string } => {
  const content = contents?.digests.get(id);
  return content === undefined ? {} : { content };
};

/** The plan as the schema `schema/plan.schema.json` says. */
export const planToJson = (plan: Plan<Action>): object => ({
  version: 1,
  project: plan.project,
  environment: plan.environment,
  fingerprint: plan.fingerprint,
  settled: isSettled(plan),
  actions: plan.actions.map((action) => ({
    ...publicAction(action),
    ...contentOf(plan, action),
    ...(action.notes === undefined ? {} : { notes: action.notes }),
    ...(action.statements === undefined ? {} : { statements: action.statements }),
    ...(isRefusal(action) ? { error: action.error } : {}),
  })),
  deferred: plan.deferred,
  ...(plan.held === undefined ? {} : { held: plan.held }),
  ...(plan.rehearsal === undefined ? {} : { rehearsal: plan.rehearsal }),
  ...(plan.drift === undefined ? {} : { drift: plan.drift }),
});
