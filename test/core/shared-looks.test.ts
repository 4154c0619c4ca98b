import { expect, test } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { whenMet, type ContainerNeed } from "../../controller/core/container-needs.ts";
import { resourceId } from "../../controller/core/id.ts";
import type { Clock, Ports } from "../../controller/core/ports.ts";
import type { ContainerDetails } from "../../controller/core/ports/container-facts.ts";
import { sharedLook } from "../../controller/core/shared-looks.ts";

const { signal } = new AbortController();
const place = { file: "compose.yaml", line: 1, column: 1 };

/** An engine whose containers are healthy from a moment on, and which counts how often it is asked for each. */
function stage(healthyFromMs: number) {
  let nowMs = 0;
  const asked = new Map<string, number>();
  const inspectContainer = (name: string) => {
    asked.set(name, (asked.get(name) ?? 0) + 1);
    const health = nowMs >= healthyFromMs ? "healthy" : "starting";
    return Promise.resolve({ id: name, state: "running", health } as ContainerDetails);
  };
  const sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];
  const time: Clock = {
    ...clock,
    nowMs: () => nowMs,
    sleep: (ms) => new Promise((resolve) => sleepers.push({ untilMs: nowMs + ms, wake: resolve })),
  };
  const ports = { containers: { inspectContainer }, clock: time, progress: () => undefined } as unknown as Ports;
  /** Time goes on by one step; whoever is to wake does. */
  const step = async (ms: number): Promise<void> => {
    nowMs += ms;
    const due = sleepers.filter(({ untilMs }) => untilMs <= nowMs);
    for (const one of due) {
      sleepers.splice(sleepers.indexOf(one), 1);
      one.wake();
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { asked, ports, step };
}

const need = (name: string): ContainerNeed => ({
  ...{ id: resourceId("container", name), name, condition: "healthy", required: true },
});

test("many that wait for one look at it together", async () => {
  const { asked, ports, step } = stage(10_000);
  const waiting: Promise<void>[] = [];
  // They begin at different moments, 7 ms apart.
  for (let index = 0; index < 50; index++) {
    const waiter = { id: resourceId("container", `web${index}`), place, limitMs: 60_000 };
    const needs = index === 0 ? [need("db"), need("cache")] : [need("db")];
    waiting.push(whenMet(needs, waiter, ports, signal) ?? Promise.resolve());
    await step(0);
    await step(7);
  }
  for (let index = 0; index < 2_000; index++) await step(7);
  await Promise.all(waiting);
  // Each for itself would be 50 × 40 looks. One every 125 ms is 80, and each begins with one of its own.
  expect(asked.get("db")).toBeLessThanOrEqual(80 + 50);
  expect(asked.get("cache")).toBeLessThanOrEqual(42);
});

test("a look from before one began to wait is none, and no two looks of one are the same", async () => {
  const { asked, ports, step } = stage(1_000);
  await sharedLook("db", 0, ports, signal);
  await step(10);
  const waiter = { id: resourceId("container", "web"), place, limitMs: 60_000 };
  const waiting = whenMet([need("db")], waiter, ports, signal);
  expect(asked.get("db")).toBe(2);
  await step(0);
  for (let index = 0; index < 4; index++) await step(250);
  await waiting;
  expect(asked.get("db")).toBe(6);
});

test("whose asker went away is asked for again", async () => {
  const { asked, ports } = stage(0);
  const away = new AbortController();
  await sharedLook("db", 0, ports, away.signal);
  away.abort();
  await sharedLook("db", 0, ports, signal);
  expect(asked.get("db")).toBe(2);
});
