import { expect, test } from "vitest";
import type { Client } from "../../../controller/adapters/containers/client.ts";
import { podmanHealth } from "../../../controller/adapters/containers/podman-health.ts";

const { signal } = new AbortController();

type Call = Parameters<Client["ask"]>[0];

/** Containers with a check every ten seconds, begun at 0, and what is asked of the engine about them. */
function stage(ids: readonly string[], answer: (call: Call) => Promise<unknown> = () => Promise.resolve({})) {
  let nowMs = 0;
  const calls: string[] = [];
  const lastMs = new Map<string, number>();
  let [open, most] = [0, 0];
  const health = podmanHealth(() => nowMs);
  const client = {
    ask: (call: Call) => {
      const id = call.path.split("/")[3] ?? "";
      calls.push(`probe ${id}`);
      return answer(call).then(() => lastMs.set(id, nowMs));
    },
  } as unknown as Client;
  const inspect = async (id: string): Promise<void> => {
    calls.push(`inspect ${id}`);
    most = Math.max(most, ++open);
    await new Promise((resolve) => setImmediate(resolve));
    open--;
    const last = lastMs.get(id);
    const details = {
      Id: id,
      Config: { Healthcheck: { Test: ["CMD", "true"], Interval: 10e9, Timeout: 3e9 } },
      State: {
        ...{ Running: true, StartedAt: new Date(0).toISOString() },
        Health: { Log: last === undefined ? [] : [{ End: new Date(last).toISOString() }] },
      },
    };
    health.probeWhenDue(client, details, signal);
  };
  /** One list: what it asks. */
  const listed = async (atMs: number, there = ids): Promise<readonly string[]> => {
    nowMs = atMs;
    calls.length = 0;
    await health.inspectDue(there, inspect);
    await new Promise((resolve) => setImmediate(resolve));
    return [...calls].sort();
  };
  return { listed, most: () => most };
}

test("a container is inspected when its next probe may be due, and not with each list", async () => {
  const { listed } = stage(["db"]);
  expect(await listed(500)).toEqual(["inspect db"]);
  expect(await listed(1_000)).toEqual([]);
  expect(await listed(9_999)).toEqual([]);
  expect(await listed(10_000)).toEqual(["inspect db", "probe db"]);
  expect(await listed(10_500)).toEqual(["inspect db"]);
  expect(await listed(19_999)).toEqual([]);
  expect(await listed(20_000)).toEqual(["inspect db", "probe db"]);
});

test("a probe that the engine loses is given up when its own time is over, and made again", async () => {
  const limits: unknown[] = [];
  const ends: ((error: Error) => void)[] = [];
  const { listed } = stage(["db"], ({ limitMs }) => {
    limits.push(limitMs);
    return new Promise((_, reject) => ends.push(reject));
  });
  await listed(500);
  expect(await listed(10_000)).toEqual(["inspect db", "probe db"]);
  expect(await listed(15_000)).toEqual([]);
  expect(limits).toEqual([8_000]);
  ends[0]?.(new Error("no answer within 8 s"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(await listed(18_000)).toEqual(["inspect db", "probe db"]);
});

test("one that was gone meanwhile is looked at anew", async () => {
  const { listed } = stage(["db"]);
  await listed(500);
  expect(await listed(600, [])).toEqual([]);
  expect(await listed(700)).toEqual(["inspect db"]);
});

test("of many, a few are inspected at once", async () => {
  const { listed, most } = stage(Array.from({ length: 30 }, (_, index) => `web${index}`));
  expect(await listed(500)).toHaveLength(30);
  expect(most()).toBe(4);
});
