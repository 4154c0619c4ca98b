import { expect, inject } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { postgres } from "../../controller/adapters/postgres.ts";
import type { Endpoint } from "../../controller/core/ports/postgres.ts";
import { writerLock } from "../../controller/engine/writer-lock.ts";
import { startPgbouncer, startPgpool } from "../support/poolers.ts";
import { test, type TestDatabase } from "../support/postgres.ts";

async function pooled(
  database: TestDatabase,
  mode: "session" | "transaction" | "statement",
  use: (endpoint: Endpoint) => Promise<void>,
): Promise<void> {
  const pooler = await startPgbouncer(database.endpoint, mode, [
    { user: "postgres", password: inject("postgres").password },
  ]);
  try {
    await use({ ...database.endpoint, port: pooler.port, mayBePooled: true });
  } finally {
    await pooler.stop();
  }
}

const locks = `select count(*)::int from pg_locks l join pg_database d on d.oid = l.database
  where locktype = 'advisory' and datname = 'postgres' and objsubid = 2`;

test.for<["transaction" | "statement", RegExp]>([
  ["transaction", /gives each transaction another connection/],
  ["statement", /takes no transactions/],
])("a pooler of mode %s is refused before anything is locked or written", async ([mode, how], { database }) => {
  await pooled(database, mode, async (endpoint) => {
    const driver = postgres("poststack-test");
    const before = await database.column(locks);
    const lock = writerLock({
      endpoint,
      postgres: driver,
      clock,
      name: database.unique("env"),
      timeoutMs: 1_000,
      onWait: () => undefined,
      onLost: () => undefined,
    });
    for (const _ of [1, 2]) {
      await expect(lock.take(database.signal)).rejects.toMatchObject({
        code: "POOLER_DETECTED",
        facts: {
          what: expect.stringMatching(how) as unknown,
          next: expect.stringContaining("pool_mode = session") as unknown,
        },
      });
    }
    expect(await database.column(locks)).toEqual(before);
  });
});

test("Pgpool-II, which tells the server's own process id, is told by its own command", async ({ database }) => {
  const pooler = await startPgpool(database.endpoint);
  try {
    const endpoint = { ...database.endpoint, port: pooler.port, mayBePooled: true } as const;
    await expect(
      postgres("poststack-test").connect(endpoint, endpoint.admin, database.name, database.signal),
    ).rejects.toMatchObject({
      code: "POOLER_DETECTED",
      facts: { what: expect.stringContaining("Pgpool-II answers there") as unknown },
    });
  } finally {
    await pooler.stop();
  }
});

test("one that keeps sessions is as good as the server, whose own process is known by its number", async ({
  database,
}) => {
  await pooled(database, "session", async (endpoint) => {
    const driver = postgres("poststack-test");
    const [first, second] = [
      await driver.connect(endpoint, endpoint.admin, database.name, database.signal),
      await driver.connect(endpoint, endpoint.admin, database.name, database.signal),
    ];
    const pids = await Promise.all(
      [first, second].map(async (session) => {
        const [row] = await session.query("select pg_backend_pid() as pid", [], database.signal);
        return row?.["pid"];
      }),
    );
    expect(pids).toEqual([first.pid, second.pid]);
    expect(pids[0]).not.toBe(pids[1]);
    // Cancelling asks the server by that number.
    const aborted = new AbortController();
    const sleeping = first.query("select pg_sleep(600)", [], aborted.signal);
    await expect
      .poll(() => database.column("select wait_event from pg_stat_activity where pid = $1", [first.pid]))
      .toEqual(["PgSleep"]);
    aborted.abort(new Error("enough"));
    await expect(sleeping).rejects.toThrow("enough");
    expect(await first.query("select 1 as n", [], database.signal)).toEqual([{ n: 1 }]);
    await Promise.all([first.close(), second.close()]);
  });
});

test("the server itself is asked once, whoever it belongs to", async ({ database }) => {
  const driver = postgres("poststack-test");
  const endpoint = { ...database.endpoint, mayBePooled: true } as const;
  for (const _ of [1, 2]) {
    const session = await driver.connect(endpoint, endpoint.admin, database.name, database.signal);
    expect(await session.query("select pg_backend_pid() as pid", [], database.signal)).toEqual([{ pid: session.pid }]);
    await session.close();
  }
});
