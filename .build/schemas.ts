// What the generators of validators share.
import { Ajv } from "ajv";
import standalone from "ajv/dist/standalone/index.js";
import { build } from "esbuild";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonMap = { readonly [key: string]: Json };

export const isMap = (json: Json | undefined): json is JsonMap =>
  typeof json === "object" && json !== null && !Array.isArray(json);

/**
 * References replaced by what they name, so that an error's path through the schema says which branch it stands in.
 * The schema has no circles. Texts for people are left out.
 */
export function inlined(schema: JsonMap): JsonMap {
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
 * The source of a module that validates by these schemas, and needs no library: compiling at each start would cost more
 * than the rest of the command.
 *
 * @param exported which schema each exported function checks
 * @param more statements for the module
 */
export async function standaloneValidators(
  schemas: Readonly<Record<string, JsonMap>>,
  exported: Readonly<Record<string, string>>,
  more: string,
  banner: string,
): Promise<string> {
  const ajv = new Ajv({
    allErrors: true,
    messages: false,
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
    code: { source: true, esm: true, lines: true },
    keywords: ["x-form"],
    schemas,
  });
  const source = standalone.default(ajv, exported);
  const bundled = await build({
    stdin: { contents: `${source}\n${more}`, resolveDir: import.meta.dirname ?? ".", loader: "js" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    minify: true,
    legalComments: "none",
    banner: { js: banner },
  });
  return bundled.outputFiles[0]?.text ?? "";
}
