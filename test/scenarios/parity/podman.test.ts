import { afterAll, describe, expect, test } from "vitest";
import { isAllAsked } from "../../engine/asked.ts";
import { engineBox } from "../../engine/box.ts";
import type { Case } from "./cases.ts";
import { chosenForPodman, runnable } from "./chosen.ts";
import { compared, nothing } from "./compared.ts";
import { ensureStandIn } from "./image.ts";
import { claimsOf, turns } from "./turns.ts";

// The same files on Podman: they run, then there is nothing to do, and nothing but volumes is left when they go. With
// POSTSTACK_ENGINES=all the reference runs each of them first, on Podman, too, and what there is of both is compared. What
// is different there is in docs/podman.md.

const box = await engineBox("podman");
const cases = box === undefined ? [] : chosenForPodman();
const turn = turns();
afterAll(() => box?.close());

async function run(one: Case): Promise<object> {
  if (box === undefined) throw new Error("no engine");
  const image = await ensureStandIn(box, runnable);
  return compared(one, { kind: "podman", box, image, hasReference: isAllAsked });
}

describe.skipIf(cases.length === 0)("a Compose file on Podman", () => {
  test.concurrent.each(cases.map((one) => [one.id, one] as const))("%s", { timeout: 900_000 }, async (_id, one) => {
    const found = await turn(claimsOf(one), () => run(one));
    expect(found).toEqual(nothing);
  });
});
