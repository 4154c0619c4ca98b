import type { ErrorFacts } from "../../../core/errors.ts";
import { renderPlace } from "../../../core/place.ts";
import type { Suspicion } from "./examine.ts";
import type { LintFacts } from "./facts.ts";
import { judge, type Finding } from "./judge.ts";
import { plainPolicy, type LintPolicy } from "./level.ts";

/** What rules say of a file that is to run. */
interface Verdict {
  /** It may not run. */
  readonly error?: ErrorFacts;
  /** Warnings, as lines below it in the plan. */
  readonly notes?: readonly string[];
}

/**
 * Pure. A table whose size nobody told refuses nothing.
 *
 * @param name subject of a sentence: `001_users`
 */
export function lintVerdict(
  name: string,
  suspicions: readonly Suspicion[] = [],
  policy: LintPolicy = plainPolicy,
  tables?: LintFacts,
): Verdict {
  const facts = tables === undefined ? {} : { facts: tables };
  const findings = judge(suspicions, { policy, ...facts, unknown: "warning" });
  const [first, ...others] = findings.filter(({ level }) => level === "error");
  if (first !== undefined) return { error: lintFailed(name, [first, ...others]) };
  const notes = findings.filter(({ level }) => level === "warning").map(noteOf);
  return notes.length === 0 ? {} : { notes };
}

/** The first finding is told in full, and each with its locks and its recipe. */
function lintFailed(name: string, [first, ...others]: readonly [Finding, ...Finding[]]): ErrorFacts {
  const count = others.length + 1;
  return {
    code: "LINT_FAILED",
    what: `${name} breaks ${count === 1 ? `the rule ${first.rule}` : `${count} rules, first ${first.rule}`}: ${first.what}`,
    where: first.place,
    next: `write it as shown, or say beside it why it may stay: \`-- poststack: allow ${first.rule} because …\``,
    details: [first, ...others].flatMap(inFull),
  };
}

const inFull = ({ rule, place, what, locks, recipe }: Finding): readonly string[] => [
  `${rule} at ${renderPlace(place)}: ${what}`,
  ...locks.map((lock) => `  lock: ${lock}`),
  ...(recipe.length === 0
    ? []
    : ["  instead:", ...recipe.flatMap((line) => line.split("\n")).map((line) => `    ${line}`)]),
];

const noteOf = ({ level, rule, place, what }: Finding): string => `${level} ${rule} at ${renderPlace(place)}: ${what}`;
