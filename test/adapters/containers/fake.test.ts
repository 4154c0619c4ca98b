import { afterEach, describe, expect, test } from "vitest";
import { PoststackError } from "../../../controller/core/errors.ts";
import { virtualClock } from "../../support/fake-clock.ts";
import type { FakeContainer, Program } from "../../support/fake-container.ts";
import { fakeEngine } from "../../support/fake-engine.ts";
import { containerContract } from "./contract.ts";
import { objectContract } from "./contract-objects.ts";
import { bare } from "./fields.ts";
import { roundTrip } from "./round-trip.ts";
import type { TestedEngine } from "./tested.ts";

const image = "poststack-test/busybox:1";
const { signal } = new AbortController();

/** The programs that the contract's containers run. */
function program({ spec: { command = [], healthcheck } }: FakeContainer): Program | undefined {
  const script = command[2] ?? "";
  const failing = typeof healthcheck === "object" && healthcheck.test?.[1] === "false";
  if (failing) return { unhealthyAfterMs: 0 };
  const exit = /^exit (\d+)$/.exec(script)?.[1];
  if (command[0] === "no-such-program") return { isMissing: true };
  if (exit !== undefined) return { exitsAfterMs: 5, exitCode: Number(exit) };
  return script.startsWith("trap 'exit 9' USR1") ? { exitCodeOf: (name) => (name === "SIGUSR1" ? 9 : 137) } : undefined;
}

function box(): TestedEngine {
  const engine = fakeEngine({ clock: virtualClock(), program });
  engine.addImage(image);
  let port = 20_000;
  return {
    engine,
    signal,
    labels: new Map([["io.poststack.test", "fake"]]),
    name: (part) => `fake-${part}`,
    freePort: () => Promise.resolve(port++),
    eventsAreFollowed: () => Promise.resolve(),
    async empty() {
      for (const { id } of await engine.containers(signal))
        await engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
      for (const { id } of await engine.networks(signal)) await engine.removeNetwork(id, signal);
      for (const { name } of await engine.volumes(signal)) await engine.removeVolume(name, signal);
    },
  };
}

describe("the fake keeps the contract of the real ones", () => {
  const tested = box();
  afterEach(() => tested.empty());
  containerContract(tested, image);
  objectContract(tested, image);
  roundTrip(tested, image);
});

describe("what only the fake can do", () => {
  test("a healthcheck passes when its time has come, and a process ends and is started again", async () => {
    const clock = virtualClock();
    const of = ({ name }: FakeContainer): Program =>
      name === "web" ? { healthyAfterMs: 3_000 } : { exitsAfterMs: 1_000, exitCode: 1 };
    const engine = fakeEngine({ clock, program: of });
    engine.addImage(image);
    const spec = { ...bare(image, new Map()), healthcheck: { test: ["CMD", "true"] } };
    const restart = { name: "on-failure", maxRetries: 2 } as const;
    for (const name of ["web", "flaky"]) {
      const { id } = await engine.createContainer(name, { ...spec, restart }, signal);
      await engine.startContainer(id, signal);
    }
    const seen: string[] = [];
    for (let second = 0; second < 5; second++) {
      const [web, flaky] = await engine.containers(signal);
      seen.push(`${web?.health} ${flaky?.state}`);
      await clock.sleep(1_000, signal);
    }
    // Up from 0 s, from 1.1 s and from 2.3 s on.
    expect(seen).toEqual([
      "starting running",
      "starting restarting",
      "starting running",
      "healthy running",
      "healthy exited",
    ]);
  });

  test("a fault comes before a call, or takes its answer away", async () => {
    const lost = new PoststackError("ENGINE_CONNECTION_LOST", { what: "the answer broke off" });
    let when: "before" | "after" = "before";
    const fault = (call: string, at: string): Error | undefined =>
      call === "createNetwork" && at === when ? lost : undefined;
    const engine = fakeEngine({ clock: virtualClock(), fault });
    const create = () => engine.createNetwork("n", { labels: new Map() }, signal);
    await expect(create()).rejects.toBe(lost);
    expect(await engine.networks(signal)).toEqual([]);
    when = "after";
    await expect(create()).rejects.toBe(lost);
    expect((await engine.networks(signal)).map(({ name }) => name)).toEqual(["n"]);
  });
});
