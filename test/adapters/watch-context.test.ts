import { mkdirSync, renameSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { watchFiles } from "../../controller/adapters/watch-files.ts";
import { projectWith, type TestProject } from "../support/project.ts";

/** Wakes by a build context `app`, with a Dockerfile beside it. */
function watching(files: Readonly<Record<string, string>>) {
  const project = projectWith({ "Dockerfile.app": "FROM scratch\n", ...files });
  let wakes = 0;
  const except = [`${project.root}/app/var/state`];
  const contexts = [{ folder: `${project.root}/app`, dockerfile: "../Dockerfile.app", except }];
  const watcher = watchFiles({ paths: [], contexts }, () => (wakes += 1));
  onTestFinished(() => watcher.close());
  const quiet = async (): Promise<void> => {
    for (let before = -1; before !== wakes; await sleep(400)) before = wakes;
  };
  return {
    project,
    path: (name: string) => `${project.root}/${name}`,
    /** Once at its beginning: what changed before it was watched had no event. */
    async begun() {
      await expect.poll(() => wakes, { timeout: 10_000 }).toBeGreaterThan(0);
      await quiet();
      wakes = 0;
    },
    async wakes(change: () => void) {
      change();
      await expect.poll(() => wakes, { timeout: 10_000 }).toBeGreaterThan(0);
      await quiet();
      wakes = 0;
    },
    /** Also says so when there was a change that does wake. */
    async sleeps(change: () => void) {
      change();
      await quiet();
      expect(wakes).toBe(0);
    },
    update: () => watcher.update({ paths: [], contexts }),
  };
}

const write =
  (project: TestProject, name: string): (() => void) =>
  () =>
    void project.write(name, String(Math.random()));

test("what is sent to be built wakes: files at any depth, new folders, the Dockerfile outside", async () => {
  const it = watching({ "app/a.txt": "a", "app/deep/er/b.txt": "b" });
  await it.begun();
  const changes = [
    write(it.project, "app/a.txt"),
    write(it.project, "app/deep/er/b.txt"),
    write(it.project, "app/new/est/c.txt"),
    write(it.project, "app/new/est/c.txt"),
    write(it.project, "Dockerfile.app"),
    () => rmSync(it.path("app/deep"), { recursive: true }),
    write(it.project, "app/deep/er/b.txt"),
    write(it.project, "app/deep/er/b.txt"),
    () => renameSync(it.path("app/new"), it.path("app/newer")),
    write(it.project, "app/newer/est/c.txt"),
  ];
  for (const change of changes) await it.wakes(change);
});

test("what .dockerignore leaves out does not, until it is left out no more", async () => {
  const it = watching({
    "app/.dockerignore": "logs\n*.tmp\n",
    "app/logs/today/a.log": "a",
    "app/node_modules/x/index.js": "x",
    "app/var/state/dev/postgres.log": "x",
    "app/a.tmp": "a",
  });
  await it.begun();
  await it.sleeps(write(it.project, "app/a.tmp"));
  await it.sleeps(write(it.project, "app/logs/today/a.log"));
  await it.sleeps(write(it.project, "app/node_modules/x/index.js"));
  await it.sleeps(write(it.project, "app/var/state/dev/postgres.log"));
  await it.wakes(write(it.project, "app/.dockerignore"));
  await it.wakes(write(it.project, "app/logs/today/a.log"));
});

test("the rules of a Dockerfile that has its own are those", async () => {
  const it = watching({ "Dockerfile.app.dockerignore": "logs\n", "app/.dockerignore": "src\n", "app/src/a": "a" });
  await it.begun();
  await it.wakes(write(it.project, "app/src/a"));
  await it.sleeps(write(it.project, "app/logs/a"));
});

test("a context that was not there is watched from the load that finds it", async () => {
  const it = watching({});
  // The Dockerfile's own beginning.
  await it.begun();
  mkdirSync(it.path("app"));
  it.update();
  await it.begun();
  await it.wakes(write(it.project, "app/a.txt"));
});
