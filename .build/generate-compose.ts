// From schema/compose-spec.json: a validator compiled ahead of time, as for the configuration.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inlined, isMap, standaloneValidators, type Json, type JsonMap } from "./schemas.ts";

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  null: "nothing",
};

/** `text, a list or a map`: what a choice between forms is called in a message. */
function formOf(forms: readonly Json[]): string {
  const names = forms.flatMap((form) =>
    isMap(form) ? ([form["type"] ?? []].flat() as string[]).map((type) => typeNames[type] ?? type) : [],
  );
  const unique = [...new Set(names)];
  return unique.length < 2 ? unique.join("") : `${unique.slice(0, -1).join(", ")} or ${unique.at(-1) ?? ""}`;
}

/** What a pattern of names says, for a message. */
const nameForms: Readonly<Record<string, string>> = {
  "^[a-zA-Z0-9._-]+$": "a name of letters, digits, `.`, `_` and `-`",
  "^[a-z]+$": "a name of small letters",
  ".+": "a name",
  "^.+$": "a name",
};

/**
 * The schema as our messages like it: a choice is `anyOf` with the name of its forms, because no value fits two of them;
 * and a map with names of the user's has `propertyNames`, so that a bad name is told as such and its value is checked.
 */
function forMessages(json: Json): Json {
  if (Array.isArray(json)) return json.map(forMessages);
  if (!isMap(json)) return json;
  if (json["type"] === "array" && json["additionalProperties"] !== undefined) return forMessages(movedToItems(json));
  const { oneOf, patternProperties, additionalProperties, uniqueItems: _unique, ...rest } = json;
  const mapped = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, forMessages(value)]));
  const choice = Array.isArray(oneOf) ? { anyOf: oneOf.map(forMessages), "x-form": formOf(oneOf as Json[]) } : {};
  return { ...mapped, ...choice, ...names(patternProperties, additionalProperties) };
}

/** The schema closes the list of `gpus` where it means each of its items. */
function movedToItems({ patternProperties = {}, additionalProperties = false, items = {}, ...list }: JsonMap): JsonMap {
  return { ...list, items: { ...(items as JsonMap), patternProperties, additionalProperties } };
}

function names(patterns: Json | undefined, additional: Json | undefined): JsonMap {
  const others = additional === undefined ? {} : { additionalProperties: forMessages(additional) };
  if (!isMap(patterns)) return others;
  const [first, second] = Object.entries(patterns);
  const [pattern, schema] = first ?? ["", {}];
  const form = nameForms[pattern];
  if (form === undefined) return { patternProperties: forMessages(patterns), ...others };
  if (second !== undefined) throw new Error("a map whose names have two patterns");
  return { propertyNames: { type: "string", pattern, "x-form": form }, additionalProperties: forMessages(schema) };
}

const declarations = `// Made from schema/compose-spec.json by \`npm run generate\`.
import type { Validate } from "./validate.js";
/** The schema that \`schemaPath\` of a misfit points into. */
export const schema: unknown;
export const validateCompose: Validate;
`;

export async function generateCompose(root: string): Promise<ReadonlyMap<string, string>> {
  const spec = JSON.parse(readFileSync(join(root, "schema/compose-spec.json"), "utf8")) as JsonMap;
  const schema = forMessages(inlined(spec)) as JsonMap;
  const source = await standaloneValidators(
    { compose: schema },
    { validateCompose: "compose" },
    `export const schema = ${JSON.stringify(schema)};`,
    "// Made from schema/compose-spec.json by `npm run generate`.",
  );
  return new Map([
    ["schema/generated/compose.js", source],
    ["schema/generated/compose.d.ts", declarations],
  ]);
}
