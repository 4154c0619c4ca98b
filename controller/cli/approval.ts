import { isRemoval, type AnyAction } from "../core/action.ts";
import { PoststackError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import type { Action } from "../resources/index.ts";
import type { Context } from "./context.ts";

export interface ApprovalRules {
  readonly environment: string;
  readonly isProtected: boolean;
  /** A saved plan: it was read and approved when it was made. */
  readonly savedFingerprint?: string;
  /** `--confirm NAME`: the environment's name, typed by the person who started the command. */
  readonly confirmed?: string;
}

/** What takes something away that an apply cannot bring back. */
const isDestructive = (action: AnyAction): boolean =>
  action.hazards.includes("deletes-data") ||
  action.hazards.includes("drop") ||
  (isRemoval(action) && action.kind !== "process");

/**
 * Whether a plan may run (DESIGN §6). On a terminal the person is asked; elsewhere `--yes` or a saved plan is needed. What
 * deletes data needs the environment's typed name besides, and so does anything destructive in a protected environment
 * that does not come from a saved plan.
 *
 * @returns false when the person declined
 * @throws PoststackError `CONFIRMATION`, `PROTECTED`
 */
export async function approvePlan(plan: Plan<Action>, rules: ApprovalRules, context: Context): Promise<boolean> {
  const isSaved = rules.savedFingerprint === plan.fingerprint;
  const deletesData = plan.actions.filter(({ hazards }) => hazards.includes("deletes-data"));
  const guarded = rules.isProtected && !isSaved ? plan.actions.filter(isDestructive) : deletesData;
  if (guarded.length > 0) return typedName(guarded, rules, context);
  if (isSaved || context.yes) return true;
  if (!context.canAsk) {
    throw new PoststackError("CONFIRMATION", {
      what: "there is something to do and nobody to ask",
      next: "give --yes, or a plan saved with `poststack plan --out FILE`",
    });
  }
  return context.world.prompt.confirm("Apply this plan?");
}

async function typedName(actions: readonly Action[], rules: ApprovalRules, context: Context): Promise<boolean> {
  const { environment, isProtected, confirmed } = rules;
  if (confirmed === environment) return true;
  const ids = actions.map(({ id }) => id).join(", ");
  const why = isProtected
    ? `environment "${environment}" is protected, and the plan takes something away: ${ids}`
    : `the plan deletes data: ${ids}`;
  if (confirmed === undefined && context.canAsk) {
    const typed = await context.world.prompt.text(`${why}\nType the name of the environment to go on:`);
    return typed.trim() === environment;
  }
  throw new PoststackError(isProtected ? "PROTECTED" : "CONFIRMATION", {
    what: why,
    next: `give --confirm ${environment}${isProtected ? ", or apply a plan saved with `poststack plan --out FILE`" : ""}`,
  });
}
