import { errorsOf, PoststackError } from "../../core/errors.ts";
import { comparePlaces, type Place } from "../../core/place.ts";
import type { Text } from "../../core/secret.ts";
import { interpolateParts } from "../interpolate.ts";
import { explanationOf, type Explanation, type IsHidden } from "../provenance.ts";
import type { Variable, Variables, Written } from "../variables.ts";

/** A variable that went into a text, at any depth. */
export interface Ingredient extends Partial<Omit<Explanation, "name">> {
  readonly name: string;
  /** What it is made of, where that are variables again. */
  readonly template?: string;
  /** Why it has no value. */
  readonly problem?: string;
}

/** The variables that a text of the file can use. */
export interface Scope {
  readonly variables: Variables;
  /** All texts of the file that define the name: its own `environment:`, then `variables:`. */
  readonly writtenAs: (name: string) => readonly Written[];
}

/** What is kept from the reader. */
export interface Discretion {
  readonly hides: IsHidden;
  /** A text of the file that holds a secret. */
  readonly hidesText: (text: string) => boolean;
}

/** A text that defines a variable means by that variable's name what a weaker source says. */
export interface Defining {
  readonly name: string;
  readonly place: Place;
}

/** Every variable that was looked at, in the order in which they are met. Branches that were not taken have none. */
export function ingredientsOf(
  text: string,
  scope: Scope,
  { hides, hidesText }: Discretion,
  defining?: Defining,
): readonly Ingredient[] {
  const found = new Map<string, Ingredient>();

  function visit(template: string, inside: Defining | undefined): void {
    for (const name of namesIn(template, (one) => candidatesOf(one, inside)[0]?.value)) {
      if (found.has(name)) continue;
      const candidates = candidatesOf(name, inside);
      const [strongest] = candidates;
      const written = scope.writtenAs(name).find(({ place }) => isSame(place, strongest?.place));
      const isMade = written?.text.includes("$") === true;
      const shown = explanationOf(name, candidates, hides);
      found.set(name, {
        ...(shown ?? problemOf(name)),
        ...(isMade && !hidesText(written.text) ? { template: written.text } : {}),
      });
      if (isMade) visit(written.text, { name, place: written.place });
    }
  }

  function candidatesOf(name: string, inside: Defining | undefined): readonly Variable[] {
    try {
      const all = scope.variables.candidates(name);
      const own = inside?.name === name ? all.findIndex(({ place }) => isSame(inside.place, place)) : -1;
      return all.slice(own + 1);
    } catch (thrown) {
      if (!(thrown instanceof Error)) throw thrown;
      return [];
    }
  }

  function problemOf(name: string): Ingredient {
    try {
      return scope.variables.candidates(name).length === 0 ? { name, problem: "not set" } : { name };
    } catch (thrown) {
      return { name, problem: errorsOf(thrown)[0]?.message ?? "not set" };
    }
  }

  visit(text, defining);
  return [...found.values()];
}

export const isSame = (place: Place, other: Place | undefined): boolean =>
  other !== undefined && comparePlaces(place, other) === 0;

/** The names that are looked up while a text is worked in. */
function namesIn(text: string, valueOf: (name: string) => Text | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  try {
    interpolateParts(text, (name) => {
      names.add(name);
      const value = valueOf(name);
      return value === undefined ? undefined : String(value);
    });
  } catch (thrown) {
    // `${NAME:?message}`: what was met up to there is what there is to tell.
    if (!(thrown instanceof PoststackError)) throw thrown;
  }
  return names;
}
