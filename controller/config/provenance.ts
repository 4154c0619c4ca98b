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

/**
 * Undefined when no layer knows the name. A secret is shown as `«secret»`.
 *
 * @param secrets texts that are secrets wherever they are met; a value with one in it is hidden as a whole
 */
export function explain(variables: Variables, name: string, secrets: readonly string[] = []): Explanation | undefined {
  const [strongest, ...weaker] = variables.candidates(name).map((one) => sourceOf(one, secrets));
  return strongest === undefined ? undefined : { name, ...strongest, hides: weaker };
}

function sourceOf({ layer, value, place }: Variable, secrets: readonly string[]): Source {
  const text = String(value);
  return {
    layer,
    value: secrets.some((secret) => text.includes(secret)) ? String(new Secret("")) : text,
    ...(place === undefined ? {} : { place }),
  };
}
