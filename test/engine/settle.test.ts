import { expect, test } from "vitest";
import { resourceId, type ResourceId } from "../../controller/core/id.ts";
import { converge, type ConvergeOptions, type EnginePorts, type Outcome } from "../../controller/engine/converge.ts";
import type { EngineEvent } from "../../controller/engine/events.ts";
import type { DesiredContainer } from "../../controller/resources/container/model.ts";
import { kinds, type Desired } from "../../controller/resources/index.ts";
import { desired, need, type Wish } from "../resources/container/kit.ts";
import { containerStage, type ContainerStage } from "../resources/container/stage.ts";

const none = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Desired["resources"];
const { signal } = new AbortController();

const wishFor = (containers: readonly DesiredContainer[]): Desired => ({
  ...{ project: "app", environment: "dev", root: "/app", secretNames: [], lockName: "app/dev", protected: false },
  scope: new Set(["container"]),
  resources: { ...none, container: containers },
});

function stage(): ContainerStage & {
  readonly run: (
    containers: () => readonly DesiredContainer[],
    more?: Partial<ConvergeOptions>,
  ) => Promise<Outcome & { readonly events: readonly EngineEvent[] }>;
} {
  const it = containerStage();
  return {
    ...it,
    async run(containers, more = {}) {
      const events: EngineEvent[] = [];
      const options: ConvergeOptions = {
        ...{ signal, stop: signal, maxPasses: 5, maxRetries: 3, lockTimeoutMs: 0, onRefusal: "stop" },
        settleLimitMs: 60_000,
        hostLock: { take: () => Promise.resolve({ release: () => Promise.resolve() }) },
        run: { id: "run", who: "me" },
        emit: (event) => events.push(event),
        approve: (plan) => Promise.resolve(plan),
        ...more,
      };
      const ports = it.ports as unknown as EnginePorts;
      return { ...(await converge(() => Promise.resolve(wishFor(containers())), ports, options)), events };
    },
  };
}

const named = (name: string, wish: Wish = {}): DesiredContainer =>
  desired({ id: resourceId("container", name), ...wish });
const healthcheck = { test: ["CMD", "true"] };
const command = (word: string): Wish => ({ spec: { command: [word], healthcheck } });
const ids = (outcome: Outcome): readonly ResourceId[] => outcome.results.map(({ action }) => action.id);
const errorsOf = (outcome: Outcome) => ("errors" in outcome ? outcome.errors : []);

test("a run ends when everything has stayed up and is healthy, and did each thing once", async () => {
  const { run, ports, names } = stage();
  const startMs = ports.clock.nowMs();
  const wishes = [named("web", command("slow")), named("worker")];
  const outcome = await run(() => wishes);
  expect(outcome).toMatchObject({ status: "converged", passes: 1 });
  expect(names()).toBe("app-dev-web-1 running, app-dev-worker-1 running");
  expect(ids(outcome)).toEqual(["container:web", "container:worker"]);
  expect(ports.clock.nowMs() - startMs).toBeGreaterThanOrEqual(5_000);
  expect(outcome.events.some(({ type }) => type === "settling")).toBe(true);
});

test.each([
  ["crashes", command("crash"), "container:web was started, and it ended with exit code 1"],
  ["is never healthy", command("sick"), "container:web was started, and its healthcheck fails"],
  [
    "is restarted for ever",
    { spec: { command: ["crash"], restart: { name: "always" } } } as const,
    "container:web was started, and the engine restarts it with exit code 1",
  ],
])("what %s is an error with its last words, and is not started again and again", async (_name, wish, what) => {
  const { run, writes } = stage();
  const outcome = await run(() => [named("web", wish)]);
  expect(outcome.status).toBe("stalled");
  expect(errorsOf(outcome)).toMatchObject([
    { code: "UNHEALTHY", what, details: expect.arrayContaining(["the last line of its log"]) },
  ]);
  expect(writes).toEqual(["createContainer app-dev-web-1", "startContainer app-dev-web-1"]);
});

test("a run that finds nothing to do waits for what is not healthy yet, without a lock or a write", async () => {
  const { run, writes } = stage();
  const wishes = [named("web", command("slow"))];
  await run(() => wishes, { settleLimitMs: undefined } as never);
  writes.length = 0;
  const never = (): never => {
    throw new Error("no lock is needed");
  };
  expect(await run(() => wishes, { hostLock: { take: never } })).toMatchObject({ status: "converged", passes: 0 });
  expect(writes).toEqual([]);
});

test("without waiting it ends when everything is started", async () => {
  const { run, ports } = stage();
  const startMs = ports.clock.nowMs();
  const { settleLimitMs: _none, ...without } = { settleLimitMs: undefined };
  const outcome = await run(() => [named("web", command("slow"))], { ...without, settleLimitMs: undefined } as never);
  expect(outcome).toMatchObject({ status: "converged" });
  expect(ports.clock.nowMs() - startMs).toBeLessThan(1_000);
});

test("without waiting, what does not stay up is started once", async () => {
  const { run, writes, tick } = stage();
  const approve: ConvergeOptions["approve"] = (plan) => (tick(1_000), Promise.resolve(plan));
  const wishes = [named("web", command("crash")), named("api", command("crash"))];
  // The second look is a second later: both have ended by then.
  const outcome = await run(() => (tick(1_000), wishes), { approve, settleLimitMs: undefined } as never);
  expect(outcome.status).toBe("converged");
  expect(writes.filter((call) => call.startsWith("start")).toSorted()).toEqual([
    "startContainer app-dev-api-1",
    "startContainer app-dev-web-1",
  ]);
});

test("a rollout that does not settle is given up when the files change", async () => {
  const { run, ports, names } = stage();
  const startMs = ports.clock.nowMs();
  const sick = named("web", command("slow"));
  const good = named("web", command("good"));
  const outcome = await run(() => [ports.clock.nowMs() - startMs < 1_000 ? sick : good]);
  expect(outcome.status).toBe("converged");
  expect(names()).toBe("app-dev-web-1 running");
});

test("who waits for a slow dependency holds up nobody else", async () => {
  const { run, writes } = stage();
  const slow = named("db", command("slow"));
  const waiting = ["a", "b", "c", "d", "e"].map((name) =>
    named(name, { needs: [need("db", { name: slow.name, condition: "healthy" })], dependsOn: [slow.id] }),
  );
  const quick = named("quick", { dependsOn: [slow.id] });
  expect(await run(() => [slow, ...waiting, quick])).toMatchObject({ status: "converged" });
  expect(writes.indexOf("startContainer app-dev-quick-1")).toBeLessThan(writes.indexOf("createContainer app-dev-a-1"));
});

test("one list of containers and one of images for each look, and no inspection where nothing differs", async () => {
  const it = stage();
  const wishes = ["a", "b", "c"].map((name) => named(name));
  await it.run(() => wishes);
  const calls: string[] = [];
  const { containers: engine } = it.ports;
  for (const name of ["containers", "images", "inspectContainer", "inspectImage"] as const) {
    const ask = engine[name] as (...args: readonly unknown[]) => unknown;
    Object.assign(engine, { [name]: (...args: readonly unknown[]) => (calls.push(name), ask(...args)) });
  }
  it.tick(10_000);
  expect(await it.run(() => wishes)).toMatchObject({ status: "converged", passes: 0 });
  expect(calls).toEqual(["containers", "images"]);
});
