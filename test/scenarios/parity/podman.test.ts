import { afterAll, describe, expect, inject, test } from "vitest";
import { engineBox } from "../../engine/box.ts";
import type { Case } from "./cases.ts";
import { chosenForPodman, runnable } from "./chosen.ts";
import { ensureStandIn } from "./image.ts";
import { portsFor, stageOf } from "./stage.ts";
import { claimsOf, turns } from "./turns.ts";

// The same files on Podman, without the reference, which knows Docker alone: they run, then there is nothing to do, and
// nothing but volumes is left when they go. What is different there is in docs/podman.md.

const box = await engineBox("podman");
const cases = box === undefined ? [] : chosenForPodman();
const turn = turns();
afterAll(() => box?.close());

async function run(one: Case): Promise<object> {
  if (box === undefined) throw new Error("no engine");
  const image = await ensureStandIn(box, runnable);
  const stage = await stageOf(one, { box, image, ports: portsFor(one), postgres: inject("postgres") });
  try {
    await stage.poststack("apply", "--yes");
    const plan = await stage.plan();
    await stage.poststack("destroy", "dev", "--yes");
    return { plan, rest: await stage.rest() };
  } finally {
    await stage.dispose();
  }
}

describe.skipIf(cases.length === 0)("a Compose file on Podman", () => {
  test.concurrent.each(cases.map((one) => [one.id, one] as const))("%s", { timeout: 900_000 }, async (_id, one) => {
    const found = await turn(claimsOf(one), () => run(one));
    expect(found).toEqual({ plan: [], rest: [] });
  });
});
