import { expect, test } from "vitest";
import { causesOf } from "../../controller/cli/report.ts";
import type { ErrorFacts } from "../../controller/core/errors.ts";

const edited: ErrorFacts = { code: "MIGRATION_EDITED", what: "001 was edited" };
const waits: ErrorFacts = { code: "PLAN_REFUSED", what: "002 waits for 001", next: "see there" };

test.each<[string, readonly ErrorFacts[], readonly ErrorFacts[]]>([
  ["what only waits for another is left out", [edited, waits], [edited]],
  ["where nothing else is told, it is told", [waits], [waits]],
  ["nothing stays nothing", [], []],
])("%s", (_what, errors, expected) => {
  expect(causesOf(errors)).toEqual(expected);
});
