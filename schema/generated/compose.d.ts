// Made from schema/compose-spec.json by `npm run generate`.
import type { Validate } from "./validate.js";
/** The schema that `schemaPath` of a misfit points into. */
export const schema: unknown;
export const validateCompose: Validate;
