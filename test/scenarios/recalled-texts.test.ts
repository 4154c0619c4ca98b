import { statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCluster, type Cluster } from "../support/cluster.ts";
import { forThisTest, newProject, type Project } from "../support/scenario.ts";
import { cacheOf, hasStamps, later, nextTick } from "../support/text-cache.ts";

// A run with nothing to do keeps what it found in migrations; the next does not read them. What it is trusted with, and
// what it is not (docs/decisions/0010-known-by-its-stamp.md).

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 60_000);
afterAll(() => cluster.stop());

const names = ["001_a.sql", "002_b.sql", "003_c.sql"];

/** Three migrations that are applied, and commands that tell which of them they have opened. */
async function applied(name: string) {
  const project = await forThisTest(
    newProject({
      ".poststack.yml": `project: { name: ${name} }
environments:
  dev:
    postgres: { url: { file: admin.url }, sslmode: disable }
`,
      ...Object.fromEntries(names.map((file, index) => [`migrations/${file}`, `create table t_${index} ();\n`])),
      // The clock of the command goes so far ahead that what the test has written is old.
      "watch.cjs": `const fs = require("node:fs"), now = Date.now, { openSync } = fs, opened = [];
      Date.now = () => now() + ${later};
      fs.openSync = (path, ...more) => { opened.push(String(path).split("/").at(-1)); return openSync(path, ...more); };
      process.once("exit", () => fs.writeFileSync("opened", opened.filter((name) => name.endsWith(".sql")).join(" ")));`,
    }),
  );
  project.write("admin.url", `postgres://postgres:${cluster.password}@127.0.0.1:${cluster.port}/postgres`, 0o600);
  await project.ok("apply", "--yes");
  const run = async (...args: readonly string[]) => {
    const environment = {
      NODE_OPTIONS: `--require ${project.path("watch.cjs")}`,
      XDG_CACHE_HOME: project.path("cache"),
    };
    const { code, stdout, stderr } = await project.runWith(environment, ...args);
    return { code, said: stdout + stderr, opened: project.read("opened").split(" ").filter(Boolean) };
  };
  return { project, run };
}

const nothing = expect.stringContaining("Nothing to do") as string;
const edited = expect.stringContaining("MIGRATION_EDITED") as string;

/** As if somebody had found a way to edit a file that its stamp does not show. */
function lie(project: Project, path: string, fact: string): void {
  const cache = cacheOf(project.path("cache", "poststack", "migrations"), project.root, () => Date.now() + later);
  cache.keep(path, statSync(project.path(path)), fact);
  cache.save();
}

test.skipIf(!hasStamps)(
  "the second apply with nothing to do opens no migration, the third opens what was edited",
  async () => {
    const { project, run } = await applied("recalled");
    expect(await run("plan")).toEqual({ code: 0, said: nothing, opened: names });
    expect(await run("apply"), "plan has kept nothing").toEqual({ code: 0, said: nothing, opened: names });
    expect(await run("apply")).toEqual({ code: 0, said: nothing, opened: [] });
    expect(await run("plan")).toEqual({ code: 0, said: nothing, opened: [] });

    // The checksum does not see the line end, the stamp does.
    nextTick(project.root);
    writeFileSync(project.path("migrations/002_b.sql"), "create table t_1 ();\r\n");
    expect(await run("apply")).toEqual({ code: 0, said: nothing, opened: ["002_b.sql"] });
    expect(await run("apply")).toEqual({ code: 0, said: nothing, opened: [] });

    nextTick(project.root);
    writeFileSync(project.path("migrations/002_b.sql"), "create table t_2 ();\n");
    const { code, said, opened } = await run("apply");
    expect([code, said]).toEqual([1, edited]);
    expect(opened, "a refusal is told when all was read").toEqual(["002_b.sql", ...names]);
  },
);

test.skipIf(!hasStamps)("what is to be done is read, and what it wrote is kept by the next run", async () => {
  const { project, run } = await applied("pending");
  await run("apply");
  project.write("migrations/004_d.sql", "create table t_3 ();\n");
  const { code, opened } = await run("apply", "--yes");
  expect(code).toBe(0);
  expect(new Set(opened)).toEqual(new Set([...names, "004_d.sql"]));
  expect(await run("apply")).toEqual({ code: 0, said: nothing, opened: ["004_d.sql"] });
  expect(await run("apply")).toEqual({ code: 0, said: nothing, opened: [] });
});

test.skipIf(!hasStamps)("a cache that is wrong refuses nothing, and db verify does not ask it", async () => {
  const { project, run } = await applied("wrong");
  await run("apply");
  expect(await run("apply")).toEqual({ code: 0, said: nothing, opened: [] });

  lie(project, "migrations/002_b.sql", `t${"0".repeat(64)}`);
  expect(await run("plan")).toMatchObject({ code: 0, said: nothing });
  expect((await run("apply")).opened).toEqual(expect.arrayContaining(names));

  const verified = await run("db", "verify");
  expect(verified).toMatchObject({ code: 0, opened: names });
});
