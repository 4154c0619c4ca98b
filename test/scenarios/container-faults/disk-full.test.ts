import { spawnSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { tarEntry } from "../../../controller/adapters/containers/tar.ts";
import { openBox, type EngineBox } from "../../engine/box.ts";
import { startDocker } from "../../engine/docker-daemon.ts";
import { busyboxArchive, ensureBusybox } from "../../engine/images.ts";
import { errorsOf } from "../../support/command.ts";
import { startRegistry } from "../../support/registry.ts";
import { openStage } from "../containers/stage.ts";

const kibibytes = 1024;
const megabytes = 1024 * kibibytes;

// An engine of our own, whose disk is small. Each part begins with what the one before has left running.

const own = await startDocker({ diskMegabytes: 48 }).catch(String);
if (typeof own === "string" && process.env["CI"] === "true") throw new Error(`no engine: ${own}`);
if (typeof own === "string") console.warn(`SKIPPED: an engine whose disk is full: ${own}`);
const staged = typeof own === "string" ? undefined : await begin(openBox(own.socket));
const registry = await startRegistry();
afterAll(async () => {
  await registry.close();
  await staged?.close();
  if (typeof own !== "string") await own.stop();
}, 60_000);

async function begin(box: EngineBox) {
  const { stage, close } = await openStage(box, { "compose.yml": composeOf(""), "built/small": "" });
  const disk = join(dirname(box.socket), "data");
  const others = join(disk, "others");
  return {
    ...stage,
    image: await ensureBusybox(box),
    /** Something else takes the room, but for so many bytes. */
    fill(leftBytes = 0): void {
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(others, Buffer.alloc(bavail * bsize - leftBytes));
    },
    free: (): void => rmSync(others, { force: true }),
    resize: (megabytes: number): unknown =>
      expect(spawnSync("mount", ["-o", `remount,size=${megabytes}m`, disk]).status).toBe(0),
    async close() {
      await close();
      await box.close();
    },
  };
}

/** A service `web` with these keys in the third line, beside one that has nothing to do with it. */
function composeOf(keys: string): string {
  const service = (name: string, its: string): string => `  ${name}: { ${its}, init: true, stop_grace_period: 0s }\n`;
  const web = keys === "" ? "" : service("web", keys);
  return `services:\n${service("beside", "image: IMAGE")}${web}configs: { page: { content: ${"x".repeat(600 * kibibytes)} } }\n`;
}

const nextStep = expect.stringContaining("docker system df") as unknown;

describe.skipIf(staged === undefined)("an engine whose disk is full", () => {
  if (staged === undefined) return;
  const app = staged;
  beforeEach(() => app.free());
  const wanted = (keys: string): void =>
    app.project.write("compose.yml", composeOf(keys).replaceAll("IMAGE", app.image));

  /** Waiting makes no room: there is one try. Whatever else wants room at that moment may say the same. */
  async function expectFull(what: RegExp): Promise<void> {
    const ended = await app.run("apply", "--yes", "--no-wait", "--json");
    expect(ended.code, ended.text).toBe(1);
    const errors = errorsOf(ended);
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["DISK_FULL"]));
    expect(errors.find(({ where }) => where?.line === 3)).toMatchObject({
      what: expect.stringMatching(what) as unknown,
      where: { file: "compose.yml" },
      next: nextStep,
    });
    expect(ended.lines.filter(({ type }) => type === "retry")).toEqual([]);
  }

  /** With room the same apply ends well. */
  async function expectWhole(): Promise<void> {
    await app.ok("apply", "--yes", "--no-wait");
    expect([await app.containers(), await app.plan()]).toEqual([["beside-1 running", "web-1 running"], []]);
  }

  test("at a build says so, once, with the place", async () => {
    wanted(`build: { context: built, dockerfile_inline: "FROM IMAGE\\nCOPY . /sent\\n" }`);
    writeFileSync(app.project.path("built/large"), Buffer.alloc(80 * megabytes, "x"));
    await expectFull(/^building \S+-web: .*no space left on device/);
    // What a build that failed has sent stays for a while.
    app.resize(400);
    await expectWhole();
  });

  test("at a pull takes half an image for none", async () => {
    const large = tarEntry({ path: "large", type: "file", mode: 0o644, content: Buffer.alloc(20 * megabytes) });
    const config = { Env: ["PATH=/bin"], Cmd: ["sleep", "100000"] };
    registry.put("large", "1", Buffer.concat([large, busyboxArchive()]), config);
    wanted(`image: "${registry.host}/large:1"`);
    // It travels packed, and does not fit when it is unpacked.
    app.fill(8 * megabytes);
    await expectFull(/^pulling \S+\/large:1: .*write \/large: no space left on device/);
    expect(await app.containers()).toEqual(["beside-1 running", "web-1 running"]);
    app.free();
    await expectWhole();
  });

  test("at a container keeps the one before; what was not filled or not started is not done", async () => {
    wanted(`image: IMAGE, configs: [{ source: page, target: /page }]`);
    app.fill();
    await expectFull(/^creating container \S+: .*no space left on device/);
    expect(await app.containers()).toEqual(["beside-1 running", "web-1 running"]);
    app.free();
    // Room for the container, and not for what is to be in it.
    app.fill(300 * kibibytes);
    await expectFull(/^putting files into container \w+: .*no space left on device/);
    expect(await app.containers()).toEqual(["beside-1 running", "web-1 running"]);
    app.free();
    await expectWhole();
    const { id } = await app.container("web-1");
    await app.ok("container", "stop", "web", "--yes");
    app.fill();
    await expectFull(/^starting container \w+: .*no space left on device/);
    app.free();
    await expectWhole();
    expect((await app.container("web-1")).id).toBe(id);
  });
});
