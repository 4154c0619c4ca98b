import type { Place } from "../core/place.ts";
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

/** Undefined when no layer knows the name. A secret is shown as `«secret»`. */
export function explain(variables: Variables, name: string): Explanation | undefined {
  const [strongest, ...weaker] = variables.candidates(name).map(sourceOf);
  return strongest === undefined ? undefined : { name, ...strongest, hides: weaker };
}

const sourceOf = ({ layer, value, place }: Variable): Source => ({
  layer,
  value: String(value),
  ...(place === undefined ? {} : { place }),
});
