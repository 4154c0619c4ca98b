import { errorsOf, fromFacts, PoststackError, PoststackErrors } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import { byPlace } from "./environment.ts";

/** Gathers errors of steps that do not depend on each other, so that all of them are told at once. */
export interface Problems {
  /** The result, or undefined when it threw. */
  readonly attempt: <T>(work: () => T) => T | undefined;
  readonly add: (errors: readonly PoststackError[]) => void;
  readonly isEmpty: () => boolean;
  /** @throws PoststackErrors sorted by place, when there was any */
  readonly throwAny: () => void;
}

export function gatherProblems(): Problems {
  const errors: PoststackError[] = [];
  return {
    attempt(work) {
      try {
        return work();
      } catch (error) {
        errors.push(...errorsOf(error));
        return undefined;
      }
    },
    add: (more) => void errors.push(...more),
    isEmpty: () => errors.length === 0,
    throwAny() {
      if (errors.length > 0) throw new PoststackErrors(errors.sort(byPlace));
    },
  };
}

/** Gives an error of the work a place, where it has none: who asked for what failed. */
export function atPlace<T>(where: Place, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PoststackError && error.facts.where === undefined) throw fromFacts({ ...error.facts, where });
    throw error;
  }
}
