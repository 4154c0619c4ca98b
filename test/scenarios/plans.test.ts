import { readFileSync, rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { errorsOf } from "../support/command.ts";
import { databaseFacts } from "../support/scenario-facts.ts";
import { quickstart, type Project } from "../support/scenario.ts";

let project: Project;
const kept = new Map<string, string>();
beforeAll(async () => {
  project = await quickstart();
  for (const path of [".poststack.yml", "Procfile", "seed/products.csv"]) kept.set(path, project.read(path));
  await project.ok("apply", "--yes");
}, 60_000);
afterAll(() => project.dispose());
afterEach(() => {
  for (const [path, text] of kept) project.write(path, text);
  rmSync(project.path("migrations/003_new.sql"), { force: true });
});

type Edit = (at: Project) => void;

/** Issue, "Done when": exit 2 after an edit, and the plan names the reason. */
test.each<[string, Edit, readonly string[]]>([
  ["nothing", () => undefined, []],
  [
    "a migration",
    (at) => at.write("migrations/003_new.sql", "create table new (id int);\n"),
    ["apply migration:003_new  not applied yet, sha256 5164eed4"],
  ],
  [
    "a variable",
    (at) => at.edit(".poststack.yml", "Hello from dev", "Hi"),
    ["run job:seed  GREETING changed", "replace process:web  GREETING Hello from dev → Hi  [downtime]"],
  ],
  [
    "a role",
    (at) => at.edit(".poststack.yml", "connection_limit: 5", "connection_limit: 6"),
    ["update role:quickstart_reporting  connection_limit 5 → 6"],
  ],
  [
    "the Procfile",
    (at) => at.edit("Procfile", "web: node", "web: node --no-warnings"),
    [
      'replace process:web  command /bin/sh -c "exec node web.mjs" → /bin/sh -c "exec node --no-warnings web.mjs"  [downtime]',
    ],
  ],
  [
    "a job's input",
    (at) => at.edit("seed/products.csv", "450", "460"),
    ["run job:seed  inputs/seed/products.csv changed"],
  ],
  [
    "a server parameter",
    (at) => at.edit(".poststack.yml", "32MB", "48MB"),
    ["restart instance:postgres  shared_buffers 32MB → 48MB  [downtime]"],
  ],
  [
    "a privilege",
    (at) => at.edit(".poststack.yml", "privileges: [select]", "privileges: [select, insert]"),
    [
      "update grant:quickstart_reporting.tables.public  + insert on later tables in schema public; + insert on table public.products; + insert on table public.visits",
    ],
  ],
])("plan --detailed-exitcode after an edit of %s names the reason", async (_name, edit, expected) => {
  edit(project);
  const ended = await project.run("plan", "--detailed-exitcode");
  expect(await project.plan()).toEqual(expected);
  expect(ended.code).toBe(expected.length === 0 ? 0 : 2);
});

test("a plan in other forms: markdown for pull requests, JSON lines that parse, no colours without a terminal", async () => {
  project.edit(".poststack.yml", "Hello from dev", "Hi");
  const markdown = await project.ok("plan", "--format", "markdown");
  expect(markdown.stdout).toContain("process:web");
  const json = await project.ok("plan", "--json");
  expect(() => JSON.parse(json.stdout) as unknown).not.toThrow();
  const forced = await project.runWith({ FORCE_COLOR: "1" }, "plan");
  expect(forced.stdout).toContain("\u001B[");
  for (const environment of [{}, { NO_COLOR: "1" }, { NO_COLOR: "1", FORCE_COLOR: "1" }]) {
    expect((await project.runWith(environment, "plan")).text).not.toContain("\u001B");
  }
});

test("a saved plan is applied exactly, holds no secret, and is refused once the world has changed", async () => {
  const { facts } = JSON.parse(project.read(".poststack/dev/state.json")) as {
    facts: { secrets: { current: string }[] };
  };
  project.edit(".poststack.yml", "connection_limit: 5", "connection_limit: 8");
  await project.ok("plan", "--out", "saved.plan");
  const saved = readFileSync(project.path("saved.plan"), "utf8");
  for (const { current } of facts.secrets) expect(saved).not.toContain(current);

  // Beside what was planned, something else is wanted now: the saved plan no longer fits, and nothing is done.
  project.edit(".poststack.yml", "Hello from dev", "Hi");
  const before = await databaseFacts(project);
  const stale = await project.run("apply", "saved.plan", "--json");
  expect({ codes: errorsOf(stale).map(({ code }) => code), exit: stale.code }).toEqual({
    codes: ["PLAN_STALE"],
    exit: 1,
  });
  expect(await databaseFacts(project)).toEqual(before);

  project.edit(".poststack.yml", "greeting: Hi".replace("greeting", "GREETING"), "GREETING: Hello from dev");
  await project.ok("apply", "saved.plan");
  expect(await project.plan()).toEqual([]);
  const again = await project.run("apply", "saved.plan", "--json");
  expect({ codes: errorsOf(again).map(({ code }) => code), exit: again.code }).toEqual({
    codes: ["PLAN_STALE"],
    exit: 1,
  });

  // A plan without anything to do fits for as long as there is nothing to do.
  await project.ok("plan", "--out", "nothing.plan");
  await project.ok("apply", "nothing.plan");

  kept.set(".poststack.yml", project.read(".poststack.yml").replace("connection_limit: 8", "connection_limit: 5"));
  project.edit(".poststack.yml", "connection_limit: 8", "connection_limit: 5");
  await project.ok("apply", "--yes");
});

test("without a terminal and without --yes nothing is done, and the exit code says so", async () => {
  project.edit(".poststack.yml", "Hello from dev", "Hi");
  const ended = await project.run("apply", "--json");
  expect({ codes: errorsOf(ended).map(({ code }) => code), exit: ended.code }).toEqual({
    codes: ["CONFIRMATION"],
    exit: 5,
  });
});

test("a target brings what it needs, an exclusion takes along what needs it, an unknown one is told", async () => {
  project.edit(".poststack.yml", "Hello from dev", "Hi");
  project.edit(".poststack.yml", "connection_limit: 5", "connection_limit: 9");
  const ids = async (...args: readonly string[]): Promise<readonly string[]> =>
    (await project.plan(...args)).map((line) => line.replace(/ {2}.*/, ""));
  const all = ["update role:quickstart_reporting", "run job:seed", "replace process:web"];
  expect(await ids()).toEqual(all);
  expect(await ids("--target", "role")).toEqual(all.slice(0, 1));
  expect(await ids("--exclude", "process")).toEqual(all.slice(0, 2));
  const unknown = await project.run("apply", "--yes", "--json", "--target", "role:nobody");
  expect({ codes: errorsOf(unknown).map(({ code }) => code), exit: unknown.code }).toEqual({
    codes: ["TARGET_UNKNOWN"],
    exit: 1,
  });

  await project.ok("apply", "--yes", "--target", "role:quickstart_reporting");
  expect(await ids()).toEqual(all.slice(1));
  project.write(".poststack.yml", kept.get(".poststack.yml") ?? "");
  await project.ok("apply", "--yes");
});

test("a protected environment: what takes something away needs a saved plan or the typed name", async () => {
  const protect = (): void => project.edit(".poststack.yml", "  dev:\n", "  dev:\n    protected: true\n");
  project.edit(".poststack.yml", "connection_limit: 5\n", "connection_limit: 5\n        leaving: {}\n");
  await project.ok("apply", "--yes");
  project.write(".poststack.yml", kept.get(".poststack.yml") ?? "");
  protect();
  expect(await project.plan()).toEqual(["drop role:leaving  no longer in the files"]);
  for (const args of [["--yes"], ["--yes", "--confirm", "staging"]]) {
    const refused = await project.run("apply", ...args, "--json");
    expect({ codes: errorsOf(refused).map(({ code }) => code), exit: refused.code }).toEqual({
      codes: ["PROTECTED"],
      exit: 5,
    });
  }
  await project.ok("plan", "--out", "drop.plan");
  await project.ok("apply", "drop.plan");
  expect(await project.plan()).toEqual([]);
  // What takes nothing away needs no more than --yes there.
  project.edit(".poststack.yml", "connection_limit: 5", "connection_limit: 6");
  await project.ok("apply", "--yes");
  project.edit(".poststack.yml", "connection_limit: 6", "connection_limit: 5");
  await project.ok("apply", "--yes");
});
