import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openBox } from "../../engine/box.ts";
import { startDocker } from "../../engine/docker-daemon.ts";
import { errorsOf } from "../../support/command.ts";
import { stageOn } from "../containers/stage.ts";

// An engine of our own, whose disk is small.

const own = await startDocker({ diskMegabytes: 48 }).catch(String);
if (typeof own === "string" && process.env["CI"] === "true") throw new Error(`no engine: ${own}`);
if (typeof own === "string") console.warn(`SKIPPED: an engine whose disk is full: ${own}`);
const box = typeof own === "string" ? undefined : openBox(own.socket);
afterAll(async () => {
  await box?.close();
  if (typeof own !== "string") await own.stop();
}, 60_000);

const compose = `services:
  beside: { image: IMAGE, init: true, stop_grace_period: 0s }
  web: { build: { context: built, dockerfile_inline: "FROM IMAGE\\nCOPY . /sent\\n" }, init: true, stop_grace_period: 0s }
`;

describe.skipIf(box === undefined)("an engine whose disk is full", () => {
  test("says so, once, with the place; with a larger one the same apply ends well", async () => {
    if (box === undefined) return;
    const app = await stageOn(box, { "compose.yml": compose, "built/small": "" });
    writeFileSync(app.project.path("built/large"), Buffer.alloc(80 * 1024 * 1024, "x"));
    const ended = await app.run("apply", "--yes", "--no-wait", "--json");
    expect(ended.code, ended.text).toBe(1);
    const errors = errorsOf(ended);
    // Whatever else wants room at that moment may say the same.
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["DISK_FULL"]));
    expect(errors.find(({ where }) => where?.line === 3)).toMatchObject({
      what: expect.stringMatching(/^building \S+-web: .*no space left on device/) as unknown,
      where: { file: "compose.yml" },
      next: expect.stringContaining("docker system df") as unknown,
    });
    // Waiting makes no room: there was one try.
    expect(ended.lines.filter(({ type }) => type === "retry")).toEqual([]);
    // What a build that failed has sent stays for a while.
    expect(spawnSync("mount", ["-o", "remount,size=400m", join(dirname(box.socket), "data")]).status).toBe(0);
    await app.ok("apply", "--yes", "--no-wait");
    expect([await app.containers(), await app.plan()]).toEqual([["beside-1 running", "web-1 running"], []]);
  });
});
