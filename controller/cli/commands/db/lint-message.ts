import type { Finding } from "../../../resources/migration/lint/judge.ts";

/** What was looked at and what was found. */
export interface LintReport {
  readonly environment: string;
  /** Relative to the project, in order. */
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
}

/** What is to be said of a finding where there is no room for columns. */
export const messageOf = ({ what, locks, recipe }: Finding): string =>
  [`${what}.`, ...locks.map((lock) => `Lock: ${lock}.`), ...(recipe.length === 0 ? [] : ["Instead:", ...recipe])].join(
    "\n",
  );
