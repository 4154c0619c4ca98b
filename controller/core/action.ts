import type { ResourceId } from "./id.ts";
import type { ErrorFacts } from "./errors.ts";
import type { StatementImpact } from "./impact.ts";
import type { Place } from "./place.ts";

/**
 * What an action may cost besides its purpose. lock: others wait for longer than a moment. rewrite: a table with rows is
 * written anew.
 */
export type Hazard = "deletes-data" | "downtime" | "host-access" | "lock" | "rewrite" | "drop";

/** What every action carries. Plain data: it prints, travels as JSON and compares. */
export interface Facts {
  /** One action per resource and pass, so the resource's id is the action's. */
  readonly id: ResourceId;
  /** Ids that must have settled well before this one starts. An id without an action in the plan counts as settled. */
  readonly dependsOn: readonly ResourceId[];
  /** Ids that must have settled before this one starts, well or not. */
  readonly after?: readonly ResourceId[];
  /** The action that this one cleans up after: where that is chosen (`--target`), this is. */
  readonly goesWith?: ResourceId;
  /** Why, in the user's words: the drift field by field, or the fact that caused it. */
  readonly reason: string;
  readonly hazards: readonly Hazard[];
  /** Besides what its verb says, it takes something away: a privilege, a membership, a power. The reason says which. */
  readonly alsoTakesAway?: true;
  /** What is worth knowing before, and stops nothing: a line each. The plan's fingerprint does not cover it. */
  readonly notes?: readonly string[];
  /** Of a migration: what it does to what is there now. It may differ at the next look, so the fingerprint leaves it out. */
  readonly statements?: readonly StatementImpact[];
  /** Where the files ask for it; absent where they no longer do. */
  readonly place?: Place;
}

/** One member of a kind's closed union of actions. */
export type ActionOf<K extends string, V extends string, T> = T & Facts & { readonly kind: K; readonly verb: V };

/**
 * An action that says why nothing may be done. Applying it throws its error, so dependents are skipped and the rest can
 * go on; `apply` on the command line refuses to start a plan that holds one.
 */
export type Refusal<K extends string> = ActionOf<K, "refuse", { readonly error: ErrorFacts }>;

/** What core knows of any action. */
export interface AnyAction extends Facts {
  readonly kind: string;
  readonly verb: string;
}

/** Verbs that take something away. They come last, and run only when all else has succeeded. */
const removing: ReadonlySet<string> = new Set(["delete", "drop"]);

export const isRemoval = (action: AnyAction): boolean => removing.has(action.verb);

/** Verbs that take away what the files no longer ask for, or no longer ask for in this form. */
const takingAway: ReadonlySet<string> = new Set([...removing, "revoke", "rollback"]);

/**
 * Whether something is gone afterwards that was there before. An unfinished file asks for less than was meant, so this
 * never happens without somebody who has read it (RELIABILITY 22).
 */
export const takesAway = (action: AnyAction): boolean =>
  takingAway.has(action.verb) || action.alsoTakesAway === true || action.hazards.includes("deletes-data");

export const isRefusal = <A extends AnyAction>(
  action: A,
): action is A & { readonly verb: "refuse"; readonly error: ErrorFacts } => action.verb === "refuse";

/** Characters of a command in the line of a plan. */
const longestCommand = 60;

/** A command as one would type it. */
export const commandLine = (words: readonly string[]): string =>
  words.map((text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : JSON.stringify(text))).join(" ");

/** The same, short enough for a reason. */
export function shortCommand(words: readonly string[]): string {
  const line = commandLine(words);
  return line.length > longestCommand ? `${line.slice(0, longestCommand)}…` : line;
}
