import { PoststackError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import { isDestructive } from "../engine/destructive.ts";
import type { Action } from "../resources/index.ts";
import type { Context } from "./context.ts";
import type { Vanished } from "./vanished.ts";

export interface ApprovalRules {
  readonly environment: string;
  readonly isProtected: boolean;
  /** What the files have nothing of any more. */
  readonly vanished: readonly Vanished[];
  /** A saved plan: it was read and approved when it was made. */
  readonly savedFingerprint?: string;
  /** `--confirm NAME`: the environment's name, typed by the person who started the command. */
  readonly confirmed?: string;
}

/**
 * Whether a plan may run (DESIGN §6). On a terminal the person is asked; elsewhere `--yes` or a saved plan is needed. What
 * deletes data needs the environment's typed name besides. So does what does not come from a saved plan and is destructive
 * in a protected environment, or takes away all that there is of a kind because the files have nothing of it any more.
 *
 * @returns false when the person declined
 * @throws PoststackError `CONFIRMATION`, `PROTECTED`
 */
export async function approvePlan(plan: Plan<Action>, rules: ApprovalRules, context: Context): Promise<boolean> {
  const isSaved = rules.savedFingerprint === plan.fingerprint;
  const deletesData = plan.actions.filter(({ hazards }) => hazards.includes("deletes-data"));
  const guarded = rules.isProtected && !isSaved ? plan.actions.filter(isDestructive) : deletesData;
  if (guarded.length > 0) return typedName(guardedNeed(guarded, rules), rules, context);
  if (rules.vanished.length > 0 && !isSaved) return typedName(vanishedNeed(rules), rules, context);
  if (isSaved || context.yes) return true;
  if (!context.canAsk) {
    throw new PoststackError("CONFIRMATION", {
      what: "there is something to do and nobody to ask",
      next: "give --yes, or a plan saved with `poststack plan --out FILE`",
    });
  }
  return context.world.prompt.confirm("Apply this plan?");
}

/** Why the environment's name must be typed. */
interface Need {
  readonly code: "PROTECTED" | "CONFIRMATION";
  readonly why: string;
  readonly savedPlanIsEnough: boolean;
}

function guardedNeed(actions: readonly Action[], { environment, isProtected }: ApprovalRules): Need {
  const ids = idsOf(actions);
  return isProtected
    ? {
        code: "PROTECTED",
        why: `environment "${environment}" is protected, and the plan takes something away: ${ids}`,
        savedPlanIsEnough: true,
      }
    : { code: "CONFIRMATION", why: `the plan deletes data: ${ids}`, savedPlanIsEnough: false };
}

function vanishedNeed({ environment, vanished }: ApprovalRules): Need {
  const kinds = vanished.map(({ kind }) => kind).join(", no ");
  const why = `the files have no ${kinds} for "${environment}" any more, which a file that was cut off would say, too; all there are would go: ${idsOf(vanished.flatMap(({ actions }) => actions))}`;
  return { code: "CONFIRMATION", why, savedPlanIsEnough: true };
}

const idsOf = (actions: readonly Action[]): string => actions.map(({ id }) => id).join(", ");

async function typedName(need: Need, { environment, confirmed }: ApprovalRules, context: Context): Promise<boolean> {
  if (confirmed === environment) return true;
  if (confirmed === undefined && context.canAsk) {
    const typed = await context.world.prompt.text(`${need.why}\nType the name of the environment to go on:`);
    return typed.trim() === environment;
  }
  const orSaved = need.savedPlanIsEnough ? ", or apply a plan saved with `poststack plan --out FILE`" : "";
  throw new PoststackError(need.code, { what: need.why, next: `give --confirm ${environment}${orSaved}` });
}
