import { expect, test } from "vitest";
import { didYouMean, suggest } from "../../controller/config/suggest.ts";

test.each<[string, readonly string[], string | undefined]>([
  ["prot", ["protected", "port", "bind"], "port"],
  ["extend", ["extends", "template"], "extends"],
  ["valid-until", ["valid_until"], "valid_until"],
  ["Postgres", ["postgres"], "postgres"],
  ["enviroment", ["version", "environment"], "environment"],
  ["staging", ["dev", "production"], undefined],
  ["a", ["b"], undefined],
  ["", ["a"], undefined],
  ["x".repeat(100_000), ["x"], undefined],
  ["port", [], undefined],
])("%.20s among %j", (word, candidates, expected) => expect(suggest(word, candidates)).toBe(expected));

test("the end of a sentence", () => {
  expect(didYouMean("devv", ["dev"])).toBe("; did you mean `dev`?");
  expect(didYouMean("other", ["dev"])).toBe("");
});
