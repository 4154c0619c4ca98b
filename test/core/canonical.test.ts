import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { canonicalText, Digest } from "../../controller/core/canonical.ts";
import { keyedHash, Secret } from "../../controller/core/secret.ts";

// Containers that run carry a hash of such a text: another text for the same meaning would replace every one of them.
test.each<[string, unknown, string]>([
  ["a text is quoted", 'say "hi"', String.raw`s"say \"hi\""`],
  ["what is nothing", [null, undefined, true, 1.5], "[null,u,true,1.5,]"],
  ["fields by name, without absent ones", { b: 1, a: "x", c: undefined }, '{"a":s"x","b":1,}'],
  ["a map is an object, and keeps what it says of nothing", new Map([["z", undefined]]), '{"z":u,}'],
  ["a date", new Date(0), "d1970-01-01T00:00:00.000Z"],
  ["bytes", Buffer.from("abc"), `b${createHash("sha256").update("abc").digest("hex")}`],
  ["what stands for bytes", new Digest("00ff"), "b00ff"],
  ["all of it, deep", { list: [{ a: new Map([["k", ["v"]]]) }, "w"] }, '{"list":[{"a":{"k":[s"v",],},},s"w",],}'],
])("%s", (_name, value, expected) => {
  expect(canonicalText(value)).toBe(expected);
});

test("secrets in any place are in the hash, and in no text", () => {
  const of = (first: string | Secret, last: string | Secret) => canonicalText({ a: [1, first, 2], m: "n", z: last });
  const secret = of(new Secret("one"), new Secret("two"));
  expect([secret instanceof Secret, String(secret)]).toEqual([true, "«secret»"]);
  expect(keyedHash("key", secret)).toBe(keyedHash("key", of("one", "two")));
  expect(keyedHash("key", secret)).not.toBe(keyedHash("key", of("one", "three")));
});
