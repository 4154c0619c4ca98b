import { expect, onTestFinished, test } from "vitest";
import type { EngineBox } from "../../engine/box.ts";
import { describeStages } from "../../engine/engines.ts";
import { engineProxy, type EngineProxy } from "./engine-proxy.ts";
import { stageOn, type Stage } from "./stage.ts";

// RELIABILITY, "How the rules are held": kill at every effect, then apply: the same end as without the kill. A proxy in
// front of the engine's socket knows when a call is about to be made, and when it has been answered.

const compose = `services:
  web:
    image: IMAGE
    command: [sleep, "100000"]
    init: true
    environment: { LEVEL: "\${LEVEL}" }
    configs: [{ source: page, target: /page }]
    depends_on: [cache]
  cache:
    image: IMAGE
    command: [sleep, "100000"]
    init: true
    environment: { LEVEL: "\${LEVEL}" }
    volumes: ["data:/data"]
volumes: { data: {} }
configs: { page: { content: "level \${LEVEL}" } }
`;

interface WatchedStage extends Stage {
  readonly proxy: EngineProxy;
}

async function watchedStageOn(box: EngineBox): Promise<WatchedStage> {
  const proxy = await engineProxy(box.socket);
  onTestFinished(() => proxy.close());
  return { ...(await stageOn(box, { "compose.yml": compose }, proxy.host)), proxy };
}

/** A call that was not made, and one that was made and whose answer nobody read, take turns. */
const momentOf = (at: number) => (at % 2 === 0 ? "before" : "after");

/** Kills an apply at its n-th call; whether it came that far. */
async function killedAt(app: WatchedStage, at: number): Promise<boolean> {
  let isKilled = false;
  const command = app.start("apply", "--yes", "--no-wait");
  app.proxy.watch(at, momentOf(at), () => {
    isKilled = true;
    command.kill("SIGKILL");
  });
  await command.ended;
  return isKilled;
}

/** Everything once, as the files say, and nothing beside it: an apply ends when there is nothing left to plan. */
async function expectWhole(app: WatchedStage, what: string): Promise<void> {
  app.proxy.watch(0, "before", () => undefined);
  await app.ok("apply", "--yes", "--no-wait");
  expect(await app.containers(), what).toEqual(["cache-1 running", "web-1 running"]);
  expect(await app.objects(), what).toEqual(["network default", "volume data"]);
}

describeStages(
  { name: "an apply that is killed at any call to the engine", isExtra: true },
  watchedStageOn,
  ({ stage }) => {
    test("a first one: the next ends in the same place", async () => {
      const app = await stage();
      await app.ok("apply", "--yes", "--target", `database:${app.name}_dev`);
      let at = 1;
      for (; await killedAt(app, at); at++) {
        await expectWhole(app, `killed ${momentOf(at)} ${app.proxy.writes()[at - 1] ?? ""}`);
        await app.clear();
      }
      // A network, two containers made and started, a file put into one of them.
      expect(at - 1).toBeGreaterThanOrEqual(6);
      expect(await app.plan()).toEqual([]);
    }, 300_000);

    test("one that replaces: the next ends in the same place, with the data", async () => {
      const app = await stage();
      await expectWhole(app, "as it is");
      const { engine, signal } = app.box;
      const inCache = async (...command: readonly [string, ...string[]]): Promise<number> => {
        const { id } = await app.container("cache-1");
        return (await engine.exec(id, { command, timeoutMs: 10_000 }, signal)).exitCode;
      };
      await inCache("touch", "/data/kept");
      const change = (level: number): void =>
        app.project.edit("compose.yml", /LEVEL: "[^"]*" }\n {4}volumes/, `LEVEL: "${level}" }\n    volumes`);
      let at = 1;
      for (change(at); await killedAt(app, at); change(++at)) {
        const what = `killed ${momentOf(at)} ${app.proxy.writes()[at - 1] ?? ""}`;
        await expectWhole(app, what);
        expect(await inCache("test", "-e", "/data/kept"), what).toBe(0);
      }
      expect(at - 1).toBeGreaterThanOrEqual(4);
      expect(await app.plan()).toEqual([]);
    }, 300_000);
  },
);
