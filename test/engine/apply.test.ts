import { expect, test } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { resourceId } from "../../controller/core/id.ts";
import type { Plan } from "../../controller/core/plan.ts";
import type { Ports } from "../../controller/core/ports.ts";
import type { ProcessRecord } from "../../controller/core/ports/host.ts";
import { applyPlan } from "../../controller/engine/apply.ts";
import type { ActionResult, EngineEvent } from "../../controller/engine/events.ts";
import type { Action } from "../../controller/resources/index.ts";

const facts = (name: string, dependsOn: readonly string[]) => ({
  kind: "process" as const,
  id: resourceId("process", name),
  dependsOn: dependsOn.map((one) => resourceId("process", one)),
  reason: "test",
  hazards: [],
});
const record = (name: string): ProcessRecord => ({ resource: `process:${name}` }) as unknown as ProcessRecord;
const stop = (name: string, ...dependsOn: string[]): Action => ({
  ...facts(name, dependsOn),
  verb: "stop",
  record: record(name),
});
const remove = (name: string, ...dependsOn: string[]): Action =>
  ({ ...stop(name, ...dependsOn), verb: "delete" }) as Action;
const refuse = (name: string, ...dependsOn: string[]): Action => ({
  ...facts(name, dependsOn),
  verb: "refuse",
  error: { code: "PORT_TAKEN", what: "taken" },
});

const plan = (...actions: Action[]): Plan<Action> => ({
  project: "p",
  environment: "dev",
  actions,
  deferred: [],
  fingerprint: "",
});

/** A host whose processes end when they are asked to, which is all that these actions need of the world. */
function stage(onStop: (name: string) => void | Promise<void> = () => undefined) {
  const ended: string[] = [];
  const host = {
    stop: async ({ resource }: ProcessRecord) => {
      await onStop(resource);
      ended.push(resource);
    },
  };
  const stopping = new AbortController();
  const aborting = new AbortController();
  const events: EngineEvent[] = [];
  const ports = { clock, host, state: { directory: "/" } } as unknown as Ports;
  const run = (what: Plan<Action>): Promise<readonly ActionResult[]> =>
    applyPlan(what, ports, { stop: stopping.signal, signal: aborting.signal, emit: (event) => events.push(event) });
  return { ended, run, stopping, aborting, events };
}

const summary = (results: readonly ActionResult[]): string =>
  results.map(({ status, action }) => `${action.id.slice("process:".length)} ${status}`).join(", ");

test("a failed action skips its dependents and nothing else", async () => {
  const { run, ended } = stage();
  const results = await run(plan(refuse("a"), stop("b", "a"), stop("c", "b"), stop("d")));
  expect(summary(results)).toBe("a failed, b skipped, c skipped, d done");
  expect(ended).toEqual(["process:d"]);
});

test("what it comes after has settled, well or not", async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const { run, ended } = stage((name) => (name === "process:slow" ? gate : undefined));
  const after = (name: string, ...ids: string[]): Action => ({
    ...stop(name),
    after: ids.map((id) => resourceId("process", id)),
  });
  const all = run(plan(stop("slow"), refuse("bad"), after("a", "slow"), after("b", "bad")));
  await expect.poll(() => ended).toEqual(["process:b"]);
  release();
  expect(summary(await all)).toBe("slow done, bad failed, a done, b done");
  expect(ended).toEqual(["process:b", "process:slow", "process:a"]);
});

test("nothing is removed when anything else failed", async () => {
  const { run } = stage();
  expect(summary(await run(plan(refuse("a"), stop("b"), remove("old"))))).toBe("a failed, b done, old skipped");
  expect(summary(await run(plan(stop("b"), remove("old"))))).toBe("b done, old done");
});

test("what depends on nothing that failed does not wait for others", async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const { run, ended } = stage((name) => (name === "process:slow" ? gate : undefined));
  const all = run(plan(stop("slow"), stop("quick"), stop("after", "slow")));
  await expect.poll(() => ended).toEqual(["process:quick"]);
  release();
  expect(summary(await all)).toBe("slow done, quick done, after done");
});

test("a stop lets the running action end and starts nothing new", async () => {
  const staged = stage((name) => {
    if (name === "process:first") staged.stopping.abort();
  });
  expect(summary(await staged.run(plan(stop("first"), stop("second", "first"))))).toBe("first done, second skipped");
});

test("an abort makes what fails by it INTERRUPTED, not a fault", async () => {
  const staged = stage(() => {
    staged.aborting.abort();
    throw new Error("socket closed");
  });
  const [result] = await staged.run(plan(stop("first")));
  expect(result).toMatchObject({ status: "failed", error: { code: "INTERRUPTED" } });
});

test("each action tells its start and its end", async () => {
  const { run, events } = stage();
  await run(plan(stop("a"), stop("b", "a")));
  expect(events.map((event) => (event.type === "start" ? `start ${event.action.id}` : event.type))).toEqual([
    "start process:a",
    "end",
    "start process:b",
    "end",
  ]);
});

test("an error that names no place gets the action's, and one that does keeps it", async () => {
  const [asked, told] = [1, 2].map((line) => ({ file: ".poststack.yml", line, column: 1 }));
  const { run } = stage();
  const results = await run(
    plan(
      { ...refuse("a"), place: asked } as Action,
      { ...refuse("b"), place: asked, error: { code: "PORT_TAKEN", what: "taken", where: told } } as Action,
    ),
  );
  expect(results).toMatchObject([{ error: { where: asked } }, { error: { where: told } }]);
});
