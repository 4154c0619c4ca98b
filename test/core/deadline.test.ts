import { describe, expect, test as plainTest } from "vitest";
import { clock as realClock } from "../../controller/adapters/clock.ts";
import { postgres } from "../../controller/adapters/postgres.ts";
import { answerLimitMs, ask, within } from "../../controller/core/deadline.ts";
import type { Clock } from "../../controller/core/ports.ts";
import type { Session } from "../../controller/core/ports/postgres.ts";
import { runAlone, transact } from "../../controller/core/transaction.ts";
import { writerLock } from "../../controller/engine/writer-lock.ts";
import { somebody, test, type TestDatabase } from "../support/postgres.ts";
import { silentProxy } from "../support/silent-proxy.ts";

// RELIABILITY 31: every wait has a deadline and a signal.

/** A clock whose sleepers are woken by hand. */
function standingClock() {
  const sleepers: { readonly ms: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    ...realClock,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleepers.push({ ms, wake: resolve });
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      }),
  };
  return { clock, sleepers };
}

/** Never answers; ends when its signal aborts. */
const hang = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

const words = { subject: "the work", next: "wait" };

describe("a limit in time", () => {
  plainTest("ends what does not end by itself, and says how long it took", async () => {
    const { clock, sleepers } = standingClock();
    const working = within(2_000, words, clock, new AbortController().signal, hang);
    expect(sleepers.map(({ ms }) => ms)).toEqual([2_000]);
    sleepers[0]?.wake();
    await expect(working).rejects.toMatchObject({
      code: "TIMEOUT",
      facts: { what: "the work took longer than 2 s", next: "wait" },
    });
  });

  plainTest("leaves no timer behind what ended in time, well or badly", async () => {
    const ended: boolean[] = [];
    const clock: Clock = {
      ...realClock,
      sleep: (_ms, signal) => hang(signal).finally(() => ended.push(true)),
    };
    const { signal } = new AbortController();
    expect(await within(1, words, clock, signal, () => Promise.resolve(7))).toBe(7);
    await expect(within(1, words, clock, signal, () => Promise.reject(new Error("bad")))).rejects.toThrow("bad");
    await expect.poll(() => ended).toEqual([true, true]);
  });

  plainTest("does not keep the caller's signal from ending it", async () => {
    const caller = new AbortController();
    const working = within(1, words, standingClock().clock, caller.signal, hang);
    caller.abort(new Error("enough"));
    await expect(working).rejects.toThrow("enough");
  });
});

/** A hundred times as fast: what waits a minute waits half a second. */
const fastClock: Clock = { ...realClock, sleep: (ms, signal) => realClock.sleep(ms / 100, signal) };

/** A session through a server that is silent from its first statement on. */
async function silentSession({ endpoint, signal }: TestDatabase): Promise<Session> {
  const proxy = await silentProxy(endpoint.port);
  proxy.beSilentAt(3);
  const session = await postgres("silent").connect(
    { ...endpoint, port: proxy.port },
    endpoint.admin,
    "postgres",
    signal,
  );
  // The search path and the settings that go ahead of the first question.
  await expect.poll(proxy.statements).toBe(2);
  return session;
}

test("whatever is asked of a server that took the login and then says nothing ends as TIMEOUT", async ({
  database,
}) => {
  const { signal } = database;
  const ports = { clock: fastClock, server: database.server, progress: () => undefined };
  const calls: readonly ((session: Session) => Promise<unknown>)[] = [
    (session) => ask(session, "select 1", [], fastClock, signal),
    (session) => transact(session, ["select 1"], ports, signal),
    (session) => runAlone(session, "select 1", ports, signal),
  ];
  // Side by side: each has its time, and then the connection that nobody answers has its own.
  const ends = calls.map(async (call) => {
    const session = await silentSession(database);
    await expect(call(session)).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(session.lost.aborted).toBe(true);
  });
  await Promise.all(ends);
});

describe("taking the lock", () => {
  test("ends as TIMEOUT while another session holds the row of the fence, and works afterwards", async ({
    database,
  }) => {
    await database.createLedger();
    const { endpoint, signal } = database;
    const holder = await postgres("holder").connect(endpoint, somebody(endpoint), database.name, signal);
    await holder.query("begin; select from poststack.system_info for share", [], signal);
    const driver = postgres("waiting");
    const lock = writerLock({
      ...{ endpoint, postgres: driver, clock: fastClock, name: database.name, timeoutMs: 1_000 },
      ...{ onWait: () => undefined, onLost: () => undefined },
    });
    await lock.take(signal);
    const session = await driver.connect(endpoint, endpoint.admin, database.name, signal);
    await expect(lock.raiseFence(session, signal)).rejects.toMatchObject({
      code: "TIMEOUT",
      facts: { what: `raising the fence took longer than ${answerLimitMs / 1_000} s` },
    });
    await holder.close();
    await lock.raiseFence(session, signal);
    expect(lock.fence()).toBe(1);
    await session.close();
    await lock.release();
  });

  plainTest("has a limit for each question", async () => {
    const { clock, sleepers } = standingClock();
    const session = {
      version: 170_000,
      query: (_sql: string, _values: unknown, signal: AbortSignal) => hang(signal),
      close: async () => undefined,
    };
    const lock = writerLock({
      ...{ endpoint: {}, postgres: { connect: () => Promise.resolve(session) }, clock, name: "n", timeoutMs: 60_000 },
      ...{ onWait: () => undefined, onLost: () => undefined },
    } as unknown as Parameters<typeof writerLock>[0]);
    const taking = lock.take(new AbortController().signal);
    await expect.poll(() => sleepers.map(({ ms }) => ms)).toEqual([answerLimitMs]);
    sleepers[0]?.wake();
    await expect(taking).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});
