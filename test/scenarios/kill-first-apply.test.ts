import { afterAll, beforeAll, expect, test } from "vitest";
import { emptyServer, expectWhole, killAt, moments, randomNumbers, type Moment } from "../support/scenario-faults.ts";
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

/** What a plan has to do now. */
const left = async (): Promise<readonly string[]> => (await planAnswer(project)).actions.map(({ id }) => id);

const kill = (id: string, moment: Moment): Promise<void> =>
  killAt(project.start("apply", "--yes", "--json"), id, moment, random() * (durations.get(id) ?? 0));

test("the quickstart has the actions that are killed here", () => {
  expect(first).toBe("instance:postgres");
  expect(others.length).toBeGreaterThanOrEqual(8);
  expect([...durations.keys()]).toEqual([first, ...others]);
});

// Each apply goes on from where the one before was killed: what a kill leaves stands in the way of the next one, or shows in
// the end.
test(`${first}: applies that are killed at its start, in the middle and at its end, one after the other`, async () => {
  const destroy = () => project.ok("destroy", "dev", "--delete-data", "--confirm", "dev", "--yes");
  await destroy();
  for (const moment of ["at its start", "in the middle", "in the middle", "in the middle", "at its end"] as const) {
    // The action may have been as good as done.
    if (!(await left()).includes(first)) await destroy();
    await kill(first, moment);
  }
  expect(await left()).not.toContain(first);
  await project.ok("apply", "--yes");
  await expectWhole(project);
}, 300_000);

test.each(moments)(
  "of every later action an apply is killed %s, one after the other",
  async (moment) => {
    await emptyServer(project);
    let rest: readonly string[] = others;
    for (const id of others) {
      // It ran beside the one that was killed before, and is done.
      if (!rest.includes(id)) await emptyServer(project);
      await kill(id, moment);
      rest = await left();
      expect([first, ...others], `${id} ${moment}`).toEqual(expect.arrayContaining([...rest]));
      // What was told as done is done.
      if (moment === "at its end") expect(rest).not.toContain(id);
    }
    await project.ok("apply", "--yes");
    await expectWhole(project);
  },
  300_000,
);
