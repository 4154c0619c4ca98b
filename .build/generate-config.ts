// From schema/poststack.schema.json: the types of the configuration, and validators compiled ahead of time, because
// compiling them at each start would cost more than the rest of the command.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import standalone from "ajv/dist/standalone/index.js";
import { build } from "esbuild";
import { compile } from "json-schema-to-typescript";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonMap = { readonly [key: string]: Json };

const isMap = (json: Json | undefined): json is JsonMap =>
  typeof json === "object" && json !== null && !Array.isArray(json);

/**
 * References replaced by what they name, so that an error's path through the schema says which branch it stands in.
 * The schema has no circles. Texts for people are left out.
 */
function inlined(schema: JsonMap): JsonMap {
  const definitions = isMap(schema["definitions"]) ? schema["definitions"] : {};
  const inline = (map: JsonMap): JsonMap => {
    const { $ref: reference, ...rest } = map;
    if (typeof reference !== "string") return map;
    const target = definitions[reference.replace("#/definitions/", "")];
    if (!isMap(target)) throw new Error(`the schema names ${reference}, which is not there`);
    return { ...inline(target), ...rest };
  };
  const forPeople = new Set(["title", "description", "default", "$schema", "$id", "definitions"]);
  const walk = (json: Json, isSchema: boolean): Json => {
    if (Array.isArray(json)) return json.map((item: Json) => walk(item, isSchema));
    if (!isMap(json)) return json;
    const map = isSchema ? inline(json) : json;
    const entries = Object.entries(map).filter(([key]) => !isSchema || !forPeople.has(key));
    // The keys of these two are names of the file's keys, not words of JSON Schema.
    const names = (key: string) => isSchema && (key === "properties" || key === "patternProperties");
    return Object.fromEntries(entries.map(([key, value]) => [key, walk(value, !names(key))]));
  };
  return walk(schema, true) as JsonMap;
}

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
  const ajv = new Ajv({
    allErrors: true,
    messages: false,
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
    code: { source: true, esm: true, lines: true },
    keywords: ["x-form"],
    schemas: { file, environment },
  });
  const source = standalone.default(ajv, { validateFile: "file", validateEnvironment: "environment" });
  const schemas = `export const schemas = ${JSON.stringify({ file, environment })};`;
  const bundled = await build({
    stdin: { contents: `${source}\n${schemas}`, resolveDir: import.meta.dirname ?? ".", loader: "js" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    minify: true,
    legalComments: "none",
    banner: { js: "// Made from schema/poststack.schema.json by `npm run generate`." },
  });
  return bundled.outputFiles[0]?.text ?? "";
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
