import { afterAll, describe, expect, test } from "vitest";
import { isAllAsked } from "../../engine/asked.ts";
import { openBox, type EngineBox } from "../../engine/box.ts";
import type { Daemon } from "../../engine/daemon.ts";
import { startDocker } from "../../engine/docker-daemon.ts";
import { startPodman } from "../../engine/podman-service.ts";
import { answerOf } from "../../support/command.ts";
import { stageOn, until, type Stage } from "./stage.ts";

// An engine that stops, crashes and comes back: one of our own, since the others share theirs.

interface Own {
  readonly daemon: Daemon;
  readonly box: EngineBox;
}

async function own(start: () => Promise<Daemon>): Promise<Own | undefined> {
  try {
    const daemon = await start();
    return { daemon, box: openBox(daemon.socket) };
  } catch (error) {
    if (process.env["CI"] === "true") throw error;
    return undefined;
  }
}

const engines = [
  ["docker", await own(startDocker)],
  ["podman", isAllAsked ? await own(startPodman) : undefined],
] as const;
afterAll(async () => {
  for (const [, engine] of engines) {
    await engine?.box.close();
    await engine?.daemon.stop();
  }
}, 120_000);

const compose = `services:
  web: { image: IMAGE, command: [sleep, "100000"], init: true }
  cache: { image: IMAGE, command: [sleep, "100000"], init: true, restart: always }
`;
const both = "cache-1 running, web-1 running";

/** Docker's containers end with it. Podman's go on, and what ends meanwhile it learns when it is asked again. */
async function processOf(app: Stage, name: string): Promise<number> {
  const { box } = app;
  const { id = "" } = (await app.find(name)) ?? {};
  const pid = (await box.engine.inspectContainer(id, box.signal))?.pid;
  if (pid === undefined) throw new Error(`${name} does not run`);
  return pid;
}

for (const [kind, engine] of engines) {
  describe.skipIf(engine === undefined)(`an engine that goes away, ${kind}`, () => {
    if (engine !== undefined) away(kind, engine);
  });
}

function away(kind: "docker" | "podman", { daemon, box }: Own): void {
  test.each(["SIGTERM", "SIGKILL"] as const)(
    "while it is watched (%s) is told once and waited for; what it lost comes back with it",
    async (signal) => {
      const app = await stageOn(box, { "compose.yml": compose }, true);
      const watching = await app.watch();
      const told = (part: string): number => watching.said().split(part).length - 1;
      const lost = kind === "podman" ? await processOf(app, "web-1") : undefined;
      try {
        await daemon.halt(signal);
        if (lost !== undefined) process.kill(lost, "SIGKILL");
        await until(watching, "it says so", () => told("rying again until it passes") > 0);
      } finally {
        await daemon.resume();
      }
      await until(watching, "both run again", async () => (await app.containers()) === both, 120_000);
      await until(watching, "it is content", () => told("Up to date. Watching.") >= 2);
      // One that ends in order stops its containers first, and may be asked to start both of them before it is gone: each
      // time that it is, there is a plan, and neither of the two starts is answered.
      const most = signal === "SIGTERM" ? 2 * told("Plan for") : 1;
      expect(told("error ENGINE_UNREACHABLE"), watching.said()).toBeLessThanOrEqual(most);
      // What watch has started last may be stopped once more by the one that ends.
      await until(watching, "nothing is left to do", async () => {
        const planned = await app.run("plan", "--json");
        return planned.code === 0 && (answerOf(planned) as { readonly settled?: boolean }).settled === true;
      });
    },
    240_000,
  );

  test("in the middle of an apply is waited for, and the same run ends well", async () => {
    const app = await stageOn(box, { "compose.yml": compose }, true);
    const applying = app.start("apply", "--yes", "--json");
    // Not while it starts a container: one that Docker 20.10 was starting when it ended it cannot start any more, until
    // somebody removes it ("task already exists").
    await applying.until(({ type, id }) => type === "start" && id === "network:default");
    try {
      await daemon.halt();
      await applying.until(({ type }) => type === "retry");
    } finally {
      await daemon.resume();
    }
    const ended = await applying.ended;
    expect(ended.code, ended.text).toBe(0);
    expect(await app.containers()).toBe(both);
    expect(answerOf(await app.ok("plan", "--json"))).toMatchObject({ settled: true });
  }, 240_000);

  test("and stays away, is an error with a next step", async () => {
    const app = await stageOn(box, { "compose.yml": compose }, true);
    await daemon.halt();
    try {
      const planned = await app.run("plan", "--json");
      expect(planned.code).toBe(3);
      expect(planned.text).toContain("ENGINE_UNREACHABLE");
      expect(planned.text).toContain("see whether the engine runs");
    } finally {
      await daemon.resume();
    }
  }, 240_000);
}
