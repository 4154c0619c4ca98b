import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";

/** `VARIABLE_UNDEFINED`, the same wherever it is found. */
export const undefinedVariable = (name: string, where: Place): PoststackError =>
  new PoststackError("VARIABLE_UNDEFINED", {
    what: `variable ${name} has no value`,
    where,
    next: `set ${name} in variables:, in the shell or in the environment's env file, or write \${${name}:-default}`,
  });
