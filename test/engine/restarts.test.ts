import { expect, test } from "vitest";
import { resourceId } from "../../controller/core/id.ts";
import { backoffMs } from "../../controller/core/retry.ts";
import type { ActionResult } from "../../controller/engine/events.ts";
import { Restarts } from "../../controller/engine/restarts.ts";
import type { Action } from "../../controller/resources/index.ts";

const action = (name: string): Action =>
  ({
    kind: "process",
    verb: "start",
    id: resourceId("process", name),
    dependsOn: [],
    reason: "exited",
    hazards: [],
  }) as unknown as Action;
const done = (name: string): ActionResult => ({ status: "done", action: action(name), durationMs: 1, result: {} });
const longest = (attempt: number): number => backoffMs(attempt, 0.999);

test("the first death costs no wait, the next ones wait longer each time, up to a minute", () => {
  const restarts = new Restarts();
  let nowMs = 0;
  const waits: number[] = [];
  for (let death = 0; death < 12; death++) {
    const sinceMs = nowMs;
    while (!restarts.isDue(action("web"), nowMs)) nowMs += 100;
    waits.push(nowMs - sinceMs);
    restarts.record(done("web"), nowMs, longest);
  }
  expect(waits.slice(0, 5)).toEqual([0, 0, 1000, 2000, 4000]);
  expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
  expect(waits.at(-1)).toBeGreaterThan(59_000);
});

test("each resource waits by itself", () => {
  const restarts = new Restarts();
  for (let death = 0; death < 5; death++) restarts.record(done("web"), death, longest);
  expect(restarts.isDue(action("web"), 10)).toBe(false);
  expect(restarts.isDue(action("worker"), 10)).toBe(true);
});

test("a minute of peace, or new files, is a new beginning", () => {
  const restarts = new Restarts();
  for (let death = 0; death < 5; death++) restarts.record(done("web"), death, longest);
  restarts.clear();
  expect(restarts.isDue(action("web"), 10)).toBe(true);

  for (let death = 0; death < 3; death++) restarts.record(done("web"), death, longest);
  restarts.record(done("web"), 200_000, longest);
  expect(restarts.isDue(action("web"), 200_001)).toBe(true);
});

test("the end of a wait wakes once", () => {
  const restarts = new Restarts();
  restarts.record(done("web"), 0, longest);
  restarts.record(done("web"), 1, () => 500);
  expect(restarts.hasDue(100)).toBe(false);
  expect(restarts.hasDue(501)).toBe(true);
  expect(restarts.hasDue(502)).toBe(false);
});
