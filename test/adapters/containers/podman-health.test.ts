import { expect, test } from "vitest";
import type { Client } from "../../../controller/adapters/containers/client.ts";
import { podmanHealth } from "../../../controller/adapters/containers/podman-health.ts";

const { signal } = new AbortController();

/** Containers with a check every ten seconds, begun at 0, and what is asked of the engine about them. */
function stage(ids: readonly string[]) {
  let nowMs = 0;
  const calls: string[] = [];
  const lastMs = new Map<string, number>();
  let [open, most] = [0, 0];
  const health = podmanHealth(() => nowMs);
  const client = {
    ask: ({ path }: { readonly path: string }) => {
      const id = path.split("/")[3] ?? "";
      calls.push(`probe ${id}`);
      lastMs.set(id, nowMs);
      return Promise.resolve({});
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
      Config: { Healthcheck: { Test: ["CMD", "true"], Interval: 10e9 } },
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
