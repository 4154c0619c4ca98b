import { afterAll, beforeAll, expect, test } from "vitest";
import { emptyServer, expectWhole, killAt, moments, randomNumbers } from "../support/scenario-faults.ts";
import { planAnswer, quickstart } from "../support/scenario.ts";

// RELIABILITY, "How the rules are held": kill at every effect, then apply: the same end as without the kill. The plan
// itself says which actions there are, so that one which comes later is tested as well.
const project = await quickstart();
const { actions } = await planAnswer(project);
const [first = "", ...others] = actions.map(({ id }) => id);
const durations = new Map<string, number>();
const random = randomNumbers(20_260_101);

beforeAll(async () => {
  const { lines } = await project.ok("apply", "--yes", "--json");
  for (const { type, id, durationMs } of lines) if (type === "end") durations.set(id ?? "", Number(durationMs));
}, 60_000);
afterAll(() => project.dispose());

/** Kills an apply, lets another one finish, and looks at everything. */
async function killedAndRepeated(id: string, moment: (typeof moments)[number]): Promise<void> {
  const delayMs = random() * (durations.get(id) ?? 0);
  await killAt(project.start("apply", "--yes", "--json"), id, moment, delayMs);
  await project.ok("apply", "--yes");
  await expectWhole(project);
}

test("the quickstart has the actions that are killed here", () => {
  expect(first).toBe("instance:postgres");
  expect(others.length).toBeGreaterThanOrEqual(8);
  expect([...durations.keys()]).toEqual([first, ...others]);
});

test.each(["at its start", "in the middle", "in the middle", "in the middle", "at its end"] as const)(
  `${first}: killed %s, apply ends in the same place`,
  async (moment) => {
    await project.ok("destroy", "dev", "--delete-data", "--confirm", "dev", "--yes");
    await killedAndRepeated(first, moment);
  },
);

test.each(others.flatMap((id) => moments.map((moment) => [id, moment] as const)))(
  "%s: killed %s, apply ends in the same place",
  async (id, moment) => {
    await emptyServer(project);
    await killedAndRepeated(id, moment);
  },
);
