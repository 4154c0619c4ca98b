// Made from schema/compose-spec.json by `npm run generate`.
import type { Validate } from "./validate.js";
/** The schema of a whole file. */
export const schema: unknown;
/** Where in that schema stands what a `schemaPath` calls `part-KEY`. */
export const partsAt: string;
export const validateWhole: Validate;
