import { expect } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { watchBlockers } from "../../controller/core/blockers.ts";
import { retried } from "../../controller/core/contention.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import { fileStart } from "../../controller/core/place.ts";
import type { Clock } from "../../controller/core/ports.ts";
import { runAlone, transact } from "../../controller/core/transaction.ts";
import { somebody, test, type TestDatabase } from "../support/postgres.ts";

const portsOf = ({ server }: TestDatabase, time: Partial<Clock> = {}) => {
  const told: string[] = [];
  const waited: (string | undefined)[] = [];
  const progress = (line: string, waitsFor?: string): void => {
    told.push(line);
    waited.push(waitsFor);
  };
  return { told, waited, clock: { ...clock, ...time }, server, progress };
};

/** A session of somebody else that holds what this statement locks. */
async function holding(database: TestDatabase, statement: string) {
  const { endpoint, signal } = database;
  const other = await database.server.login(somebody(endpoint), "postgres", signal);
  await other.query(`begin; ${statement}`, [], signal);
  return { pid: other.pid, letGo: () => other.query("rollback", [], signal) };
}

const tries = /^try 2 of 10: held by pid \d+ \(poststack-test, for \d+ s\): begin; /;

test("a transaction waits for the locks of others only so long, says for whom, and tries again", async ({
  database,
}) => {
  const ports = portsOf(database);
  const role = `"${database.owner}"`;
  const { pid, letGo } = await holding(database, `alter role ${role} connection limit 5`);
  const changing = transact(database.admin, [`alter role ${role} connection limit 7`], ports, database.signal);
  await expect.poll(() => ports.told.find((line) => tries.test(line)), { timeout: 30_000 }).toContain(`pid ${pid} `);
  expect(ports.waited).toContain(`pid ${pid}`);
  await letGo();
  await changing;
  expect(await database.column("select rolconnlimit from pg_roles where rolname = $1", [database.owner])).toEqual([7]);
  // The limits were the transaction's own.
  expect(
    await database.column("select current_setting('lock_timeout') || current_setting('statement_timeout')"),
  ).toEqual(["00"]);
});

test("so does DROP DATABASE, and leaves the session as it was", async ({ database }) => {
  const ports = portsOf(database);
  const name = database.unique("gone");
  await database.query(`create database ${name}`);
  const { pid, letGo } = await holding(database, `comment on database ${name} is 'mine'`);
  const dropping = runAlone(database.admin, `drop database ${name}`, ports, database.signal);
  await expect.poll(() => ports.told.find((line) => tries.test(line)), { timeout: 30_000 }).toContain(`pid ${pid} `);
  await letGo();
  await dropping;
  expect(await database.column("select count(*)::int from pg_database where datname = $1", [name])).toEqual([0]);
  expect(
    await database.column("select current_setting('lock_timeout') || current_setting('statement_timeout')"),
  ).toEqual(["00"]);
});

test("after the last try it is stalled, with the name of who stood in the way", async ({ database }) => {
  const ports = portsOf(database, { sleep: (_ms: number, signal: AbortSignal) => clock.sleep(20, signal) });
  const alter = `alter role "${database.owner}" connection limit 5`;
  const { pid, letGo } = await holding(database, `${alter}; select -- isn't\n 'it''s secret'`);
  const session = await database.server.login(somebody(database.endpoint), database.name, database.signal);
  await session.query("set lock_timeout = 500", [], database.signal);
  const where = fileStart(".poststack.yml");
  const contender = {
    name: "this change",
    pid: session.pid,
    where,
    asking: "own connection",
    code: "POSTGRES_LOCKED",
  } as const;
  const error: unknown = await retried(contender, ports, database.signal, () =>
    session.query(`alter role "${database.owner}" connection limit 7`, [], database.signal),
  ).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PoststackError);
  expect((error as PoststackError).errorClass).toBe("stalled");
  expect((error as PoststackError).facts).toMatchObject({
    code: "POSTGRES_LOCKED",
    what: "this change did not get its locks in 10 tries",
    where,
    details: [
      expect.stringMatching(
        new RegExp(`^held by pid ${pid} \\(poststack-test, for \\d+ s\\): begin; ${alter}; select '…'$`),
      ),
    ],
  });
  await letGo();
});

test("a statement that is cancelled is not known to have failed for good", async ({ database }) => {
  const change = transact(
    database.admin,
    ["select set_config('statement_timeout', '10', true)", "select pg_sleep(60)"],
    portsOf(database),
    database.signal,
  );
  await expect(change).rejects.toMatchObject({ code: "TIMEOUT" });
});

test("what takes long and waits for nobody says that it still runs, every 30 s", async ({ database }) => {
  let nowMs = 0;
  const ports = portsOf(database, {
    nowMs: () => (nowMs += 10_000),
    sleep: (_ms: number, signal: AbortSignal) => clock.sleep(1, signal),
  });
  const watch = watchBlockers(database.admin.pid, "own connection", ports);
  await expect.poll(() => ports.told.length).toBeGreaterThan(2);
  watch.stop();
  expect(ports.told.slice(0, 3)).toEqual(["runs for 30 s", "runs for 60 s", "runs for 90 s"]);
});
