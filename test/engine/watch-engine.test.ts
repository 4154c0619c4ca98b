import { expect, onTestFinished, test } from "vitest";
import { ownerMark } from "../../controller/core/engine-labels.ts";
import { PoststackError, type ErrorCode } from "../../controller/core/errors.ts";
import { resourceId } from "../../controller/core/id.ts";
import type { ContainerSummary, EngineEvent } from "../../controller/core/ports/container-facts.ts";
import { renderActions } from "../../controller/core/render.ts";
import type { EnginePorts } from "../../controller/engine/converge.ts";
import { hintOf } from "../../controller/engine/engine-watch.ts";
import { watch, type PassEnd } from "../../controller/engine/watch.ts";
import type { DesiredContainer } from "../../controller/resources/container/model.ts";
import { kinds, type Desired } from "../../controller/resources/index.ts";
import { desired, token, type Wish } from "../resources/container/kit.ts";
import { containerStage } from "../resources/container/stage.ts";
import { FakeEvents } from "../support/fake-events.ts";

// Watching an engine: events wake and decide nothing, and without any the end is the same.

const mark = ownerMark(token);
const none = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Desired["resources"];
const wishFor = (containers: readonly DesiredContainer[]): Desired => ({
  ...{ project: "app", environment: "dev", root: "/app", secretNames: [], lockName: "app/dev", protected: false },
  scope: new Set(["container"]),
  resources: { ...none, container: containers },
});
const named = (name: string, wish: Wish = {}): DesiredContainer =>
  desired({ id: resourceId("container", name), ...wish });

const event = (action: string, more: Partial<EngineEvent> = {}): EngineEvent => ({
  ...{ kind: "container", action, id: "1", name: "x" },
  attributes: new Map([["io.poststack.owner", mark]]),
  ...more,
});
const foreign = { attributes: new Map<string, string>() };

test.each<[string, EngineEvent, string]>([
  ["one of ours died", event("die"), "look"],
  ["one of ours was removed", event("destroy"), "look"],
  ["one of ours is ill", event("health_status: unhealthy"), "look"],
  ["one of ours is well", event("health_status: healthy"), "nothing"],
  ["a probe ran in one of ours", event("exec_create: true"), "nothing"],
  ["a probe ended in one of ours", event("exec_die"), "nothing"],
  ["one of ours has other limits", event("update"), "thorough"],
  ["another's died", event("die", foreign), "nothing"],
  ["another's with a name of ours went", event("destroy", { ...foreign, name: "app-dev-web-1" }), "look"],
  ["a network of another", event("disconnect", { kind: "network", name: "other" }), "nothing"],
  ["an image lost a name", event("untag", { kind: "image" }), "look"],
  ["an image was pushed", event("push", { kind: "image" }), "nothing"],
  ["a volume of another", event("destroy", { kind: "volume", name: "other" }), "nothing"],
])("%s", (_name, told, expected) => {
  expect(hintOf(told, mark, wishFor([named("web")]))).toBe(expected);
});

test("before the first apply nothing is ours", () => {
  expect(hintOf(event("die"), undefined, wishFor([]))).toBe("nothing");
});

interface Fault {
  readonly code: ErrorCode;
  /** Whether the call is carried out all the same. */
  readonly when: "before" | "after";
  /** Of the writes that fail with it, from the first on. */
  readonly count: number;
}

interface StageOptions {
  /** `stands`: no time passes, so that only events wake. */
  readonly time: "stands" | "flies";
  readonly wishes: readonly DesiredContainer[];
  readonly fault?: Fault;
}

