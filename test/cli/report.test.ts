import { expect, test } from "vitest";
import { countsOf } from "../../controller/cli/reconcile.ts";
import type { ActionResult } from "../../controller/engine/events.ts";

test("a try that comes to nothing is no work, and what a later one made up for has not failed", () => {
  const result = (id: string, status: ActionResult["status"]) =>
    ({ status, action: { id }, because: "" }) as unknown as ActionResult;
  const first = [result("image:a", "done"), result("container:b", "failed"), result("container:c", "skipped")];
  const tries = [1, 2, 3].flatMap(() => [result("container:b", "failed"), result("container:c", "skipped")]);
  expect(countsOf([...first, ...tries])).toEqual({ done: 1, failed: 1, skipped: 1 });
  const last = [result("container:b", "done"), result("container:c", "done"), result("image:a", "done")];
  expect(countsOf([...first, ...last])).toEqual({ done: 4, failed: 0, skipped: 0 });
});
