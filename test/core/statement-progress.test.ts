import { expect, test as pure } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { watchBlockers } from "../../controller/core/blockers.ts";
import { describeProgress, progressQuery } from "../../controller/core/statement-progress.ts";
import { somebody, test } from "../support/postgres.ts";

pure.for<[string, Readonly<Record<string, unknown>>, string]>([
  [
    "all of it",
    {
      what: "create index",
      phase: "building index: scanning table",
      on: "orders",
      done: "42",
      total: "99",
      unit: "blocks",
    },
    "create index on orders: building index: scanning table, 42 % of 99 blocks",
  ],
  [
    "no total",
    { what: "copy from", phase: null, on: "orders", done: 7, total: 0, unit: "rows" },
    "copy from on orders: 7 rows",
  ],
  [
    "nothing counted yet",
    { what: "vacuum", phase: "initializing", on: "t", done: 0, total: 0 },
    "vacuum on t: initializing",
  ],
  ["who may not see more", { what: "cluster", phase: null, on: null, done: null, total: null }, "cluster"],
  ["who may see nothing", { what: null, phase: null, on: null, done: null, total: null }, ""],
])("%s", ([, row, text]) => {
  expect(describeProgress(row)).toBe(text);
});

test("every view has the columns that are asked for, and what waits for a transaction says so", async ({
  database,
}) => {
  const { endpoint, signal } = database;
  await database.query("create table t (n int)");
  const writer = await database.server.login(somebody(endpoint), database.name, signal);
  const builder = await database.server.login(somebody(endpoint), database.name, signal);
  await writer.pipeline(["begin", "insert into t values (1)"], signal);
  const building = builder.query("create index concurrently on t (n)", [], signal);
  await expect
    .poll(async () => (await database.query(progressQuery(builder.version), [builder.pid])).map(describeProgress), {
      timeout: 30_000,
    })
    .toEqual(["create index concurrently on t: waiting for writers before build, 0 % of 1 transactions"]);
  await writer.close();
  await building;
  expect(await database.query(progressQuery(builder.version), [builder.pid])).toEqual([]);
  await builder.close();
});

test("what runs long is told with how far it is, what is quick costs no question", async ({ database }) => {
  const { endpoint, signal } = database;
  await database.query(
    `create table t as select generate_series(1, 10) as n;
     create function slowly(n int) returns int language plpgsql immutable as $$ begin perform pg_sleep(600); return n; end $$`,
  );
  const builder = await database.server.login(somebody(endpoint), database.name, signal);
  const told: string[] = [];
  // A second for each look at the clock.
  let nowMs = 0;
  const time = {
    ...clock,
    nowMs: () => (nowMs += 1_000),
    sleep: (_ms: number, ended: AbortSignal) => clock.sleep(20, ended),
  };
  const ports = { clock: time, server: database.server, progress: (line: string) => void told.push(line) };
  const cancelling = new AbortController();
  const building = builder.query("create index on t (slowly(n))", [], cancelling.signal);
  const watch = watchBlockers(builder.pid, "admin", ports);
  await expect
    .poll(() => told.filter((line) => !line.startsWith("runs for ")), { timeout: 30_000 })
    .toContainEqual(expect.stringMatching(/^create index on t: building index: .*scanning table, \d+ % of 1 blocks$/));
  watch.stop();
  cancelling.abort(new Error("enough"));
  await expect(building).rejects.toThrow("enough");
  await builder.close();
});