/** An engine in memory that is watched; it tells of each write, and `tell` is what arrives of it. */
function stage({ time, wishes, fault }: StageOptions) {
  const it = containerStage();
  const { clock, containers: engine } = it.ports;
  const events = new FakeEvents();
  const stop = new AbortController();
  const passes: PassEnd[] = [];
  const plans: string[] = [];
  /** When, by the virtual clock, the list was asked for, and a container was started. */
  const asked: number[] = [];
  const started: number[] = [];
  let isAway = false;
  let failed = 0;
  /** What the list still says while the engine is not done with the end of a container, and until when. */
  let held: { readonly list: readonly ContainerSummary[]; readonly done: Promise<void> } | undefined;
  const tell = (action: string): void => events.tell(event(action));
  it.onWrite((call, when) => {
    const verb = call.replace(/Container .*/, "");
    if (when === "before" && verb === "start") started.push(clock.nowMs());
    if (when === "after") tell(verb);
    if (fault === undefined || when !== fault.when || failed >= fault.count) return;
    failed++;
    throw new PoststackError(fault.code, { what: call });
  });
  const away = (): Promise<never> =>
    Promise.reject(new PoststackError("ENGINE_UNREACHABLE", { what: "nobody answers" }));
  const ports = {
    ...it.ports,
    host: { processes: () => Promise.resolve([]) },
    containers: {
      ...engine,
      containers: (signal: AbortSignal) => {
        asked.push(clock.nowMs());
        if (isAway) return away();
        return held === undefined ? engine.containers(signal) : Promise.resolve(held.list);
      },
      inspectContainer: async (id: string, signal: AbortSignal) => {
        await held?.done;
        return engine.inspectContainer(id, signal);
      },
      events: (signal: AbortSignal, opened?: () => void) => events.follow(signal, opened),
    },
    clock: {
      ...clock,
      random: () => 0.5,
      async sleep(ms: number, signal: AbortSignal) {
        signal.throwIfAborted();
        if (time === "flies") it.tick(ms);
        else await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
      },
    },
  } as unknown as EnginePorts;
  const watching = watch(() => Promise.resolve(wishFor(wishes)), ports, {
    ...{ signal: stop.signal, stop: stop.signal, lockTimeoutMs: 0, sources: () => [] },
    emit: (told) => void (told.type === "plan" && plans.push(renderActions(told.plan.actions))),
    hostLock: { take: () => Promise.resolve({ release: () => Promise.resolve() }) },
    run: { id: "run", who: "me" },
    watchFiles: () => ({ update: () => undefined, close: () => Promise.resolve() }),
    onPass: (end) => passes.push(end),
  });
  onTestFinished(async () => {
    stop.abort();
    await watching;
  });
  const kill = (name: string): void => {
    const found = [...it.containers.values()].find((one) => one.name === name);
    if (found !== undefined) found.end(137);
  };
  return {
    ...{ it, passes, plans, tell, kill },
    nowMs: () => clock.nowMs(),
    ...{ asked, started },
    goAway: (is: boolean) => (isAway = is),
    /** From here on the list is as it was; what is given back ends that. */
    hold: async (): Promise<() => void> => {
      let resolve = (): void => undefined;
      held = { list: await engine.containers(stop.signal), done: new Promise((done) => (resolve = done)) };
      return () => {
        held = undefined;
        resolve();
      };
    },
    /** Until nothing has been asked for a while. */
    quiet: async (): Promise<void> => {
      for (let before = -1; before !== asked.length;) {
        before = asked.length;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
  };
}

const running = (...names: readonly string[]): string => names.map((name) => `app-dev-${name}-1 running`).join(", ");

test("an event wakes, and what our own actions tell of does not keep it awake", async () => {
  const { it, kill, tell, quiet, passes } = stage({ time: "stands", wishes: [named("web")] });
  await expect.poll(() => it.names()).toBe(running("web"));
  await quiet();
  kill("app-dev-web-1");
  const before = passes.length;
  tell("die");
  await expect.poll(() => it.names()).toBe(running("web"));
  await quiet();
  // One that starts it, and one that sees that all is well.
  expect(passes.length - before).toBeLessThanOrEqual(2);
  expect(it.writes.filter((call) => call.startsWith("start"))).toHaveLength(2);
});

test("an end that the engine tells of before its list shows it is looked at once the list does", async () => {
  const { it, kill, tell, quiet, hold, asked } = stage({ time: "stands", wishes: [named("web")] });
  await expect.poll(() => it.names()).toBe(running("web"));
  await quiet();
  const letGo = await hold();
  const before = asked.length;
  kill("app-dev-web-1");
  tell("die");
  await expect.poll(() => asked.length).toBeGreaterThan(before);
  await quiet();
  expect(it.names()).toBe("app-dev-web-1 exited");
  letGo();
  await expect.poll(() => it.names()).toBe(running("web"));
});

test("what is left to an explicit command is shown once, however often it is looked, and again when it is back", async () => {
  const wishes = [named("web"), named("old")];
  const { it, tell, quiet, plans, asked } = stage({ time: "stands", wishes });
  const look = async (): Promise<void> => {
    const before = asked.length;
    tell("rename");
    await expect.poll(() => asked.length).toBeGreaterThan(before);
    await quiet();
  };
  await expect.poll(() => it.names()).toBe(running("old", "web"));
  await quiet();
  plans.length = 0;
  const old = wishes.pop();
  const withheld = "delete container:old  no longer in the files  [downtime]";
  for (let looks = 0; looks < 3; looks++) await look();
  expect(plans).toEqual([withheld]);
  if (old !== undefined) wishes.push(old);
  await look();
  wishes.pop();
  await look();
  expect(plans).toEqual([withheld, withheld]);
});

test("limits that no list shows are looked at on the event", async () => {
  const wish = named("web", { spec: { resources: { memoryBytes: 64 << 20 } } });
  const { it, tell, quiet } = stage({ time: "stands", wishes: [wish] });
  await expect.poll(() => it.names()).toBe(running("web"));
  await quiet();
  const [web] = it.containers.values();
  if (web !== undefined) web.spec = { ...web.spec, resources: { memoryBytes: 96 << 20 } };
  tell("start");
  await quiet();
  expect(web?.spec.resources).toMatchObject({ memoryBytes: 96 << 20 });
  tell("update");
  await expect.poll(() => web?.spec.resources).toMatchObject({ memoryBytes: 64 << 20 });
});

/** The same numbers for the same seed. */
function numbers(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test.each(Array.from({ length: 20 }, (_, seed) => seed))(
  "seed %i: events that are lost, repeated or out of order lead to the same end",
  async (seed) => {
    const random = numbers(seed);
    const names = ["web", "worker", "cache"];
    const { it, tell, kill } = stage({ time: "flies", wishes: names.map((name) => named(name)) });
    const all = running("cache", "web", "worker");
    await expect.poll(() => it.names()).toBe(all);
    for (let change = 0; change < 10; change++) {
      const name = `app-dev-${names[Math.floor(random() * 3)] ?? ""}-1`;
      const found = [...it.containers.values()].find((one) => one.name === name);
      if (random() < 0.4) kill(name);
      else if (random() < 0.5 && found !== undefined) it.containers.delete(found.id);
      else if (found !== undefined) found.name = `${name}-other`;
      for (let times = Math.floor(random() * 4); times > 0; times--) tell(random() < 0.5 ? "die" : "rename");
      if (random() < 0.5) await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => it.names(), { timeout: 20_000 }).toBe(all);
  },
);

test.each<Fault>([
  { code: "ENGINE_BUSY", when: "before", count: 5 },
  { code: "TIMEOUT", when: "before", count: 3 },
  { code: "TIMEOUT", when: "after", count: 3 },
  { code: "ENGINE_CONNECTION_LOST", when: "after", count: 3 },
])("answers that say $code $when the call, $count times, end with one of each", async (fault) => {
  const { it } = stage({ time: "flies", wishes: [named("web"), named("cache")], fault });
  await expect.poll(() => it.names(), { timeout: 20_000 }).toBe(running("cache", "web"));
});

const tenMinutesMs = 600_000;
const within = (times: readonly number[], startMs: number): number =>
  times.filter((atMs) => atMs >= startMs && atMs < startMs + tenMinutesMs).length;

test("one that ends again and again is started less and less often, whatever the engine tells", async () => {
  const wishes = [named("web", { spec: { command: ["crash"] } })];
  const { nowMs, started, passes } = stage({ time: "flies", wishes });
  const startMs = nowMs();
  await expect.poll(() => nowMs() > startMs + tenMinutesMs, { timeout: 20_000 }).toBe(true);
  // Half of 0.5 s, 1 s, 2 s … 60 s: eight until a minute is over, then one in half a minute.
  expect(within(started, startMs)).toBeGreaterThan(5);
  expect(within(started, startMs)).toBeLessThan(40);
  const isTold = (): boolean => passes.some((end) => end.type === "outcome" && end.postponed.length > 0);
  await expect.poll(isTold, { timeout: 20_000 }).toBe(true);
});

test("an engine that is away is asked less and less often, and what is wanted is there when it is back", async () => {
  const { it, nowMs, goAway, asked, passes } = stage({ time: "flies", wishes: [named("web")] });
  await expect.poll(() => it.names()).toBe(running("web"));
  goAway(true);
  it.containers.clear();
  const startMs = nowMs();
  await expect.poll(() => nowMs() > startMs + tenMinutesMs, { timeout: 20_000 }).toBe(true);
  // Twice as often as by the minute, and far from each second.
  expect(within(asked, startMs)).toBeGreaterThan(20);
  expect(within(asked, startMs)).toBeLessThan(60);
  expect(passes.at(-1)).toMatchObject({ type: "error", errors: [{ code: "ENGINE_UNREACHABLE" }] });
  goAway(false);
  await expect.poll(() => it.names(), { timeout: 20_000 }).toBe(running("web"));
});
