import type { EnvironmentConfig } from "../../schema/generated/config.ts";
import { schemas, validateEnvironment } from "../../schema/generated/validate.js";
import { comparePlaces, fileStart } from "../core/place.ts";
import type { PoststackError } from "../core/errors.ts";
import { materialise } from "./materialise.ts";
import { notYet } from "./not-yet.ts";
import { checkRules } from "./rules.ts";
import { environmentShape } from "./shape.ts";
import type { EnvironmentSource, Path } from "./source.ts";
import { at, placeOf, type Entry, type Tree } from "./tree.ts";
import { validate } from "./validate.ts";
import type { Written } from "./variables.ts";

export interface ReadEnvironment {
  readonly source: EnvironmentSource;
  readonly errors: readonly PoststackError[];
}

/**
 * One environment, `extends` worked in, as a source.
 *
 * @param interpolate puts variables into a text; throws `VARIABLE_*`
 * @throws PoststackError `CONFIG_LIMIT`
 */
export function readEnvironment(
  name: string,
  { tree, place }: Entry,
  interpolate: (written: Written) => string,
): ReadEnvironment {
  const { value, errors, obstacles, unknown, filled, tidy } = materialise(tree, environmentShape, interpolate);
  const misfits = validate(validateEnvironment, schemas.environment, { value, tree, place, unknown, filled });
  tidy();

  const config = value as EnvironmentConfig;
  const where = (path: Path) => placeOf(tree, place, path);
  const isTemplate = misfits.length === 0 && config.template === true;
  // Rules read the value as if it had its type, so the type comes first. A template may be half of something.
  const isWhole = misfits.length === 0 && unknown.length === 0;
  const broken = isWhole && !isTemplate ? checkRules(config, where) : [];
  const missing = misfits.length === 0 ? notYet(config, where) : [];
  return {
    source: {
      name,
      template: isTemplate,
      config,
      obstacles: [...obstacles, ...missing].sort(byPlace),
      placeOf: where,
    },
    errors: [...errors, ...misfits, ...broken],
  };
}

/** The environment's `variables:` as they are written; whatever is wrong with them is the validator's business. */
export function writtenVariables(tree: Tree): ReadonlyMap<string, Written> {
  const variables = at(tree, ["variables"]);
  const written = new Map<string, Written>();
  if (variables?.type !== "map") return written;
  for (const [name, { tree: value }] of variables.entries) {
    if (value.type !== "scalar" || (value.plain && value.value === null)) continue;
    written.set(name, { text: value.text, place: value.place });
  }
  return written;
}

/** Errors in the order in which a reader of the file meets them; those without a place come first. */
export function byPlace(a: PoststackError, b: PoststackError): number {
  const [one, other] = [a.facts.where ?? fileStart(""), b.facts.where ?? fileStart("")];
  return comparePlaces(one, other) || (a.code < b.code ? -1 : Number(a.code > b.code));
}
