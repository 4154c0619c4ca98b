import { createServer, connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { start } from "../../support/command.ts";
import { killAt, moments } from "../../support/scenario-faults.ts";
import { describeServers } from "../container-instance/stage.ts";
import { jobStageOn, type JobStage } from "./stage.ts";

// The command is killed, or the engine goes away, while a job runs: the next apply comes to the same end, and no two of one
// job ever run at once.

/** Says so when another one of it is there: each notes its beginning and its end. */
const counting = `services:
  seed:
    image: IMAGE
    command: ["sh", "-c", "mkdir /shared/running || { echo two at once; touch /shared/twice; exit 9; }; sleep 1; rmdir /shared/running"]
    init: true
    stop_grace_period: 1s
    volumes: ["shared:/shared"]
    depends_on: { cache: { condition: service_healthy } }
  cache: { image: IMAGE, stop_signal: SIGKILL, healthcheck: { test: ["CMD", "true"], interval: 100ms } }
volumes: { shared: {} }
`
  .replace('command: ["sh", "-c", "', 'command: ["sh", "-c", "trap \'rmdir /shared/running; exit 143\' TERM; ')
  .replace("sleep 1;", "sleep 1 & wait $$!;");

const web = "services:\n  web: { image: IMAGE, stop_signal: SIGKILL }\n";

async function expectWhole(app: JobStage): Promise<void> {
  expect(await app.plan()).toEqual([]);
  expect(await app.others()).toEqual(["web-1 running"]);
  expect((await app.runs()).at(-1)).toBe("init-seed succeeded 0");
  expect((await app.runs()).filter((run) => run.endsWith("failed 9"))).toEqual([]);
}

describeServers({ name: "a job in a container", isExtra: true }, jobStageOn, ({ stage }) => {
  test("whose command is killed at any moment is run again, and nothing of it is left", async () => {
    const app = await stage(counting, "inputs: [seed.csv]", web);
    app.project.write("seed.csv", "0");
    await app.ok("apply", "--yes");
    const points = [
      ...(["job:init-cache", "job:init-seed", "job:init-cache@end"] as const).flatMap((id) =>
        moments.map((moment) => [id, moment] as const),
      ),
    ];
    for (const [index, [id, moment]] of points.entries()) {
      app.project.write("seed.csv", String(index + 1));
      await killAt(app.start("apply", "--yes", "--json"), id, moment, 400).catch((error: unknown) => {
        // What is over before the moment has come needs no kill.
        if (moment !== "in the middle") throw error;
      });
      await app.ok("apply", "--yes");
      await expectWhole(app);
    }
  }, 240_000);

  test("that was left and is no longer in the files goes, as it does with its environment", async () => {
    const app = await stage(counting, "", web);
    await app.ok("apply", "--yes");
    app.project.edit("deploy/init.yml", "sleep 1 ", "sleep 1000 ");
    const command = app.start("apply", "--yes");
    await expect.poll(() => app.others(), { timeout: 30_000 }).toContain("init-seed-run running");
    command.kill("SIGKILL");
    await command.ended;
    expect(await app.others()).toEqual(["init-cache-run running", "init-seed-run running", "web-1 running"]);
    app.project.edit(".poststack.yml", /    init: .*\n/, "");
    expect((await app.plan()).map((line) => line.replace(/@\w+/, ""))).toEqual([
      "delete container:init-cache  left by a job that was interrupted  [downtime]",
      "delete container:init-seed  left by a job that was interrupted  [downtime]",
    ]);
    await app.ok("apply", "--yes");
    expect(await app.others()).toEqual(["web-1 running"]);
  });

  test("whose engine goes away in the middle goes on, and is waited for again when it is back", async () => {
    const app = await stage(counting, "", web);
    const engine = await interruptible(app);
    const command = start(["apply", "--yes", "--json"], {
      cwd: app.project.root,
      environment: { DOCKER_HOST: engine.host },
    });
    await expect.poll(() => app.others(), { timeout: 60_000 }).toContain("init-seed-run running");
    engine.interrupt(1_500);
    const { code, text } = await command.ended;
    expect(code, text).toBe(0);
    const plan = start(["plan", "--detailed-exitcode"], {
      cwd: app.project.root,
      environment: { DOCKER_HOST: engine.host },
    });
    expect((await plan.ended).code).toBe(0);
    expect(await app.others()).toEqual(["web-1 running"]);
    expect(await app.runs()).toEqual(["init-seed succeeded 0"]);
  }, 120_000);
});

/** The engine's socket behind one of ours, which can be away for a while. */
async function interruptible({ box: { socket }, project }: JobStage) {
  const path = join(project.root, "engine.sock");
  const open = new Set<Socket>();
  let isAway = false;
  const server = createServer((client) => {
    if (isAway) client.destroy();
    if (isAway) return;
    const engine = connect(socket);
    for (const one of [client, engine]) {
      open.add(one);
      one.on("error", () => undefined);
      one.on("close", () => {
        open.delete(one);
        client.destroy();
        engine.destroy();
      });
    }
    client.pipe(engine).pipe(client);
  });
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return {
    host: `unix://${path}`,
    interrupt: (ms: number): void => {
      isAway = true;
      for (const one of open) one.destroy();
      setTimeout(() => (isAway = false), ms);
    },
  };
}
