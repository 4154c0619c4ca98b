import { inspect } from "node:util";
import { expect, test } from "vitest";
import { reveal, Secret } from "../../controller/core/secret.ts";

const secret = new Secret("canary");

test.each<[string, () => string]>([
  ["toString()", () => secret.toString()],
  ["a template", () => `password: ${secret as unknown as string}`],
  ["concatenation", () => "password: " + (secret as unknown as string)],
  ["JSON", () => JSON.stringify({ secret, list: [secret] })],
  ["inspect", () => inspect({ deep: { secret } }, { depth: 10, showHidden: true })],
  ["Object.entries", () => JSON.stringify(Object.entries(secret))],
  ["an error's message", () => new Error("x", { cause: secret }).stack + inspect(new Error("x", { cause: secret }))],
  ["Object.assign", () => JSON.stringify(Object.assign({}, secret))],
])("%s shows no secret", (_name, sink) => {
  expect(sink()).not.toContain("canary");
});

test("reveal gives the text", () => {
  expect(reveal(secret)).toBe("canary");
});
