import { classOf, type ErrorFacts } from "../core/errors.ts";
import { unreachable } from "../core/unreachable.ts";
import type { Outcome } from "../engine/converge.ts";

/** What a script can tell apart (DESIGN §6). */
export const exitCode = {
  done: 0,
  error: 1,
  /** Only where it was asked for: `--detailed-exitcode`, `db dump --check`. */
  changes: 2,
  stalled: 3,
  locked: 4,
  refused: 5,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** The code for errors: the strongest class decides, and a person's business comes before what may pass. */
export function exitCodeOf(errors: readonly ErrorFacts[]): ExitCode {
  const classes = new Set(errors.map(({ code }) => classOf(code)));
  if (classes.has("interrupted")) return exitCode.interrupted;
  if (classes.has("terminal")) return exitCode.error;
  if (classes.has("refused")) return exitCode.refused;
  if (classes.has("locked")) return exitCode.locked;
  return classes.size === 0 ? exitCode.done : exitCode.stalled;
}

export function exitCodeOfOutcome(outcome: Outcome): ExitCode {
  switch (outcome.status) {
    case "converged":
      return exitCode.done;
    case "declined":
      return exitCode.refused;
    case "refused":
      return exitCode.error;
    case "blocked":
      return exitCodeOf(outcome.errors);
    case "stalled":
      return exitCode.stalled;
    case "stopped":
      return exitCode.interrupted;
    default:
      return unreachable(outcome);
  }
}
