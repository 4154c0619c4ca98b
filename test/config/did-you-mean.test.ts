import { expect, test } from "vitest";
import { didYouMean, nearest } from "../../controller/config/did-you-mean.ts";

test.each<[string, readonly string[], string | undefined]>([
  ["postgers", ["postgres", "deployment"], "postgres"],
  ["web", ["api", "wbe"], "wbe"],
  ["WEB", ["web"], "web"],
  ["w", ["x", "web"], "x"],
  ["cache", ["api", "web"], undefined],
  ["anything", [], undefined],
  ["a".repeat(100_000), ["postgres"], undefined],
  ["contsructor", ["constructor"], "constructor"],
])("%.20s among %j is %s", (name, known, expected) => expect(nearest(name, known)).toBe(expected));

test("without a near one the known ones are listed", () => {
  expect(didYouMean("cache", ["web", "api"])).toBe("known are api, web");
  expect(didYouMean("wbe", ["web", "api"])).toBe('did you mean "web"?');
  expect(didYouMean("wbe", [])).toBe("none is known");
});
