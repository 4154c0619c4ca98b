import { afterAll, beforeAll, expect, test } from "vitest";
import { quickstart, type Project } from "../support/scenario.ts";

// A process with replicas is several resources under one name.
let project: Project;
beforeAll(async () => {
  project = await quickstart();
  project.write("Procfile", `${project.read("Procfile")}idle: sleep 1000\n`);
  project.edit(".poststack.yml", "      processes:\n", "      processes:\n        idle: { replicas: 2 }\n");
  await project.ok("apply", "--yes");
}, 60_000);
afterAll(() => project.dispose());

const names = ["web", "idle.1", "idle.2"];
const pids = (): readonly number[] =>
  names.map((name) => (JSON.parse(project.read(`.poststack/dev/processes/${name}.json`)) as { pid: number }).pid);

test.each([
  ["idle", ["idle.1", "idle.2"]],
  ["process:idle", ["idle.1", "idle.2"]],
  ["idle.2", ["idle.2"]],
  ["process:idle.1", ["idle.1"]],
  ["web", ["web"]],
])("restart %s", async (service, expected) => {
  const before = pids();
  await project.ok("restart", service, "--yes");
  const after = pids();
  expect(names.filter((_name, index) => before[index] !== after[index])).toEqual(expected);
});

test.each(["idle.3", "process:idl", "role:quickstart_reporting"])(
  "restart %s is refused, and tells what there is",
  async (service) => {
    const before = pids();
    const ended = await project.run("restart", service, "--yes", "--json");
    expect(ended.text).toContain("TARGET_UNKNOWN");
    expect(ended.text).toContain("idle.1");
    expect(pids()).toEqual(before);
  },
);

test("a restart leaves alone what else is pending, also when that could not be done", async () => {
  project.write("migrations/003_broken.sql", "create table broken (");
  const before = pids();
  await project.ok("restart", "web", "--yes");
  expect(pids()[0]).not.toBe(before[0]);
  expect((await project.run("apply", "--yes", "--json")).text).toContain("MIGRATION_FAILED");
  project.write("migrations/003_broken.sql", "select 1");
});

test("what the files have changed is not started before what it needs then", async () => {
  const before = pids();
  const procfile = project.read("Procfile");
  project.edit("Procfile", "sleep 1000", "sleep 1001");
  for (const command of [
    ["restart", "idle"],
    ["env", "restart", "dev"],
  ]) {
    const refused = await project.run(...command, "--yes");
    expect(refused.code).toBe(1);
    expect(refused.text).toContain(
      "error PLAN_REFUSED: the files have changed process:idle.1, process:idle.2 since it was started, and what it needs then is pending: migration:003_broken",
    );
  }
  expect(pids()).toEqual(before);
  // What runs is as it was started, and the change is nobody's business.
  await project.ok("restart", "web", "--yes");
  expect(pids()[0]).not.toBe(before[0]);
  await project.ok("apply", "--yes");
  expect(pids()[1]).not.toBe(before[1]);
  // Now nothing that it needs is pending.
  const between = pids();
  project.write("Procfile", procfile);
  expect((await project.ok("restart", "idle", "--yes")).stdout).toContain("process:idle.1");
  expect(pids()[1]).not.toBe(between[1]);
});

test("a protected environment does not stop by --yes", async () => {
  project.edit(".poststack.yml", "  dev:\n", "  dev:\n    protected: true\n");
  const before = pids();
  for (const command of [
    ["env", "stop", "dev"],
    ["destroy", "dev"],
  ]) {
    const refused = await project.run(...command, "--yes", "--json");
    expect([refused.code, refused.text.includes("PROTECTED")]).toEqual([5, true]);
  }
  expect(pids()).toEqual(before);
  await project.ok("env", "stop", "dev", "--confirm", "dev");
});
