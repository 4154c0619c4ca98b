import { expect, test } from "vitest";
import { heldIn } from "../../controller/cli/held.ts";
import { resourceId } from "../../controller/core/id.ts";

test("of what a plan holds, the state of migrations tells migrations alone", () => {
  const contract = { id: resourceId("migration", "012_name.contract"), reason: "container web still runs release 3" };
  const labels = { id: resourceId("volume", "data"), reason: "labels changed (team)" };
  expect(heldIn({ actions: [], held: [labels, contract] })).toEqual([contract]);
});
