import { expect } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import type { Ports } from "../../controller/core/ports.ts";
import { resourceId } from "../../controller/core/id.ts";
import type { ActionResult } from "../../controller/engine/events.ts";
import { recordEvents } from "../../controller/engine/record.ts";
import type { Action } from "../../controller/resources/index.ts";
import { test, type TestDatabase } from "../support/postgres.ts";

const done = (name: string): ActionResult => ({
  status: "done",
  action: { kind: "process", verb: "start", id: resourceId("process", name), reason: "not running" } as Action,
  durationMs: 5,
  result: {},
});

function record(database: TestDatabase, fence: number, ...names: string[]): Promise<void> {
  const server = { ...database.server, fence: () => fence };
  const ports = { server, clock, progress: () => undefined, log: { debug: () => undefined } } as unknown as Ports;
  return recordEvents(names.map(done), ports, { id: "run", who: "me" }, database.signal);
}

const recorded = (database: TestDatabase): Promise<readonly unknown[]> =>
  database.column("select run || ' ' || who || ' ' || resource || ' ' || outcome from poststack.events order by id");

test("a writer that was overtaken adds nothing to the history", async ({ database }) => {
  await database.createLedger();
  await record(database, 0, "web", "worker");
  const before = ["run me process:web done", "run me process:worker done"];
  expect(await recorded(database)).toEqual(before);
  await database.query("update poststack.system_info set value = '1' where key = 'fence'");
  await record(database, 0, "late");
  expect(await recorded(database)).toEqual(before);
});

test("the newest ten thousand events are kept", async ({ database }) => {
  await database.createLedger();
  // Ids have gaps: a transaction that failed has used some up.
  await database.query(`insert into poststack.events (id, run, who, resource, verb, reason, outcome) overriding system value
    select i * 3, 'old', 'me', 'process:p' || i, 'start', '', 'done' from generate_series(1, 10010) i;
    select setval(pg_get_serial_sequence('poststack.events', 'id'), 40000)`);
  await record(database, 0, "web", "worker");
  const [row] = await database.query(
    "select count(*)::int as count, min(id)::int / 3 as oldest, count(*) filter (where run = 'run')::int as new from poststack.events",
  );
  expect(row).toEqual({ count: 10_000, oldest: 13, new: 2 });
});
