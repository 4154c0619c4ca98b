import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectWhole, killAt, moments, randomNumbers, runningIn } from "../support/scenario-faults.ts";
import { markedProcesses, serversOf } from "../support/scenario-processes.ts";
import { planAnswer, quickstart, type Project } from "../support/scenario.ts";

let project: Project;
let state: string;
const random = randomNumbers(20_260_102);
/** Longer than each of these actions takes, in milliseconds, and short enough to fall into most of them. */
const longestMs = 250;

beforeAll(async () => {
  project = await quickstart();
  state = project.path(".poststack/dev");
  await project.ok("apply", "--yes");
}, 60_000);
afterAll(() => project.dispose());

test("a stop that is killed at any action: the next stop ends everything, the next apply starts it", async () => {
  const { actions } = await planAnswer(project, "--to", "stopped");
  expect(actions.map(({ verb, id }) => `${verb} ${id}`)).toEqual(["stop process:web", "stop instance:postgres"]);
  for (const { id } of actions) {
    for (const moment of moments) {
      await killAt(project.start("env", "stop", "dev", "--yes", "--json"), id, moment, random() * longestMs);
      if (moment !== "in the middle") {
        await project.ok("env", "stop", "dev", "--yes");
        expect(runningIn(state), `${id} ${moment}`).toEqual({ servers: 0, processes: 0 });
      }
      await project.ok("apply", "--yes");
      await expectWhole(project);
    }
  }
}, 120_000);

test("after a power cut, everything comes back, and nothing is done twice", async () => {
  const counts = (): Promise<readonly unknown[]> =>
    project.sql(`select (select count(*)::int from poststack.job_runs) as runs,
      (select json_agg(m order by "order") from poststack.schema_migrations m) as migrations`);
  const before = await counts();
  for (const pid of [...serversOf(state), ...markedProcesses(state)]) process.kill(pid, "SIGKILL");
  expect((await project.plan()).slice(0, 1)).toEqual(["start instance:postgres  not running"]);
  await project.ok("apply", "--yes");
  await expectWhole(project);
  expect(await counts()).toEqual(before);
});

/** One change of each sort: a role, a migration, a file that runs again, the data of a job, a variable of a process. */
function change(round: number): void {
  const version = String(round + 3).padStart(3, "0");
  project.edit(".poststack.yml", /connection_limit: \d+/, `connection_limit: ${round + 10}`);
  project.edit(".poststack.yml", /Hello from dev.*/, `Hello from dev, round ${round}`);
  project.write(`migrations/${version}_round.sql`, `create table round_${round} (id int);\n`);
  project.write(`migrations/${version}_round.rollback.sql`, `drop table round_${round};\n`);
  project.write("migrations/repeatable/round.sql", `create or replace view round as select ${round} as n;\n`);
  project.write("seed/products.csv", `${project.read("seed/products.csv")}round-${round},Round ${round},1\n`);
}

test("an update that is killed at any action: the next apply completes it", async () => {
  let round = 0;
  change(round);
  const { actions } = await planAnswer(project);
  expect(actions.map(({ verb, id }) => `${verb} ${id}`)).toEqual([
    "update role:quickstart_reporting",
    "apply migration:003_round",
    "repeat migration:repeatable/round",
    "run job:seed",
    "replace process:web",
  ]);
  for (const position of actions.keys()) {
    for (const moment of moments) {
      if (round > 0) change(round);
      // The same actions each time, the migration with a number of its own.
      const now = await planAnswer(project);
      const id = now.actions[position]?.id ?? "";
      await killAt(project.start("apply", "--yes", "--json"), id, moment, random() * longestMs);
      await project.ok("apply", "--yes");
      await expectWhole(project);
      const [role] = await project.sql("select rolconnlimit from pg_roles where rolname = 'quickstart_reporting'");
      expect(role, `${id} ${moment}`).toEqual({ rolconnlimit: round + 10 });
      expect(await project.sql("select n from round"), `${id} ${moment}`).toEqual([{ n: round }]);
      expect(await (await fetch(`http://127.0.0.1:${project.ports[1]}/`)).text()).toContain(`dev, round ${round}`);
      round += 1;
    }
  }
  expect(readdirSync(project.path("migrations"))).toHaveLength(2 * (round + 2) + 1);
}, 180_000);
