import { cpSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { errorsOf } from "../support/command.ts";
import { databaseFacts } from "../support/scenario-facts.ts";
import { forThisTest, newProject, type Project } from "../support/scenario.ts";

const files = {
  ".poststack.yml": "project: { name: shop }\nenvironments:\n  dev:\n    postgres: { port: PORT0, version: 17 }\n",
  "migrations/001_a.sql": "create table a (id int);\n",
};

const external = `project: { name: shop }
environments:
  dev:
    postgres: { url: { file: admin.url }, sslmode: disable }
`;

const isRunning = async (project: Project, text: string): Promise<boolean> =>
  (
    await project.sql(
      `select 1 from pg_stat_activity where state = 'active' and query like '%${text}%' and pid <> pg_backend_pid()`,
    )
  ).length > 0;

async function until(holds: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error("not within 20 s");
    await sleep(50);
  }
}

// RELIABILITY 29: the lock of a command that is killed during a long statement is free within seconds.
test("killed during a long statement: another apply need not wait for it", async () => {
  const project = await forThisTest(newProject(files));
  await project.ok("apply", "--yes");
  project.write("migrations/002_b.sql", "create table b (id int);\nselect pg_sleep(600);\n");
  const first = project.start("apply", "--yes");
  await until(() => isRunning(project, "pg_sleep(600)"));
  first.kill("SIGKILL");
  await first.ended;
  project.write("migrations/002_b.sql", "create table b (id int);\n");
  const second = await project.run("apply", "--yes", "--json", "--lock-timeout", "10s");
  expect(second.code, second.text).toBe(0);
  expect(await isRunning(project, "pg_sleep(600)")).toBe(false);
  expect(await project.plan()).toEqual([]);
});

// RELIABILITY 30. Two hosts with one state: the same project in two folders shares no lock of the host, only the server's.
test.each([
  ["every connection", "true", [0, 4]],
  ["only the connection that holds the lock", "datname = 'postgres'", [4]],
])("stopped in the middle, overtaken when %s was cut, and woken: no further write", async (_name, which, codes) => {
  const cluster = await startCluster();
  onTestFinished(cluster.stop, 60_000);
  const url = `postgres://postgres:${cluster.password}@127.0.0.1:${cluster.port}/postgres`;
  const shared = { ...files, ".poststack.yml": external };
  const [first, second] = [await forThisTest(newProject(shared)), await forThisTest(newProject(shared))];
  for (const host of [first, second]) host.write("admin.url", url, 0o600);
  await first.ok("apply", "--yes");
  cpSync(first.path(".poststack"), second.path(".poststack"), { recursive: true });
  const access = { port: cluster.port, password: cluster.password };

  for (const number of [2, 3, 4, 5])
    for (const host of [first, second])
      host.write(`migrations/00${number}_t.sql`, `create table t${number} (id int);\nselect pg_sleep(0.5);\n`);
  const sleeper = first.start("apply", "--yes", "--json");
  await sleeper.until(({ type, id }) => type === "start" && id === "migration:003_t");
  sleeper.kill("SIGSTOP");
  const waiting = await second.run("apply", "--yes", "--json", "--lock-timeout", "300ms");
  expect({ code: waiting.code, errors: errorsOf(waiting).map(({ code }) => code) }, waiting.text).toEqual({
    code: 4,
    errors: ["LOCK_HELD"],
  });

  // As a restart of the server would: every connection of the sleeper ends, and with it the lock.
  await first.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'poststack%' and ${which}`,
    access,
  );
  await second.ok("apply", "--yes");
  const settled = await databaseFacts(first, access);

  sleeper.kill("SIGCONT");
  const ended = await sleeper.ended;
  // After a lost connection the next look finds everything done; a lost lock alone ends the run.
  expect(codes, ended.text).toContain(ended.code);
  if (ended.code === 4) expect(errorsOf(ended).map(({ code }) => code)).toContain("FENCED");
  expect(await databaseFacts(first, access)).toEqual(settled);
  expect(await first.plan()).toEqual([]);
  expect(await first.sql("select name from poststack.schema_migrations order by 1", access)).toHaveLength(5);
});
