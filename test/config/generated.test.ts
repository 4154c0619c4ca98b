import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generateConfig } from "../../.build/generate-config.ts";
import { generateKeys } from "../../.build/generate-keys.ts";

const root = join(import.meta.dirname, "../..");

test.each([
  ["types and validators", generateConfig],
  ["keys with their defaults", generateKeys],
])("what is made from the schema is fresh, and the same on every run: %s", async (_what, generate) => {
  const [first, second] = [await generate(root), await generate(root)];
  expect([...second]).toEqual([...first]);
  const stale = [...first].filter(([file, text]) => readFileSync(join(root, file), "utf8") !== text);
  expect(stale.map(([file]) => file)).toEqual([]);
});

test("every key of the schema is described", () => {
  const schema = JSON.parse(readFileSync(join(root, "schema/poststack.schema.json"), "utf8")) as {
    readonly definitions: Readonly<Record<string, { readonly description?: string }>>;
  };
  const mute: string[] = [];
  const walk = (part: unknown, path: string): void => {
    if (typeof part !== "object" || part === null) return;
    for (const [word, inner] of Object.entries(part)) {
      if (word === "properties") {
        for (const [key, property] of Object.entries(
          inner as Record<string, { description?: string; $ref?: string }>,
        )) {
          const target = schema.definitions[property.$ref?.replace("#/definitions/", "") ?? ""];
          if (property.description === undefined && target?.description === undefined) mute.push(`${path}.${key}`);
        }
      }
      walk(inner, `${path}.${word}`);
    }
  };
  walk(schema, "");
  expect(mute).toEqual([]);
});
