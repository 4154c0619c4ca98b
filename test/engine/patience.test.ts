import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Server, Session } from "../../controller/core/ports/postgres.ts";
import { asked, patience } from "../../controller/engine/patience.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => vi.useRealTimers());

test("ends after its limit, and not before", () => {
  const { signal } = patience(10_000);
  vi.advanceTimersByTime(9_750);
  expect(signal.aborted).toBe(false);
  vi.advanceTimersByTime(250);
  expect(signal.aborted).toBe(true);
});

test("counts only while somebody is to answer", () => {
  let isWaiting = false;
  const { signal } = patience(10_000, () => isWaiting);
  vi.advanceTimersByTime(60_000);
  isWaiting = true;
  vi.advanceTimersByTime(9_750);
  expect(signal.aborted).toBe(false);
  vi.advanceTimersByTime(250);
  expect(signal.aborted).toBe(true);
});

test("leaves no timer", () => {
  const { end } = patience(10_000);
  expect(vi.getTimerCount()).toBe(1);
  end();
  expect(vi.getTimerCount()).toBe(0);
});

test("time in which this process did nothing but work does not count", async () => {
  vi.useRealTimers();
  const { signal, end } = patience(400);
  // Of the clock's, more than the limit, in which no event is heard.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
  // What was due meanwhile comes now.
  await sleep(1);
  expect(signal.aborted).toBe(false);
  end();
});

test("a server is waited for from each question to its answer, be it an error", async () => {
  const answers: { readonly resolve: (rows: readonly []) => void; readonly reject: (error: Error) => void }[] = [];
  const query = () => new Promise<readonly []>((resolve, reject) => void answers.push({ resolve, reject }));
  const session = { pid: 7, query } as unknown as Session;
  const { server, isWaiting } = asked({ database: () => Promise.resolve(session) } as unknown as Server);
  const { signal } = new AbortController();
  expect(isWaiting()).toBe(false);
  const connecting = server.database(signal);
  expect(isWaiting()).toBe(true);
  const connected = await connecting;
  expect([connected?.pid, isWaiting()]).toEqual([7, false]);
  const [first, second] = [connected?.query("a", [], signal), connected?.query("b", [], signal)];
  answers[0]?.reject(new Error("on purpose"));
  await expect(first).rejects.toThrow("on purpose");
  expect(isWaiting()).toBe(true);
  answers[1]?.resolve([]);
  await second;
  expect(isWaiting()).toBe(false);
});
