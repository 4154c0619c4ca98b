import { chmodSync, cpSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { errorsOf, type Ended } from "../support/command.ts";
import { databaseFacts, filesIn } from "../support/scenario-facts.ts";
import { runningIn } from "../support/scenario-faults.ts";
import { dataDirectory } from "../support/scenario-processes.ts";
import { forThisTest, newProject, type Project } from "../support/scenario.ts";

// Issue "Bad input and faults" and RELIABILITY 18, 21: state that is lost, damaged or newer, data that is another's, and
// ports that others hold. An error with the way out, exit 1, and nothing is made, started or written.

const config = `project: { name: shop }
environments:
  dev:
    postgres: { port: PORT0, version: 17 }
  other:
    postgres: { port: PORT1, version: 17 }
`;
const files = { ".poststack.yml": config, "migrations/001_a.sql": "create table a (id int);\n" };
const state = ".poststack/dev/state.json";

const codesOf = (ended: Ended): readonly string[] => errorsOf(ended).map(({ code }) => code);

async function refusedWith(project: Project, ...codes: readonly string[]): Promise<void> {
  const before = filesIn(project.path(".poststack"));
  const running = runningIn(project.path(".poststack/dev"));
  const ended = await project.run("apply", "dev", "--yes", "--json");
  expect({ codes: codesOf(ended), exit: ended.code }, ended.text).toEqual({ codes, exit: 1 });
  for (const { next = "" } of errorsOf(ended)) expect(next).not.toBe("");
  expect(filesIn(project.path(".poststack"))).toEqual(before);
  expect(runningIn(project.path(".poststack/dev"))).toEqual(running);
}

describe("an environment that was applied", () => {
  let project: Project;
  let good: string;
  beforeAll(async () => {
    project = await newProject(files);
    await project.ok("apply", "dev", "--yes");
    good = project.read(state);
  }, 60_000);
  afterAll(() => project.dispose());
  beforeEach(() => writeFileSync(project.path(state), good, { mode: 0o600 }));

  test.each<[string, string, (path: string) => void]>([
    ["gone", "STATE_LOST", (path) => rmSync(path)],
    ["empty", "STATE_LOST", (path) => truncateSync(path, 0)],
    ["cut in half", "STATE_LOST", (path) => truncateSync(path, good.length >> 1)],
    ["one character short", "STATE_LOST", (path) => truncateSync(path, good.length - 3)],
    ["changed by hand", "STATE_LOST", (path) => writeFileSync(path, good.replace(/"owner": "../, '"owner": "00'))],
    ["of a newer version", "STATE_NEWER", (path) => writeFileSync(path, good.replace('"version": 1', '"version": 99'))],
    ["readable by others", "SECRET_EXPOSED", (path) => chmodSync(path, 0o644)],
  ])("its state %s: %s", async (_name, code, spoil) => {
    const facts = await databaseFacts(project);
    spoil(project.path(state));
    await refusedWith(project, code);
    writeFileSync(project.path(state), good);
    chmodSync(project.path(state), 0o600);
    expect(await databaseFacts(project)).toEqual(facts);
    expect(await project.plan("dev")).toEqual([]);
  });

  test("its data gone, or another environment's in its place: DATABASE_REPLACED, and no initdb", async () => {
    await project.ok("apply", "other", "--yes");
    for (const environment of ["dev", "other"]) await project.ok("env", "stop", environment, "--yes");
    const [data, other] = ["dev", "other"].map((name) => dataDirectory(project.path(".poststack", name)));
    if (data === undefined || other === undefined) throw new Error("no data directory");

    renameSync(data, `${data}-kept`);
    await refusedWith(project, "DATABASE_REPLACED");
    renameSync(other, data);
    await refusedWith(project, "DATABASE_REPLACED");

    renameSync(data, other);
    renameSync(`${data}-kept`, data);
    await project.ok("apply", "dev", "--yes");
    expect(await project.sql("select count(*)::int as tables from a")).toEqual([{ tables: 0 }]);
  });

  test("its state directory lost, but not its data: root's data outside the project is not taken for a new beginning", async () => {
    const place = await forThisTest(newProject(files, { isPrivate: true }));
    await place.ok("apply", "dev", "--yes");
    await place.ok("env", "stop", "dev", "--yes");
    cpSync(place.path(".poststack"), place.path("kept"), { recursive: true, verbatimSymlinks: true });
    if (dataDirectory(place.path(".poststack/dev")).startsWith(place.root)) return; // Not root: the data is in there.
    rmSync(place.path(".poststack"), { recursive: true });
    const ended = await place.run("apply", "dev", "--yes", "--json");
    expect({ codes: codesOf(ended), exit: ended.code }, ended.text).toEqual({ codes: ["STATE_LOST"], exit: 1 });
    rmSync(place.path(".poststack"), { recursive: true, force: true });
    renameSync(place.path("kept"), place.path(".poststack"));
    await place.ok("apply", "dev", "--yes");
  });
});

describe("a port that somebody else holds", () => {
  let holder: Server;
  let port: number;
  beforeAll(async () => {
    holder = createServer();
    await new Promise<void>((resolve) => void holder.listen(0, "127.0.0.1", resolve));
    const address = holder.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });
  afterAll(() => void holder.close());

  test("the server's: PORT_TAKEN names the holder and its place, and nothing is made", async () => {
    const project = await forThisTest(
      newProject({ ...files, ".poststack.yml": config.replace("PORT0", String(port)) }),
    );
    const ended = await project.run("apply", "dev", "--yes", "--json");
    expect(ended.code).toBe(1);
    expect(errorsOf(ended)).toMatchObject([{ code: "PORT_TAKEN", where: { file: ".poststack.yml" } }]);
    expect(ended.text).toContain(`(pid ${process.pid})`);
    expect(filesIn(project.path(".poststack"))).toEqual([]);
  });

  test("a process's: PORT_TAKEN", async () => {
    const deployed = `${config}    deployment: { procfile: Procfile, processes: { web: { ready: { tcp: ${port} } } } }\n`;
    const project = await forThisTest(
      newProject({ ...files, ".poststack.yml": deployed, Procfile: "web: sleep 600\n" }),
    );
    const ended = await project.run("apply", "other", "--yes", "--json");
    expect(ended.code).toBe(1);
    expect(codesOf(ended)).toContain("PORT_TAKEN");
    expect(ended.text).toContain(`(pid ${process.pid})`);
    expect(filesIn(project.path(".poststack"))).toEqual([]);
  });
});
