import { errorsOf, PoststackError, PoststackErrors, type ErrorCode } from "../../core/errors.ts";
import { comparePlaces, renderPlace, type Place } from "../../core/place.ts";
import { limitError, limits } from "../limits.ts";
import { undefinedVariable } from "../undefined-variable.ts";

/** Ten times the values that one file may hold, aliases followed. */
const mostValues = 10 * limits.values;

/** What is not wrong and yet not what somebody may expect. */
export interface ComposeWarning {
  readonly what: string;
  readonly where: Place;
  readonly next?: string;
}

/** Gathers all that is to be said about a project's files, so that one mistake does not hide the next. */
export interface Report {
  readonly mistake: (code: ErrorCode, what: string, where: Place, next?: string) => void;
  readonly warn: (what: string, where: Place, next?: string) => void;
  /** A variable without a value and without a default. */
  readonly unset: (variable: string, where: Place) => void;
  /** What stands at a place now, and was not written there: the value of a variable, or what an env file says. */
  readonly lookedUp: (source: string, where: Place) => void;
  readonly add: (found: readonly PoststackError[]) => void;
  /** Does something and keeps what it throws. */
  readonly attempt: <T>(work: () => T) => T | undefined;
  /**
   * Counts what a few words of a file stand for: ports of a range, services that are extended, texts of variables.
   *
   * @throws PoststackError `CONFIG_LIMIT` once it is more than any project is (RELIABILITY 37)
   */
  readonly spend: (values: number, where: Place) => void;
  /** Whether there is an error yet. */
  readonly hasErrors: () => boolean;
  /** @throws PoststackErrors sorted by place, when there was any */
  readonly throwAny: () => void;
  /** Sorted by place, each once. */
  readonly warnings: () => readonly ComposeWarning[];
  /** Variables and env files by the place at which something of theirs stands, as it is told: `compose.yaml:7:9`. */
  readonly sources: () => ReadonlyMap<string, ReadonlySet<string>>;
}

/** @param requiresVariables whether one that is not set is a mistake; else an empty text stands for it, as Compose has it */
export function newReport({ requiresVariables = false } = {}): Report {
  const errors: PoststackError[] = [];
  const warnings = new Map<string, ComposeWarning>();
  let spent = 0;
  const sources = new Map<string, Set<string>>();
  const warn: Report["warn"] = (what, where, next) => {
    const key = `${renderPlace(where)} ${what}`;
    if (!warnings.has(key)) warnings.set(key, { what, where, ...(next === undefined ? {} : { next }) });
  };
  return {
    mistake(code, what, where, next) {
      errors.push(new PoststackError(code, { what, where, ...(next === undefined ? {} : { next }) }));
    },
    add: (found) => errors.push(...found),
    warn,
    unset(variable, where) {
      if (requiresVariables) errors.push(undefinedVariable(variable, where));
      else {
        const next = `set ${variable}, or write a default: \${${variable}:-…}`;
        warn(`the variable ${variable} is not set: an empty text stands for it`, where, next);
      }
    },
    lookedUp(source, where) {
      const place = renderPlace(where);
      sources.set(place, (sources.get(place) ?? new Set()).add(source));
    },
    sources: () => sources,
    attempt(work) {
      try {
        return work();
      } catch (error) {
        errors.push(...errorsOf(error));
        return undefined;
      }
    },
    spend(values, where) {
      spent += values;
      if (spent > mostValues)
        throw limitError(`more than ${mostValues} values, with all that short words stand for`, where);
    },
    hasErrors: () => errors.length > 0,
    throwAny() {
      if (errors.length > 0) throw new PoststackErrors(unique(errors).sort(byPlace));
    },
    warnings: () => [...warnings.values()].sort((a, b) => comparePlaces(a.where, b.where)),
  };
}

/** A part that is used twice (an anchor, a service that two others extend) is told once. */
function unique(errors: readonly PoststackError[]): PoststackError[] {
  return [
    ...new Map(
      errors.map((error) => {
        const { where, code, what } = error.facts;
        return [`${code} ${where === undefined ? "" : renderPlace(where)} ${what}`, error];
      }),
    ).values(),
  ];
}

function byPlace({ facts: a }: PoststackError, { facts: b }: PoststackError): number {
  if (a.where === undefined || b.where === undefined)
    return Number(a.where !== undefined) - Number(b.where !== undefined);
  return comparePlaces(a.where, b.where);
}
