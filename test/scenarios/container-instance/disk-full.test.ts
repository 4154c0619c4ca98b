import { spawnSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { errorsOf, type Ended } from "../../support/command.ts";
import { describeServers, notes, stageOn, type Stage } from "./stage.ts";

// A server whose volume is full, from its first start on (decision 7: an error of one try, which a person puts right).

/** A disk of its own for the volume, as somebody mounts one there. */
function smallDisk({ box, server }: Stage, megabytes: number) {
  const path = join(dirname(box.socket), "data/volumes", server, "_data");
  const mount = (...options: readonly string[]): unknown => expect(spawnSync("mount", options).status).toBe(0);
  mount("-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path);
  onTestFinished(() => void spawnSync("umount", ["--lazy", path]));
  const others = join(path, "others");
  return {
    resize: (more: number): unknown => mount("-o", `remount,size=${more}m`, path),
    fill(): void {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(others, Buffer.alloc(bavail * bsize));
    },
    free: (): void => rmSync(others),
  };
}

/** Waiting makes no room: there is one try. */
function expectFull(ended: Ended, where: object, what: RegExp, next: RegExp): void {
  expect(ended.code, ended.text).toBe(1);
  expect(errorsOf(ended)[0]).toMatchObject({
    code: "DISK_FULL",
    what: expect.stringMatching(what) as unknown,
    where,
    next: expect.stringMatching(next) as unknown,
  });
  expect(ended.lines.filter(({ type }) => type === "retry")).toEqual([]);
}

describeServers({ name: "a server whose volume is full", isExtra: true }, stageOn, ({ stage }) => {
  test("has no data yet, or loses none; with room the same apply ends well", async () => {
    const app = await stage();
    const apply = (): Promise<Ended> => app.run("apply", "--yes", "--json");
    await app.ok("apply", "--yes", "--target", "volume:poststack-postgres");
    const disk = smallDisk(app, 16);
    expectFull(
      await apply(),
      { file: ".poststack.yml", line: 4 },
      /instance:postgres could not start/,
      /room on the engine's disk/,
    );
    // Half a cluster is none: with room it is begun anew.
    disk.resize(256);
    await app.ok("apply", "--yes");
    expect(await app.plan()).toEqual([]);
    await app.project.sql("insert into notes values (1)");

    app.project.write("migrations/002_more.sql", "insert into notes select generate_series(2, 20000);\n");
    disk.fill();
    const ended = await apply();
    disk.free();
    expectFull(
      ended,
      { file: "migrations/002_more.sql", line: 1 },
      /could not extend file/,
      /room on the server's disk/,
    );
    expect(await notes(app)).toEqual([1]);
    await app.ok("apply", "--yes");
    expect(await app.plan()).toEqual([]);
    expect(await notes(app)).toHaveLength(20_000);
  }, 300_000);
});
