import { mkdirSync, renameSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { watchFiles } from "../../controller/adapters/watch-files.ts";
import { projectWith, type TestProject } from "../support/project.ts";

type Change = (project: TestProject, path: (name: string) => string) => void;

const write =
  (name: string, text = String(Math.random())): Change =>
  (project) =>
    void project.write(name, text);
const remove =
  (name: string): Change =>
  (_project, path) =>
    rmSync(path(name), { recursive: true });

test.each<[string, readonly Change[]]>([
  ["an edit", [write("Procfile")]],
  ["edit after edit", [write("Procfile"), write("Procfile"), write("Procfile")]],
  [
    "a file that goes, and comes back again and again",
    [1, 2, 3].flatMap(() => [remove("Procfile"), write("Procfile")]),
  ],
  [
    "a file that is replaced, as editors save it",
    [1, 2].map(() => (project, path) => {
      project.write("Procfile.new", String(Math.random()));
      renameSync(path("Procfile.new"), path("Procfile"));
    }),
  ],
  [
    "a file that was not there when it began",
    [write("dev.env"), write("dev.env"), remove("dev.env"), write("dev.env")],
  ],
  ["a file in a folder", [write("migrations/2.sql"), write("migrations/2.sql"), remove("migrations/2.sql")]],
  [
    "a folder that goes and comes back",
    [remove("migrations"), (_project, path) => mkdirSync(path("migrations")), write("migrations/1.sql")],
  ],
])("%s: each change wakes", async (_name, changes) => {
  const project = projectWith({ Procfile: "a", "migrations/1.sql": "b" });
  const path = (name: string): string => `${project.root}/${name}`;
  let wakes = 0;
  const watcher = watchFiles(
    { paths: ["Procfile", "migrations", "dev.env"].map(path), contexts: [] },
    () => (wakes += 1),
  );
  onTestFinished(() => watcher.close());
  const woken = async (): Promise<void> => {
    await expect.poll(() => wakes, { timeout: 10_000 }).toBeGreaterThan(0);
    // Until the burst is over, or the next change could not be told from this one.
    for (let before = -1; before !== wakes; await sleep(150)) before = wakes;
    wakes = 0;
  };
  // Once at its beginning: what changed before it watched had no event.
  await woken();
  for (const change of changes) {
    change(project, path);
    await woken();
  }
});

test("a project below a folder of installed packages is watched, its own installed packages only by their names", async () => {
  const project = projectWith({
    "node_modules/shop/seed/a.csv": "a",
    "node_modules/shop/seed/node_modules/b.csv": "b",
  });
  const seed = `${project.root}/node_modules/shop/seed`;
  const wakes = { folder: 0, file: 0 };
  const watchers = [
    watchFiles({ paths: [seed], contexts: [] }, () => (wakes.folder += 1)),
    watchFiles({ paths: [`${seed}/node_modules/b.csv`], contexts: [] }, () => (wakes.file += 1)),
  ];
  onTestFinished(async () => void (await Promise.all(watchers.map((one) => one.close()))));
  await expect.poll(() => wakes, { timeout: 10_000 }).toEqual({ folder: 1, file: 1 });
  project.write("node_modules/shop/seed/node_modules/b.csv", "changed");
  await expect.poll(() => wakes.file, { timeout: 10_000 }).toBeGreaterThan(1);
  expect(wakes.folder).toBe(1);
  project.write("node_modules/shop/seed/a.csv", "changed");
  await expect.poll(() => wakes.folder, { timeout: 10_000 }).toBeGreaterThan(1);
});
