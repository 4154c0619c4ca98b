import { afterAll, describe, expect, test } from "vitest";
import { engineBox } from "../../engine/box.ts";
import { fewThatShowAll, isOfRunning, type Case } from "./cases.ts";
import { compared, nothing } from "./compared.ts";
import { all, chosenCases, leastCases, runnable } from "./chosen.ts";
import { ensureStandIn } from "./image.ts";
import { claimsOf, turns } from "./turns.ts";

// The same file by Docker Compose and by Poststack, one after the other on the same engine, under the same name: what the
// engine then says of containers, networks and volumes is compared field by field.

const box = await engineBox("docker");
const cases = box === undefined ? [] : chosenCases();
const turn = turns();
afterAll(() => box?.close());

test.skipIf(all.length === 0)(
  "of all files that the reference loads, few cannot be run here, and each for a reason",
  () => {
    expect(all.length - runnable.length).toBeLessThan(all.length / 6);
    const features = (cases: readonly Case[]): unknown =>
      new Set(cases.flatMap((one) => one.features).filter(isOfRunning));
    const few = fewThatShowAll(runnable, { least: leastCases });
    expect(few.length).toBeGreaterThanOrEqual(leastCases);
    expect(features(few)).toEqual(features(runnable));
  },
);

async function run(one: Case): Promise<object> {
  if (box === undefined) throw new Error("no engine");
  const image = await ensureStandIn(box, [...runnable, ...cases]);
  return compared(one, { kind: "docker", box, image, hasReference: true });
}

describe.skipIf(cases.length === 0)("what Docker Compose makes of a file is what Poststack makes of it", () => {
  // Most of the time is spent waiting: for health, and for what has to stay up.
  test.concurrent.each(cases.map((one) => [one.id, one] as const))("%s", { timeout: 900_000 }, async (_id, one) => {
    const found = await turn(claimsOf(one), () => run(one));
    expect(found).toEqual(nothing);
  });
});
