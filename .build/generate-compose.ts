// From schema/compose-spec.json: a validator compiled ahead of time, as for the configuration, and
// docs/compose-support.md, for which the table of what is supported must list every key of the schema.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import type { Support, SupportTable } from "../controller/config/compose/support/levels.ts";
import { supportTable } from "../controller/config/compose/support/table.ts";
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
  return { ...mapped, ...choice, ...range(json), ...names(patternProperties, additionalProperties) };
}

/** A number between limits is called by these. */
function range({ minimum, maximum }: JsonMap): JsonMap {
  if (typeof minimum !== "number") return {};
  const limits = typeof maximum === "number" ? `from ${minimum} to ${maximum}` : `of at least ${minimum}`;
  return { "x-form": `a whole number ${limits}` };
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
/** The schema of a whole file. */
export const schema: unknown;
/** Where in that schema stands what a \`schemaPath\` calls \`part-KEY\`. */
export const partsAt: string;
export const validateWhole: Validate;
`;

/** Where a service's keys stand in the schema. */
const servicePath = "#/properties/services/additionalProperties/properties/";

/**
 * The schema with a schema of its own for each key of a service. Each becomes a function, of which a program compiles
 * those that a file has keys for: all in one would take longer to compile than the rest of the command.
 */
function inParts(schema: JsonMap): { readonly whole: JsonMap; readonly parts: Readonly<Record<string, JsonMap>> } {
  const properties = schema["properties"] as { readonly [key: string]: JsonMap };
  const service = properties["services"]?.["additionalProperties"] as JsonMap;
  const keys = Object.entries(service["properties"] as { readonly [key: string]: JsonMap });
  const references = Object.fromEntries(keys.map(([key]) => [key, { $ref: `part-${key}` }]));
  const services = { ...properties["services"], additionalProperties: { ...service, properties: references } };
  return {
    whole: { ...schema, properties: { ...properties, services } },
    parts: Object.fromEntries(keys.map(([key, part]) => [`part-${key}`, part])),
  };
}

/** Every key of the schema with what becomes of it; an error where table and schema differ. */
function supportRows(spec: JsonMap): readonly (readonly [string, Support])[] {
  const rows: (readonly [string, Support])[] = [];
  const walk = (schema: JsonMap, table: SupportTable, path: string): void => {
    const left = new Set(Object.keys(table));
    const visit = (part: Json | undefined, at: string): void => {
      if (!isMap(part)) return;
      const { properties = {}, patternProperties = {}, items, oneOf = [] } = part;
      for (const [key, inner] of Object.entries(properties as JsonMap)) {
        const full = at === "" ? key : `${at}.${key}`;
        const known = table[key];
        if (known === undefined) throw new Error(`${full} is not in the table of what is supported`);
        if (!left.delete(key)) continue;
        rows.push([full, "own" in known ? known.own : known]);
        walk(inner as JsonMap, "own" in known ? known.keys : {}, full);
      }
      visit(items, `${at}[]`);
      const names = Object.entries(patternProperties as JsonMap).filter(([pattern]) => pattern !== "^x-");
      for (const [, inner] of names) visit(inner, `${at}.NAME`);
      for (const one of oneOf as readonly Json[]) visit(one, at);
    };
    visit(schema, path);
    if (left.size > 0)
      throw new Error(`${path} has no key ${[...left].join(", ")}: the table says more than the schema`);
  };
  walk(inlined(spec), supportTable, "");
  return rows;
}

function supportPage(rows: readonly (readonly [string, Support])[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
  const count = (wanted: Support["level"]): number => rows.filter(([, { level }]) => level === wanted).length;
  const table = (some: typeof rows): readonly string[] => [
    "| key | | |",
    "| --- | --- | --- |",
    ...some.map(([path, { level, reason = "" }]) => `| \`${path}\` | ${level} | ${cell(reason)} |`),
    "",
  ];
  const sections = ["services", "networks", "volumes", "configs", "secrets", "models"];
  const of = (section: string) =>
    rows.filter(([path]) => path.startsWith(`${section}.`)).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    "<!-- Made from controller/config/compose/support and schema/compose-spec.json by `npm run generate`. -->",
    "",
    "# What of Compose is supported",
    "",
    "A Compose file is read as Docker Compose reads it. This is what becomes of every key of the",
    "[Compose Specification](https://github.com/compose-spec/compose-spec) of October 2025:",
    `${count("supported")} keys are supported, ${count("ignored")} are ignored with a warning, and a project with one of`,
    `the ${count("refused")} others is refused with \`COMPOSE_REFUSED\`. A key that is not in this list is an error; keys that`,
    "begin with `x-` are yours. Warnings and errors name file, line and column; `poststack compose config` shows them all.",
    "",
    "`NAME` stands for a name of yours, `[]` for each item of a list.",
    "",
    "Also refused are files of other machines in `include` and `extends` (git, OCI, HTTP). Networks, volumes, configs and",
    "secrets that no active service uses are left out, as Docker Compose does.",
    "",
    "A date without quotes is a time to Docker Compose: a label or variable `2020-01-01` becomes",
    "`2020-01-01 00:00:00 +0000 UTC`, here as there, and a warning names the place. Put it in quotes. Where Docker Compose",
    "refuses such a value (`hostname`, `command`), it is the text that is written.",
    "",
    ...table(rows.filter(([path]) => !path.includes("."))),
    ...sections.flatMap((section) => [`## ${section}`, "", ...table(of(section))]),
  ].join("\n");
}

export async function generateCompose(root: string): Promise<ReadonlyMap<string, string>> {
  const spec = JSON.parse(readFileSync(join(root, "schema/compose-spec.json"), "utf8")) as JsonMap;
  const schema = forMessages(inlined(spec)) as JsonMap;
  const { whole, parts } = inParts(schema);
  const source = await standaloneValidators(
    { whole, ...parts },
    { validateWhole: "whole" },
    `export const schema = ${JSON.stringify(schema)}; export const partsAt = ${JSON.stringify(servicePath)};`,
    "// Made from schema/compose-spec.json by `npm run generate`.",
  );
  const page = join(root, "docs/compose-support.md");
  const text = await format(supportPage(supportRows(spec)), { ...(await resolveConfig(page)), filepath: page });
  return new Map([
    ["docs/compose-support.md", text],
    ["schema/generated/compose.js", source],
    ["schema/generated/compose.d.ts", declarations],
  ]);
}
