import { readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorsOf } from "../support/command.ts";
import { forThisTest, newProject, quickstart, type Project } from "../support/scenario.ts";

/** Everything that a plan can ask for, in one file; `PORT0` and `PORT1` become ports of its own. */
const files = {
  ".poststack.yml": `project:
  name: saved
environments:
  dev:
    postgres:
      version: 17
      port: PORT0
      parameters:
        shared_buffers: 32MB
      roles:
        reader:
          login: true
          password: auto_generated
          connection_limit: 5
        keyed:
          login: true
          password: { env: KEYED_PASSWORD }
      extensions:
        - name: pgcrypto
      grants:
        - to: reader
          on: { schema: public, tables: all }
          privileges: [select]
    variables:
      GREETING: hello
      API_KEY: \${SHELL_KEY}
    init:
      - name: seed
        run: [node, -e, "0"]
        timeout: 1m
        inputs: [seed.csv]
      - name: hidden
        run: [node, -e, "0", "\${SHELL_KEY}"]
    deployment:
      procfile: Procfile
      processes:
        web:
          environment: { PORT: "PORT1" }
          ready: { http: "/" }
          stop_grace: 5s
`,
  Procfile: "web: node web.mjs\n",
  "web.mjs": `import { createServer } from "node:http"; createServer((_, answer) => answer.end("ok")).listen(Number(process.env.PORT), "127.0.0.1");\n`,
  "seed.csv": "1\n",
  "environments/dev.env": "PIN=7391\n",
  "migrations/001_one.sql": "create table one (id int);\n",
  "migrations/001_one.rollback.sql": "drop table one;\n",
  "migrations/002_two.sql": "create table two (id int);\n",
  "migrations/002_two.rollback.sql": "drop table two;\n",
} as const;
const canaries = { SHELL_KEY: "canary-4711", KEYED_PASSWORD: "canary-4712" };

const codes = async (project: Project, ...args: readonly string[]): Promise<readonly string[]> =>
  errorsOf(await project.runWith(canaries, ...args, "--json")).map(({ code }) => code);

const done = async (project: Project, ...args: readonly string[]): Promise<void> => {
  const ended = await project.runWith(canaries, ...args);
  if (ended.code !== 0) throw new Error(ended.text);
};

type Edit = (at: Project) => void;
const config =
  (from: string | RegExp, to: string): Edit =>
  (at) =>
    at.edit(".poststack.yml", from, to);

/** Every one of these leaves the lines of the first plan as they are, or nearly so, and changes what they would do. */
const edits: readonly (readonly [string, Edit])[] = [
  ["a server parameter", config("32MB", "48MB")],
  ["the server's version", config("version: 17", "version: 16")],
  ["the server's port", (at) => at.edit(".poststack.yml", /port: \d+/, `port: ${at.ports[1] ?? 0}`)],
  ["a role's attribute", config("connection_limit: 5", "connection_limit: 6")],
  ["whether a role has a password", config("          password: auto_generated\n", "")],
  ["an extension's schema", config("- name: pgcrypto", "- { name: pgcrypto, schema: crypto }")],
  ["a grant", config("[select]", "[select, insert]")],
  ["a migration", (at) => at.write("migrations/002_two.sql", "create table two (id bigint);\n")],
  [
    "how a migration runs",
    (at) => at.write("migrations/002_two.sql", `-- poststack: no-transaction\n${files["migrations/002_two.sql"]}`),
  ],
  ["a job's command", config('run: [node, -e, "0"]\n        timeout', 'run: [node, -e, "1"]\n        timeout')],
  ["a job's timeout", config("timeout: 1m", "timeout: 2m")],
  ["a job's input", (at) => at.write("seed.csv", "2\n")],
  ["when a job runs", config("timeout: 1m", "timeout: 1m\n        when: once")],
  ["a variable of jobs and processes", config("GREETING: hello", "GREETING: hi")],
  ["a line of the Procfile", (at) => at.edit("Procfile", "node", "node --no-warnings")],
  ["how a process is asked whether it is ready", config('{ http: "/" }', "{ command: [node, -e, '0'] }")],
  ["how long a process may take to stop", config("stop_grace: 5s", "stop_grace: 6s")],
  ["the signal that stops a process", config("stop_grace: 5s", "stop_grace: 5s\n          stop_signal: SIGINT")],
  ["the number of processes", config("stop_grace: 5s", "stop_grace: 5s\n          replicas: 2")],
];

