import { expect, test } from "vitest";
import { describeStages } from "../../engine/engines.ts";
import { answerOf } from "../../support/command.ts";
import { stageOn, until, type Stage } from "./stage.ts";

// What somebody does to a container while it is watched, and how it comes back.

const network = (app: Stage): string => `${app.name}-dev_default`;
const isRunning = async (app: Stage, name: string): Promise<boolean> => (await app.find(name))?.state === "running";

interface Change {
  /** Also the name of the service. */
  readonly what: string;
  readonly make: (app: Stage, name: string) => Promise<unknown>;
  readonly isBack?: (app: Stage, name: string) => Promise<boolean>;
}

const changes: readonly Change[] = [
  { what: "killed", make: (app, name) => app.call("POST", `/containers/${name}/kill`) },
  { what: "stopped", make: (app, name) => app.call("POST", `/containers/${name}/stop?t=0`) },
  { what: "removed", make: (app, name) => app.call("DELETE", `/containers/${name}?force=true`) },
  { what: "paused", make: (app, name) => app.call("POST", `/containers/${name}/pause`) },
  { what: "renamed", make: (app, name) => app.call("POST", `/containers/${name}/rename?name=${app.name}-other`) },
  {
    what: "disconnected",
    make: (app, name) =>
      app.call("POST", `/networks/${network(app)}/disconnect`, { Container: `${app.name}-dev-${name}`, Force: true }),
    isBack: async (app, name) => (await app.find(name))?.networks.has(network(app)) === true,
  },
  {
    // No list shows it: the event asks for a closer look.
    what: "limited",
    make: (app, name) => app.call("POST", `/containers/${name}/update`, { Memory: 96 << 20, MemorySwap: 192 << 20 }),
    isBack: async (app, name) => (await app.call("GET", `/containers/${name}/json`)).includes(`"Memory":${64 << 20},`),
  },
];

const composeOf = (all: readonly Change[]): string => `services:
${all.map(({ what }) => `  ${what}: { image: IMAGE, command: [sleep, "100000"], init: true, mem_limit: 64m }`).join("\n")}
  limits:
    image: IMAGE
    command: [sleep, "100000"]
    init: true
    mem_limit: 64m
    mem_reservation: 32m
    cpus: 0.5
    cpuset: "0"
    pids_limit: 50
    restart: on-failure:3
`;

/** The look of the minute comes after 54 s at the earliest: what is back before is back because of an event. */
const eventsLimitMs = 30_000;

describeStages("while it is watched", stageOn, ({ kind, stage }) => {
  test("a container comes back from each change, and then nothing more is done", async () => {
    // Podman 4 changes no limits.
    const possible = changes.filter(({ what }) => kind === "docker" || what !== "limited");
    const app = await stage({ "compose.yml": composeOf(possible) });
    const watching = await app.watch();
    for (const { what, make, isBack = isRunning } of possible) {
      await make(app, `${what}-1`);
      // The engine has answered, so it is done: from here only the watching can bring it back.
      await until(watching, `back from being ${what}`, () => isBack(app, `${what}-1`), eventsLimitMs);
    }
    expect(answerOf(await app.ok("plan", "--json"))).toMatchObject({ settled: true, actions: [] });
    // The first look of another one is a closer one: it finds the limits as they are asked for.
    watching.kill("SIGINT");
    await watching.ended;
    expect((await app.watch()).said()).not.toContain("Plan for");
  }, 150_000);

  test("a container that turns ill is restarted, whoever probes it", async () => {
    const app = await stage({
      "compose.yml": `services:
  web:
    image: IMAGE
    command: [sh, -c, "touch /tmp/well; exec sleep 100000"]
    init: true
    healthcheck: { test: [CMD, test, -e, /tmp/well], interval: 1s, retries: 1, start_period: 0s }
`,
    });
    const watching = await app.watch();
    const isWell = async (): Promise<boolean> => (await app.find("web-1"))?.health === "healthy";
    await until(watching, "it is well", isWell);
    const { id = "" } = (await app.find("web-1")) ?? {};
    const { engine, signal } = app.box;
    await engine.exec(id, { command: ["rm", "/tmp/well"], timeoutMs: 10_000 }, signal);
    await until(watching, "it is ill", () => /container:web +restart +unhealthy/.test(watching.said()));
    await until(watching, "it is well again", isWell);
  }, 150_000);
});
