import { expect, test } from "vitest";
import { PoststackError } from "../../controller/core/errors.ts";
import { resourceId } from "../../controller/core/id.ts";
import { converge, type EnginePorts } from "../../controller/engine/converge.ts";
import type { EngineEvent } from "../../controller/engine/events.ts";
import { kinds, type Desired } from "../../controller/resources/index.ts";
import { desired } from "../resources/container/kit.ts";
import { containerStage } from "../resources/container/stage.ts";

// An engine that goes away in the middle of an apply and stays away. With a real one, which comes back:
// test/scenarios/container-watch/engine-away.test.ts.

const none = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Desired["resources"];

test("is tried again ten times in about two minutes, then stalled; nothing is done meanwhile, nothing twice after", async () => {
  const it = containerStage();
  const wish: Desired = {
    ...{ project: "app", environment: "dev", root: "/app", secretNames: [], lockName: "app/dev", protected: false },
    scope: new Set(["container"]),
    resources: {
      ...none,
      container: ["a", "b"].map((name) =>
        desired({ id: resourceId("container", name), acceptance: { stableMs: 0, limitMs: 1_000 } }),
      ),
    },
  };
  let isAway = false;
  const gone = (): PoststackError => new PoststackError("ENGINE_UNREACHABLE", { what: "nothing answers" });
  it.onWrite((call, when) => {
    if (when === "before" && call.startsWith("start")) isAway = true;
    if (isAway) throw gone();
  });
  const { containers, clock } = it.ports;
  const ports = {
    ...it.ports,
    host: { processes: () => Promise.resolve([]) },
    clock: { ...clock, random: () => 0.5 },
    containers: {
      ...containers,
      containers: (signal: AbortSignal) => (isAway ? Promise.reject(gone()) : containers.containers(signal)),
    },
  } as unknown as EnginePorts;
  const events: EngineEvent[] = [];
  const { signal } = new AbortController();
  const apply = () =>
    converge(() => Promise.resolve(wish), ports, {
      ...{ signal, stop: signal, maxPasses: 5, maxRetries: 10, lockTimeoutMs: 0, onRefusal: "stop" },
      hostLock: { take: () => Promise.resolve({ release: () => Promise.resolve() }) },
      run: { id: "run", who: "me" },
      emit: (event) => events.push(event),
      approve: (plan) => Promise.resolve(plan),
    });

  const startMs = clock.nowMs();
  expect(await apply()).toMatchObject({ status: "stalled", errors: [{ code: "ENGINE_UNREACHABLE" }] });
  expect(events.filter(({ type }) => type === "retry")).toHaveLength(10);
  expect((clock.nowMs() - startMs) / 60_000).toBeCloseTo(2, 0);

  isAway = false;
  it.onWrite(() => undefined);
  expect(await apply()).toMatchObject({ status: "converged" });
  expect(it.writes.filter((call) => call.startsWith("create"))).toHaveLength(2);
  expect([...it.containers.values()].map(({ name }) => name).sort()).toEqual(["app-dev-a-1", "app-dev-b-1"]);
});
