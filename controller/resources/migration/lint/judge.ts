import type { Place } from "../../../core/place.ts";
import type { Suspicion } from "./examine.ts";
import { factsOf, weighed, type LintFacts } from "./facts.ts";
import { levelOf, type Level, type LintPolicy } from "./level.ts";
import { describeLock } from "./lock.ts";
import { isFreeChange } from "./type-change.ts";

/** What a rule found, with how grave it is here. Plain data. */
export interface Finding {
  readonly rule: string;
  readonly level: Exclude<Level, "off">;
  readonly place: Place;
  /** What happens, as a sentence without a full stop. */
  readonly what: string;
  /** `ACCESS EXCLUSIVE on orders while every row is read: reads and writes wait` */
  readonly locks: readonly string[];
  /** Lines of SQL: how to do it instead. */
  readonly recipe: readonly string[];
  /** The first line of the statement. */
  readonly statement: string;
}

export interface JudgeOptions {
  readonly policy: LintPolicy;
  readonly facts?: LintFacts;
  /** The gravest that a finding may be whose weight is a table that nobody knows. */
  readonly unknown: Level;
}

/** Policy gives the level, the facts of the table take from it. What is off, or harmless on this table, is left out. */
export function judge(suspicions: readonly Suspicion[], { policy, facts, unknown }: JudgeOptions): readonly Finding[] {
  return suspicions.flatMap((suspicion): readonly Finding[] => {
    const { rule, level: own, weight, on, newType, place, what, locks, recipe, statement } = suspicion;
    const table = factsOf(facts, on);
    const old = newType === undefined ? undefined : table?.columnTypes?.get(newType.column);
    if (newType !== undefined && old !== undefined && isFreeChange(old, newType.type)) return [];
    const level = weighed(levelOf(policy, rule, own), weight, table, unknown);
    if (level === "off") return [];
    return [{ rule, level, place, what, locks: locks.map(describeLock), recipe, statement }];
  });
}
