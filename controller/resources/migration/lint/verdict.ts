import type { ErrorFacts } from "../../../core/errors.ts";
import { renderPlace } from "../../../core/place.ts";
import type { Finding } from "./judge.ts";

/** What keeps a migration from running. The first finding is told in full, and each with its locks and its recipe. */
export function lintFailed(name: string, [first, ...others]: readonly [Finding, ...Finding[]]): ErrorFacts {
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

/** A warning as a line below its migration. */
export const noteOf = ({ level, rule, place, what }: Finding): string =>
  `${level} ${rule} at ${renderPlace(place)}: ${what}`;
