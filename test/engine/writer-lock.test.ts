import { expect } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { postgres } from "../../controller/adapters/postgres.ts";
import type { PoststackError } from "../../controller/core/errors.ts";
import { passServer, type PassServer } from "../../controller/engine/server.ts";
import { writerLock } from "../../controller/engine/writer-lock.ts";
import { test, type TestDatabase } from "../support/postgres.ts";

interface Writer {
  readonly server: PassServer;
  readonly waited: string[];
  readonly lost: PoststackError[];
}

function writer({ endpoint, name }: TestDatabase, application: string, timeoutMs = 30_000): Writer {
  const waited: string[] = [];
  const lost: PoststackError[] = [];
  const driver = postgres(application);
  const lock = writerLock({
    ...{ endpoint, postgres: driver, clock, name, timeoutMs },
    onWait: (holder) => waited.push(holder),
    onLost: (reason) => lost.push(reason),
  });
  return { server: passServer(endpoint, driver, lock), waited, lost };
}

test("the fence rises with each writer", async ({ database }) => {
  await database.createLedger();
  for (const expected of [1, 2, 3]) {
    const { server } = writer(database, "one");
    await server.database(database.signal);
    expect(server.fence()).toBe(expected);
    await server.close();
  }
});

test("a second writer waits, is told who holds the lock, and comes next", async ({ database }) => {
  await database.createLedger();
  const first = writer(database, "poststack apply dev, pid 4711");
  await first.server.admin(database.signal);
  const second = writer(database, "second");
  const waiting = second.server.admin(database.signal);
  await expect.poll(() => second.waited.length).toBe(1);
  expect(second.waited[0]).toContain("poststack apply dev, pid 4711");
  await first.server.close();
  await waiting;
  expect(second.server.fence()).toBe(2);
  await second.server.close();
});

test("waiting ends with LOCK_HELD", async ({ database }) => {
  const first = writer(database, "holder");
  await first.server.admin(database.signal);
  const second = writer(database, "second", 0);
  await expect(second.server.admin(database.signal)).rejects.toMatchObject({ code: "LOCK_HELD" });
  await first.server.close();
  await second.server.close();
});

test("a writer that lost its lock connection is told, and its ledger transactions are fenced", async ({ database }) => {
  await database.createLedger();
  const sleeper = writer(database, "sleeper");
  const session = await sleeper.server.database(database.signal);
  const [{ pid } = {}] = await database.query(
    "select pid from pg_stat_activity where application_name = 'sleeper' and pid <> $1",
    [session?.pid ?? 0],
  );
  await database.query("select pg_terminate_backend($1)", [Number(pid)]);
  await expect.poll(() => sleeper.lost.map(({ code }) => code)).toEqual(["FENCED"]);

  const heir = writer(database, "heir");
  await heir.server.database(database.signal);
  const stale = session?.query("select poststack.check_fence($1)", [sleeper.server.fence()], database.signal);
  await expect(stale).rejects.toMatchObject({ code: "FENCED" });
  await heir.server.close();
  await sleeper.server.close();
});

test("a writer that let go of the lock itself goes on only when nobody came in between", async ({ database }) => {
  await database.createLedger();
  const one = writer(database, "one");
  await one.server.database(database.signal);
  await one.server.reset();
  await one.server.database(database.signal);
  expect(one.server.fence()).toBe(2);

  await one.server.reset();
  const other = writer(database, "other");
  await other.server.database(database.signal);
  await other.server.close();
  await expect(one.server.database(database.signal)).rejects.toMatchObject({ code: "FENCED" });
  await one.server.close();
});

test("a session on which the fence cannot be raised is closed, and the lock is free again", async ({ database }) => {
  await database.createLedger();
  await database.query("alter table poststack.system_info rename column value to other");
  const broken = writer(database, "broken_writer");
  await expect(broken.server.admin(database.signal)).rejects.toMatchObject({ code: "POSTGRES_QUERY" });
  await broken.server.close();
  await expect
    .poll(() => database.column("select count(*)::int from pg_stat_activity where application_name = 'broken_writer'"))
    .toEqual([0]);
});

test("a limit on idle sessions does not take the lock away", async ({ database }) => {
  await database.createLedger();
  // In this test's own database only: the cluster is shared.
  await database.query(`alter role postgres in database ${database.name} set idle_session_timeout = '300ms'`);
  const endpoint = { ...database.endpoint, maintenanceDatabase: database.name };
  const patient = writer({ ...database, endpoint }, "patient");
  await patient.server.admin(database.signal);
  await database.query("select pg_sleep(1)");
  expect(patient.lost).toEqual([]);
  await patient.server.close();
});
