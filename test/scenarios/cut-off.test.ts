import { afterAll, beforeAll, expect, test } from "vitest";
import { errorsOf, type Ended } from "../support/command.ts";
import { markedProcesses } from "../support/scenario-processes.ts";
import { quickstart, type Project } from "../support/scenario.ts";

// RELIABILITY 22: a file of which the end is missing is still valid, and a timer applies it without asking.
let project: Project;
let good: string;
beforeAll(async () => {
  project = await quickstart();
  good = project.read(".poststack.yml");
  await project.ok("apply", "--yes");
}, 60_000);
afterAll(() => project.dispose());

const everything = async (): Promise<object> => ({
  processes: markedProcesses(project.path(".poststack/dev")).length,
  roles: await project.sql("select rolname from pg_roles where rolname ~ '^quickstart' order by 1"),
  grants: await project.sql(
    "select * from information_schema.role_table_grants where grantee ~ 'reporting' order by 3, 5",
  ),
});

/** The file until this text; dev still has its port. */
const cutBefore = (text: string): string =>
  `${good.slice(0, good.indexOf(text))}${good.slice(good.indexOf("  dev:"), good.indexOf("    watch:"))}`;

const byTimer = ["apply", "--yes", "--non-interactive", "--json"] as const;
const told = (ended: Ended): unknown => ({ code: ended.code, errors: errorsOf(ended).map(({ code }) => code) });

test.each([
  ["      roles:", ["process:web", "role:quickstart_reporting", "grant:"]],
  ["      grants:", ["process:web", "grant:"]],
  ["    deployment:", ["process:web"]],
])("cut off before `%s`, --yes is not enough, and the error says what would go", async (text, ids) => {
  project.write(".poststack.yml", cutBefore(text));
  const before = await everything();
  const ended = await project.run(...byTimer);
  expect(told(ended)).toEqual({ code: 5, errors: ["CONFIRMATION"] });
  for (const id of ids) expect(errorsOf(ended)[0]?.what).toContain(id);
  expect(errorsOf(ended)[0]?.next).toContain("--confirm dev");
  expect(await everything()).toEqual(before);
});

test("one of several may go by --yes, and all of them by the name, by a saved plan or by a command for it", async () => {
  project.write("Procfile", `${project.read("Procfile")}idle: sleep 1000\n`);
  project.write(".poststack.yml", good);
  await project.ok("apply", "--yes");
  project.edit("Procfile", /idle:.*\n/, "");
  await project.ok(...byTimer);
  expect(markedProcesses(project.path(".poststack/dev"))).toHaveLength(1);

  project.write(".poststack.yml", cutBefore("    deployment:"));
  await project.ok("plan", "--out", "saved.plan");
  await project.ok("apply", "saved.plan", "--non-interactive");
  expect(markedProcesses(project.path(".poststack/dev"))).toEqual([]);

  project.write(".poststack.yml", cutBefore("      roles:"));
  await project.ok(...byTimer, "--confirm", "dev");
  expect(await everything()).toMatchObject({ roles: [{ rolname: "quickstart_dev" }], grants: [] });

  project.write(".poststack.yml", good);
  await project.ok("apply", "--yes");
  project.write(".poststack.yml", cutBefore("    deployment:"));
  await project.ok("env", "stop", "--yes", "--non-interactive");
  expect(markedProcesses(project.path(".poststack/dev"))).toEqual([]);
}, 90_000);