describe("a plan that was saved before the first apply", () => {
  let project: Project;
  beforeAll(async () => {
    project = await newProject(files);
    await done(project, "plan", "--out", "first.plan");
  }, 60_000);
  afterAll(() => project.dispose());

  test("holds nothing that is not public, and no two of them differ", async () => {
    const saved = project.read("first.plan");
    for (const canary of [...Object.values(canaries), "7391"]) expect(saved).not.toContain(canary);
    expect((await project.runWith(canaries, "plan", "--out", "second.plan")).code).toBe(0);
    expect(project.read("second.plan")).toBe(saved);
    // Who guesses what is not public finds nothing that it could be compared with.
    const other = { SHELL_KEY: "canary-0000", KEYED_PASSWORD: "canary-0001" };
    expect((await project.runWith(other, "plan", "--out", "second.plan")).code).toBe(0);
    expect(project.read("second.plan")).toBe(saved);
  });

  test.each(edits)("is refused after a change of %s, and nothing is done", async (_name, edit) => {
    const kept = Object.keys(files).map((path) => [path, project.read(path)] as const);
    try {
      edit(project);
      expect(await codes(project, "apply", "first.plan")).toEqual(["PLAN_STALE"]);
    } finally {
      for (const [path, text] of kept) project.write(path, text);
    }
    expect(readdirSync(project.root)).not.toContain(".poststack");
  });

  test("is what the first apply carries out, although passwords and marks are made up in between", async () => {
    project.edit(
      ".poststack.yml",
      "    variables:\n",
      "    # A comment, and every line below moves.\n\n    variables:\n",
    );
    await done(project, "apply", "first.plan");
    expect((await project.runWith(canaries, "plan", "--detailed-exitcode")).code).toBe(0);
    expect(await codes(project, "apply", "first.plan")).toEqual(["PLAN_STALE"]);
  });

  test("then what is not public counts too, as a keyed hash", async () => {
    project.edit(".poststack.yml", "GREETING: hello", "GREETING: hi");
    await done(project, "plan", "--out", "keyed.plan");
    const saved = project.read("keyed.plan");
    for (const canary of [...Object.values(canaries), "7391"]) expect(saved).not.toContain(canary);
    const other = await project.runWith({ ...canaries, SHELL_KEY: "canary-0000" }, "apply", "keyed.plan", "--json");
    expect(errorsOf(other).map(({ code }) => code)).toEqual(["PLAN_STALE"]);
    await done(project, "apply", "keyed.plan");
  });

  test("then a migration's new table is granted by the plan that makes it", async () => {
    project.write("migrations/003_three.sql", "create table three (id int);\n");
    await done(project, "plan", "--out", "grown.plan");
    await done(project, "apply", "grown.plan");
    expect((await project.runWith(canaries, "plan", "--detailed-exitcode")).code).toBe(0);
  });
});

describe("the file of a plan", () => {
  let project: Project;
  beforeAll(async () => {
    project = await quickstart();
    await project.ok("plan", "--out", "saved.plan");
  }, 60_000);
  afterAll(() => project.dispose());

  test.each([
    ["formatVersion", '"one"'],
    ["environment", "7"],
    ["fingerprint", '"abc"'],
    ["keyed", '"no"'],
    ["options", "[]"],
    ["targets", '"web"'],
  ])("with another %s is no plan, and the line is told", async (field, value) => {
    const plan = JSON.parse(project.read("saved.plan")) as { options: object };
    const changed = ["targets"].includes(field)
      ? { ...plan, options: { ...plan.options, [field]: JSON.parse(value) as unknown } }
      : { ...plan, [field]: JSON.parse(value) as unknown };
    const text = JSON.stringify(changed, undefined, 2);
    project.write("damaged.plan", text);
    const [error] = errorsOf(await project.run("apply", "damaged.plan", "--json"));
    expect(error?.code).toBe("CONFIG_TYPE");
    const line = text.split("\n").findIndex((one) => one.includes(`"${field}":`)) + 1;
    expect(error?.where?.line).toBe(line);
  });

  test("without a field is no plan", async () => {
    for (const field of ["environment", "fingerprint", "keyed", "options"]) {
      const { [field]: _left, ...rest } = JSON.parse(project.read("saved.plan")) as Record<string, unknown>;
      project.write("damaged.plan", JSON.stringify(rest));
      const found = errorsOf(await project.run("apply", "damaged.plan", "--json")).map(({ code }) => code);
      expect(found, field).toEqual(["CONFIG_TYPE"]);
    }
  });

  test("needs neither dot nor slash in its name, where no environment is called so", async () => {
    await project.ok("plan", "--out", "myplan");
    project.edit("Procfile", "node", "node --no-warnings");
    const code = async (name: string): Promise<string | undefined> =>
      errorsOf(await project.run("apply", name, "--json"))[0]?.code;
    expect(await code("myplan")).toBe("PLAN_STALE");
    expect(await code("Procfile")).toBe("ENVIRONMENT_UNKNOWN");
    expect(await code("nothing")).toBe("ENVIRONMENT_UNKNOWN");
    project.edit("Procfile", "node --no-warnings", "node");
  });

  test("is replaced at once, keeps its mode, and leaves nothing beside it; a link stays one", async () => {
    project.write("kept.plan", "old", 0o640);
    symlinkSync("kept.plan", project.path("link.plan"));
    const before = statSync(project.path("kept.plan"));
    await project.ok("plan", "--out", "link.plan");
    const after = statSync(project.path("kept.plan"));
    expect(readFileSync(project.path("kept.plan"), "utf8")).toContain("poststack-plan");
    expect({ mode: after.mode, isOther: after.ino !== before.ino }).toEqual({ mode: before.mode, isOther: true });
    expect(readdirSync(project.root).filter((name) => name.includes(".new-"))).toEqual([]);
    rmSync(project.path("link.plan"));
  });
});

test("a rollback is planned by its text: what it would run is in the plan", async () => {
  const project = await forThisTest(newProject({ ...files, "environments/dev.env": "" }));
  await done(project, "apply", "--yes", "--exclude", "process");
  const content = async (...args: readonly string[]): Promise<readonly (string | undefined)[]> => {
    const answer = await project.runWith(canaries, "db", "rollback", ...args, "--json");
    const lines = answer.stdout.split("\n").filter((line) => line.startsWith("{"));
    const plan = lines.map((line) => JSON.parse(line) as { type?: string; plan?: { actions: { content?: string }[] } });
    return plan.flatMap((event) => event.plan?.actions.map((action) => action.content) ?? []);
  };
  const first = await content("--target", "1");
  expect(first).toHaveLength(1);
  expect(await content("--target", "1")).toEqual(first);
  project.write("migrations/002_two.rollback.sql", "drop table two; drop table one;\n");
  const other = await content("--target", "1");
  expect(other).toHaveLength(1);
  expect(other).not.toEqual(first);
}, 60_000);
