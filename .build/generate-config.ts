// From schema/poststack.schema.json: the types of the configuration, and validators compiled ahead of time, because
// compiling them at each start would cost more than the rest of the command.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "json-schema-to-typescript";
import { inlined, isMap, standaloneValidators, type Json, type JsonMap } from "./schemas.ts";

/**
 * The schema as json-schema-to-typescript likes it: only what has a title becomes a type with a name, `x-` keys give no
 * index signature (a misspelt key would compile), and "exactly one of these keys" stays the validator's business.
 */
function forTypes(schema: JsonMap): JsonMap {
  const definitions = schema["definitions"] as { readonly [name: string]: JsonMap };
  const walk = (json: Json): Json => {
    if (Array.isArray(json)) return json.map(walk);
    if (!isMap(json)) return json;
    const { $ref: reference, patternProperties: _x, oneOf: _one, minItems: _many, ...rest } = json;
    if (typeof reference === "string") {
      const target = definitions[reference.replace("#/definitions/", "")];
      return target?.["title"] === undefined ? walk({ ...target, ...rest }) : { $ref: reference };
    }
    return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, walk(value)]));
  };
  const { $id: _id, ...whole } = schema;
  return walk(whole) as JsonMap;
}

const types = (schema: JsonMap): Promise<string> =>
  compile(forTypes(schema), "PoststackConfig", {
    bannerComment: "// Made from schema/poststack.schema.json by `npm run generate`.",
    style: { printWidth: 120 },
    additionalProperties: false,
    unreachableDefinitions: false,
  });

async function validators(schema: JsonMap): Promise<string> {
  const whole = inlined(schema);
  const properties = whole["properties"] as { readonly project: Json; readonly environments: JsonMap };
  const environment = properties.environments["additionalProperties"] as JsonMap;
  // The file as a whole, then each environment once `extends` and variables have been worked in.
  const file = {
    ...whole,
    properties: {
      ...properties,
      environments: { ...properties.environments, additionalProperties: { type: "object", "x-form": "a map" } },
    },
  };
  return standaloneValidators(
    { file, environment },
    { validateFile: "file", validateEnvironment: "environment" },
    `export const schemas = ${JSON.stringify({ file, environment })};`,
    "// Made from schema/poststack.schema.json by `npm run generate`.",
  );
}

const declarations = `// Made from schema/poststack.schema.json by \`npm run generate\`.
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
/** The schemas that \`schemaPath\` points into: references replaced by what they name. */
export const schemas: { readonly file: unknown; readonly environment: unknown };
export const validateFile: Validate;
export const validateEnvironment: Validate;
`;

export async function generateConfig(root: string): Promise<ReadonlyMap<string, string>> {
  const schema = JSON.parse(readFileSync(join(root, "schema/poststack.schema.json"), "utf8")) as JsonMap;
  return new Map([
    ["schema/generated/config.ts", await types(schema)],
    ["schema/generated/validate.js", await validators(schema)],
    ["schema/generated/validate.d.ts", declarations],
  ]);
}
