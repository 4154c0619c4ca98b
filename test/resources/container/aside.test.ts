import { describe, expect, test } from "vitest";
import { errorsOf, type PoststackError } from "../../../controller/core/errors.ts";
import type { RestartPolicy } from "../../../controller/core/ports/container-spec.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { apply } from "../../../controller/resources/container/apply.ts";
import { diff } from "../../../controller/resources/container/diff.ts";
import type { DesiredContainer } from "../../../controller/resources/container/model.ts";
import { observe } from "../../../controller/resources/container/observe.ts";
import { desired } from "./kit.ts";
import { containerStage, type ContainerStage } from "./stage.ts";

// Two servers must never have one volume at once: the engine in memory fails whenever a second one starts on it, also when
// the engine itself starts it, after a crash of the machine.

const { signal } = new AbortController();
class Cut extends Error {}

const policies: readonly RestartPolicy[] = [
  { name: "always" },
  { name: "unless-stopped" },
  { name: "on-failure", maxRetries: 3 },
  { name: "no" },
];

const database = (restart: RestartPolicy, ...command: readonly string[]): DesiredContainer =>
  desired({
    spec: {
      ...{ command, restart, healthcheck: { test: ["CMD", "true"] } },
      mounts: [{ type: "volume", name: "data", target: "/data", readOnly: false }],
    },
    preStop: [{ command: ["drain"], timeoutMs: 1_000 }],
  });

async function pass(it: ContainerStage, wish: DesiredContainer): Promise<string> {
  const actions = diff([wish], await observe([wish], it.ports, signal)).toSorted(
    (a, b) => Number(a.verb === "delete") - Number(b.verb === "delete"),
  );
  for (const action of actions) await apply(action, it.ports, signal);
  return renderActions(actions);
}

const failureOf = (promise: Promise<unknown>): Promise<PoststackError | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => errorsOf(error)[0],
  );

const policyOf = (it: ContainerStage): readonly string[] =>
  [...it.containers.values()].map(({ name, spec }) => `${name} ${spec.restart?.name ?? "no"}`);

/** A pass that is cut before its n-th call; whether it came that far. */
async function cutAt(it: ContainerStage, wish: DesiredContainer, at: number): Promise<boolean> {
  let calls = 0;
  it.onWrite((_call, when) => {
    if (when === "before" && ++calls >= at) throw new Cut();
  });
  const wasCut = await pass(it, wish).then(
    () => false,
    (error: unknown) => {
      if (!(error instanceof Cut)) throw error;
      return true;
    },
  );
  it.onWrite(() => undefined);
  return wasCut;
}

describe.each(policies)("restart: $name", (restart) => {
  test.each([
    ["an engine that changes policies in place", "docker"],
    ["one that cannot", "podman"],
  ] as const)("%s: cut at any call and with its machine down, it never runs two", async (_name, engine) => {
    for (const then of ["new", "old"]) {
      for (let at = 1; ; at++) {
        const it = containerStage(engine);
        await pass(it, database(restart, "old"));
        const wasCut = await cutAt(it, database(restart, "new"), at);
        it.reboot();
        const wish = database(restart, then);
        await pass(it, wish);
        await pass(it, wish);
        expect([at, then, await pass(it, wish), it.names()]).toEqual([at, then, "", "app-dev-web-1 running"]);
        expect([at, then, policyOf(it)]).toEqual([at, then, [`app-dev-web-1 ${restart.name}`]]);
        if (!wasCut) break;
        expect(at).toBeLessThan(20);
      }
    }
  });

  test("the one before gets back what was taken from it", async () => {
    const it = containerStage("docker");
    await pass(it, database(restart, "old"));
    const error = await failureOf(pass(it, database(restart, "sick")));
    expect(error?.message).toContain("the one before it was started again");
    expect(policyOf(it)).toEqual([`app-dev-web-1 ${restart.name}`]);
    it.reboot();
    expect(await pass(it, database(restart, "old"))).toBe(
      restart.name === "no" ? "start container:web  exited with code 137" : "",
    );
  });
});

test("where it would come back beside the new one and cannot be told not to, it goes before, and the error says so", async () => {
  const it = containerStage("podman");
  await pass(it, database({ name: "always" }, "old"));
  it.writes.length = 0;
  const error = await failureOf(pass(it, database({ name: "always" }, "sick")));
  expect(error?.code).toBe("UNHEALTHY");
  expect(error?.message).toContain("the one before it is gone, since this engine cannot keep it aside");
  expect(it.writes).toEqual([
    "createContainer app-dev-web-1.next",
    "exec app-dev-web-1 drain",
    "stopContainer app-dev-web-1",
    "removeContainer app-dev-web-1",
    "renameContainer app-dev-web-1.next app-dev-web-1",
    "startContainer app-dev-web-1",
  ]);
  expect(await pass(it, database({ name: "always" }, "old"))).toMatch(/^replace container:web/);
  expect(it.names()).toBe("app-dev-web-1 running");
});

describe("a replacement was cut, and another wish came", () => {
  const restart = { name: "no" } as const;

  /** `first` was replaced by `second`, and the command was cut before the old one was removed. */
  async function cutBeforeRemoval(second: string): Promise<ContainerStage> {
    const it = containerStage("docker");
    await pass(it, database(restart, "first"));
    it.onWrite((call, when) => {
      if (when === "before" && call === "removeContainer app-dev-web-1.previous") throw new Cut();
    });
    await pass(it, database(restart, second)).catch(() => undefined);
    it.onWrite(() => undefined);
    it.tick(10_000);
    it.writes.length = 0;
    return it;
  }
  const commands = (it: ContainerStage): readonly unknown[] =>
    [...it.containers.values()].map(({ spec }) => spec.command?.[0]);

  test("the one that serves is the old one: it ends in order, and comes back when the newest is not accepted", async () => {
    const it = await cutBeforeRemoval("second");
    const wish = database(restart, "sick");
    const [action] = diff([wish], await observe([wish], it.ports, signal));
    expect(action?.hazards).toEqual(["downtime"]);
    expect((await failureOf(pass(it, wish)))?.message).toContain("the one before it was started again");
    expect([commands(it), it.names()]).toEqual([["second"], "app-dev-web-1 running"]);
    expect(it.writes.slice(0, 5)).toEqual([
      "stopContainer app-dev-web-1.previous",
      "removeContainer app-dev-web-1.previous",
      "createContainer app-dev-web-1.next",
      "exec app-dev-web-1 drain",
      "stopContainer app-dev-web-1",
    ]);
  });

  test("one that was never accepted ends in order, too, and the one before it comes back", async () => {
    const it = containerStage("docker");
    await pass(it, database(restart, "first"));
    it.onWrite((call, when) => {
      if (when === "after" && call === "startContainer app-dev-web-1") throw new Cut();
    });
    await pass(it, database(restart, "slow")).catch(() => undefined);
    it.onWrite(() => undefined);
    it.writes.length = 0;
    const wish = database(restart, "sick");
    const [action] = diff([wish], await observe([wish], it.ports, signal));
    expect(action?.hazards).toEqual(["downtime"]);
    await failureOf(pass(it, wish));
    expect(it.writes.slice(0, 3)).toEqual([
      "exec app-dev-web-1 drain",
      "stopContainer app-dev-web-1",
      "removeContainer app-dev-web-1",
    ]);
    expect([commands(it), it.names()]).toEqual([["first"], "app-dev-web-1 running"]);
  });
});
