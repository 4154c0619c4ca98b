// From schema/poststack.schema.json: every key with the default that the schema tells, for `config explain`. The
// validator goes without: what only people read would make every command slower to load.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly definitions?: Readonly<Record<string, Schema>>;
}

interface Key {
  fallback?: string;
  value?: unknown;
  keys?: Record<string, Key>;
  each?: Key;
  items?: Key;
}

const banner = `// Made from schema/poststack.schema.json by \`npm run generate\`.

/** A key of the configuration, with what the schema says of it when nobody writes it. */
export interface Key {
  /** The sentence after "Default:". */
  readonly fallback?: string;
  /** The default, where it is always the same. */
  readonly value?: string | number | boolean;
  /** Of a map whose keys are given. */
  readonly keys?: { readonly [name: string]: Key };
  /** Of a map whose keys are names of the user's. */
  readonly each?: Key;
  /** Of a list. */
  readonly items?: Key;
}
`;

export async function generateKeys(root: string): Promise<ReadonlyMap<string, string>> {
  const schema = JSON.parse(readFileSync(join(root, "schema/poststack.schema.json"), "utf8")) as Schema;

  const resolved = ({ $ref, ...own }: Schema): Schema => {
    const target = $ref === undefined ? undefined : schema.definitions?.[$ref.replace("#/definitions/", "")];
    return target === undefined ? own : { ...resolved(target), ...own };
  };
  const keyOf = (written: Schema): Key => {
    const part = resolved(written);
    const key: Key = {};
    const fallback = part.description?.split(/\s*Default: /)[1];
    if (fallback !== undefined) key.fallback = fallback;
    if (part.default !== undefined) key.value = part.default;
    // The forms of a choice are a text, a list or a map, of which each gives another part.
    for (const form of [part, ...(part.anyOf ?? []).map(resolved)]) {
      if (form.properties !== undefined) key.keys = mapKeys(form.properties);
      if (typeof form.additionalProperties === "object") key.each = keyOf(form.additionalProperties);
      if (form.items !== undefined) key.items = keyOf(form.items);
    }
    return key;
  };
  const mapKeys = (properties: Readonly<Record<string, Schema>>): Record<string, Key> =>
    Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, keyOf(part)]));

  const project = keyOf(schema.properties?.["project"] ?? {});
  const environment = keyOf({ $ref: "#/definitions/environment" });
  const source = `${banner}
export const projectKey: Key = ${JSON.stringify(project)};

export const environmentKey: Key = ${JSON.stringify(environment)};
`;
  return new Map([["schema/generated/keys.ts", await format(source, { parser: "typescript", printWidth: 120 })]]);
}
