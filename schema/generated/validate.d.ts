// Made from schema/poststack.schema.json by `npm run generate`.
/** One way in which a value does not fit: the fields of ajv's ErrorObject that messages are made from. */
export interface Misfit {
  readonly keyword: string;
  /** JSON pointer into the value. */
  readonly instancePath: string;
  /** JSON pointer into the schema. */
  readonly schemaPath: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Present for the misfits of a key's name. */
  readonly propertyName?: string;
}
export interface Validate {
  (value: unknown): boolean;
  errors: readonly Misfit[] | null;
}
/** The schemas that `schemaPath` points into: references replaced by what they name. */
export const schemas: { readonly file: unknown; readonly environment: unknown };
export const validateFile: Validate;
export const validateEnvironment: Validate;
