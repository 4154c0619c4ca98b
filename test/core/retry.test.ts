import { expect, test } from "vitest";
import { backoffMs } from "../../controller/core/retry.ts";

test.each<[number, number, number]>([
  [0, 0.999, 499],
  [1, 0.999, 999],
  [3, 0.5, 2000],
  [10, 0.999, 59_940],
  [1000, 0.999, 59_940],
  [5, 0, 0],
])("try %i with random %f waits %i ms", (attempt, random, expected) => {
  expect(backoffMs(attempt, random)).toBe(expected);
});
