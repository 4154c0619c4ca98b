import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorsOf } from "../support/command.ts";
import { endEverything } from "../support/scenario-end.ts";
import { filesIn } from "../support/scenario-facts.ts";
import { forThisTest, newProject, type Project } from "../support/scenario.ts";

const files = {
  ".poststack.yml": "project: { name: shop }\nenvironments:\n  dev:\n    postgres: { port: PORT0, version: 17 }\n",
  "migrations/001_a.sql": "create table a (id int, text text);\n",
};

const mount = (...args: readonly string[]): boolean => spawnSync("mount", args, { stdio: "ignore" }).status === 0;

/** A project whose state directory is a small disk of its own: root on Linux may have one. */
async function onSmallDisk(
  megabytes: number,
  use: (project: Project, resize: (megabytes: number) => void) => Promise<void>,
): Promise<boolean> {
  const project = await forThisTest(newProject(files));
  const disk = project.path(".poststack");
  mkdirSync(disk);
  if (!mount("-t", "tmpfs", "-o", `size=${megabytes}m,mode=711`, "tmpfs", disk)) return false;
  try {
    await use(project, (size) => void mount("-o", `remount,size=${size}m`, disk));
  } finally {
    await endEverything(project.root);
    spawnSync("umount", ["-l", disk]);
  }
  return true;
}

const skipIfNot = (isDone: boolean, skip: (why: string) => void): void => {
  if (isDone) return;
  console.warn("NO TMPFS CAN BE MOUNTED HERE: a full disk is not tested");
  skip("no tmpfs");
};

test("a disk without room for a cluster: DISK_FULL, nothing half made, and a larger one is enough", async ({
  skip,
}) => {
  const isDone = await onSmallDisk(5, async (project, resize) => {
    const ended = await project.run("apply", "--yes", "--json");
    expect(ended.code, ended.text).toBe(1);
    expect(errorsOf(ended)).toMatchObject([
      { code: "DISK_FULL", next: expect.stringContaining("make room") as unknown },
    ]);
    expect(
      filesIn(project.path(".poststack")).filter((line) => !/^ |gitignore|^dev (?:7|state)|^dev\/state/.test(line)),
    ).toEqual([]);
    resize(300);
    await project.ok("apply", "--yes");
  });
  skipIfNot(isDone, skip);
});

test("a disk that is full before the first byte: nothing is made", async ({ skip }) => {
  const isDone = await onSmallDisk(1, async (project) => {
    fill(project.path(".poststack"));
    const ended = await project.run("apply", "--yes", "--json");
    expect(errorsOf(ended).map(({ code }) => code)).toEqual(["DISK_FULL"]);
    expect(ended.code).toBe(1);
    // Waiting makes no room: there was one try.
    expect(ended.lines.filter(({ type }) => type === "retry")).toEqual([]);
    // An empty folder, and no file.
    expect(filesIn(project.path(".poststack/dev"))).toEqual([" 700"]);
  });
  skipIfNot(isDone, skip);
});

test("a disk that fills up under a migration: nothing of it stays, and room is enough to go on", async ({ skip }) => {
  const isDone = await onSmallDisk(300, async (project) => {
    await project.ok("apply", "--yes");
    project.write(
      "migrations/002_b.sql",
      "insert into a select n, repeat('x', 500) from generate_series(1, 200000) n;\n",
    );
    fill(project.path(".poststack"), 20);
    const ended = await project.run("apply", "--yes", "--json");
    expect(ended.code, ended.text).toBe(1);
    expect(errorsOf(ended).map(({ code }) => code)).toEqual(["DISK_FULL"]);
    rmSync(project.path(".poststack/filler"));
    await project.ok("apply", "--yes");
    expect(await project.sql("select count(*)::int as rows from a")).toEqual([{ rows: 200_000 }]);
    expect(await project.plan()).toEqual([]);
  });
  skipIfNot(isDone, skip);
});

/** Leaves so many megabytes. */
function fill(disk: string, leave = 0): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(`${disk}/filler`, Buffer.alloc(bavail * bsize - leave * 1024 * 1024));
}
