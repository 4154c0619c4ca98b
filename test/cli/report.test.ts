import { expect, test } from "vitest";
import { countsOf } from "../../controller/cli/reconcile.ts";
import { causesOf } from "../../controller/cli/report.ts";
import type { ErrorFacts } from "../../controller/core/errors.ts";
import type { ActionResult } from "../../controller/engine/events.ts";

const edited: ErrorFacts = { code: "MIGRATION_EDITED", what: "001 was edited" };
const waits: ErrorFacts = { code: "PLAN_REFUSED", what: "002 waits for 001", next: "see there" };

test.each<[string, readonly ErrorFacts[], readonly ErrorFacts[]]>([
  ["what only waits for another is left out", [edited, waits], [edited]],
  ["where nothing else is told, it is told", [waits], [waits]],
  ["nothing stays nothing", [], []],
])("%s", (_what, errors, expected) => {
  expect(causesOf(errors)).toEqual(expected);
});

test("a try that comes to nothing is no work, and what a later one made up for has not failed", () => {
  const result = (id: string, status: ActionResult["status"]) =>
    ({ status, action: { id }, because: "" }) as unknown as ActionResult;
  const first = [result("image:a", "done"), result("container:b", "failed"), result("container:c", "skipped")];
  const tries = [1, 2, 3].flatMap(() => [result("container:b", "failed"), result("container:c", "skipped")]);
  expect(countsOf([...first, ...tries])).toEqual({ done: 1, failed: 1, skipped: 1 });
  const last = [result("container:b", "done"), result("container:c", "done"), result("image:a", "done")];
  expect(countsOf([...first, ...last])).toEqual({ done: 4, failed: 0, skipped: 0 });
});
