import type { Place } from "../core/place.ts";
import { Secret } from "../core/secret.ts";
import type { Layer, Variable, Variables } from "./variables.ts";

/** One layer's word on a variable, fit to be shown. */
export interface Source {
  readonly layer: Layer;
  readonly value: string;
  readonly place?: Place;
}

/** Where a variable's value comes from, and what the weaker layers would have said. */
export interface Explanation extends Source {
  readonly name: string;
  readonly hides: readonly Source[];
}

/** Whether a value that is no secret by itself is shown as one, too. */
export type IsHidden = (variable: Variable) => boolean;

/** Undefined when no layer knows the name. A secret is shown as `«secret»`. */
export const explain = (variables: Variables, name: string, isHidden?: IsHidden): Explanation | undefined =>
  explanationOf(name, variables.candidates(name), isHidden);

/** The same of layers that are at hand, strongest first. */
export function explanationOf(
  name: string,
  candidates: readonly Variable[],
  isHidden: IsHidden = () => false,
): Explanation | undefined {
  const [strongest, ...weaker] = candidates.map((one) => sourceOf(one, isHidden(one)));
  return strongest === undefined ? undefined : { name, ...strongest, hides: weaker };
}

const sourceOf = ({ layer, value, place }: Variable, isHidden: boolean): Source => ({
  layer,
  value: String(isHidden ? new Secret("") : value),
  ...(place === undefined ? {} : { place }),
});
