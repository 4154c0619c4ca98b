import { expect, test } from "vitest";
import { markedProcesses } from "../support/scenario-processes.ts";
import { forThisTest, newProject, type Project } from "../support/scenario.ts";

const files = {
  ".poststack.yml": `project: { name: shop }
environments:
  dev:
    postgres: { port: PORT0, version: 17 }
    init:
      - { run: ["sleep", "600"], name: slow }
`,
  "migrations/001_a.sql": "create table a (id int);\n",
  "migrations/002_b.sql": "create table b (id int);\nselect pg_sleep(2);\n",
  "migrations/003_c.sql": "create table c (id int);\n",
};

const applied = async (project: Project): Promise<readonly unknown[]> =>
  (await project.sql("select name from poststack.schema_migrations order by 1")).map(({ name }) => name);

// One signal: what runs is let finish and nothing new begins. A second one: what runs is taken back.
test.each<[string, readonly NodeJS.Signals[], number, readonly string[]]>([
  ["SIGINT once", ["SIGINT"], 130, ["001_a", "002_b"]],
  ["SIGTERM once", ["SIGTERM"], 143, ["001_a", "002_b"]],
  ["SIGINT twice", ["SIGINT", "SIGINT"], 130, ["001_a"]],
])("%s in the middle of a migration", async (_name, signals, code, expected) => {
  const project = await forThisTest(newProject(files));
  const command = project.start("apply", "--yes", "--json");
  await command.until(({ type, id }) => type === "start" && id === "migration:002_b");
  for (const signal of signals) {
    command.kill(signal);
    await new Promise((resolve) => void setTimeout(resolve, 200));
  }
  const ended = await command.ended;
  expect(ended.code, ended.text).toBe(code);
  expect(await applied(project)).toEqual(expected);
  project.edit(".poststack.yml", '"600"', '"0"');
  await project.ok("apply", "--yes");
  expect(await applied(project)).toEqual(["001_a", "002_b", "003_c"]);
  expect(await project.plan()).toEqual([]);
});

test("two signals in the middle of a job: its processes are ended, and the next apply runs it again", async () => {
  const project = await forThisTest(newProject(files));
  const command = project.start("apply", "--yes", "--json");
  await command.until(({ type, id }) => type === "start" && id === "job:slow");
  command.kill("SIGINT");
  await new Promise((resolve) => void setTimeout(resolve, 200));
  command.kill("SIGINT");
  expect((await command.ended).code).toBe(130);
  expect(markedProcesses(project.path(".poststack/dev"))).toEqual([]);
  expect((await project.plan()).join("\n")).toMatch(/^run job:slow/);
});
