import { expect, test } from "vitest";
import { errorsOf } from "../support/command.ts";
import { expectWhole, runningIn } from "../support/scenario-faults.ts";
import { forThisTest, quickstart } from "../support/scenario.ts";

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

// RELIABILITY 28: two locks; the total of all writes equals one apply.
test.each([2, 10])("%i first applies at once come to one of each", async (count) => {
  const project = await forThisTest(quickstart());
  const all = await Promise.all(
    Array.from({ length: count }, () => project.run("apply", "--yes", "--json", "--lock-timeout", "120s")),
  );
  for (const one of all) expect({ code: one.code, errors: errorsOf(one) }).toEqual({ code: 0, errors: [] });
  await expectWhole(project);

  // Each action was carried out once, by whichever of them.
  const done = all.flatMap(({ lines }) => lines.filter(({ type, status }) => type === "end" && status === "done"));
  expect(done.map(({ id = "" }) => id).toSorted(byText)).toEqual(
    [...new Set(done.map(({ id = "" }) => id))].toSorted(byText),
  );
  const [counts] = await project.sql(`select
    (select count(*)::int from poststack.job_runs) as runs,
    (select count(*)::int from poststack.events where outcome = 'done') as events,
    (select count(distinct (resource, verb))::int from poststack.events) as distinct_events`);
  expect(counts).toEqual({ runs: 1, events: done.length, distinct_events: done.length });
});

test("five updates at once, and one that will not wait", async () => {
  const project = await forThisTest(quickstart());
  await project.ok("apply", "--yes");
  project.write("migrations/003_slow.sql", "create table slow (id int);\nselect pg_sleep(3);\n");
  project.write("migrations/003_slow.rollback.sql", "drop table slow;\n");
  project.edit(".poststack.yml", "Hello from dev", "Hello at once");

  const first = project.start("apply", "--yes", "--json");
  await first.until(({ type, id }) => type === "start" && id === "migration:003_slow");
  const impatient = await project.run("apply", "--yes", "--json", "--lock-timeout", "200ms");
  expect(impatient.code).toBe(4);
  expect(errorsOf(impatient)).toMatchObject([{ code: "LOCK_HELD", what: expect.stringContaining(`pid ${first.pid}`) }]);

  const others = await Promise.all(Array.from({ length: 4 }, () => project.run("apply", "--yes", "--json")));
  const ended = [await first.ended, ...others];
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
  const done = ended.flatMap(({ lines }) => lines.filter(({ type, status }) => type === "end" && status === "done"));
  expect(done.map(({ id = "" }) => id).toSorted(byText)).toEqual(["job:seed", "migration:003_slow", "process:web"]);
  await expectWhole(project);
});

test("stops and starts at once end in one of the two states, whole", async () => {
  const project = await forThisTest(quickstart());
  await project.ok("apply", "--yes");
  const all = await Promise.all(
    [0, 1, 2, 3].map((number) => project.run(...(number % 2 === 0 ? ["env", "stop", "dev"] : ["apply"]), "--yes")),
  );
  expect(all.map(({ code }) => code).filter((code) => code !== 0)).toEqual([]);
  expect([0, 1]).toContain(runningIn(project.path(".poststack/dev")).servers);
  await project.ok("apply", "--yes");
  await expectWhole(project);
});
