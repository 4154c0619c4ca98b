import { describe, expect } from "vitest";
import { sqlParser } from "../../../../controller/adapters/sql-parser.ts";
import { renderPlace } from "../../../../controller/core/place.ts";
import type { Server, Session } from "../../../../controller/core/ports/postgres.ts";
import { backfillIn } from "../../../../controller/resources/migration/phases/backfill-text.ts";
import { test, type TestDatabase } from "../../../support/postgres.ts";
import { failureOf, migrations, pass, planOf, render, world, type World } from "../kit.ts";

const total = 23;
const table = `create table t (id bigint primary key, n int not null default 0);
insert into t select i * 3, 0 from generate_series(1, ${total}) i;
create table seen (first bigint, last bigint);`;
const update = "update t set n = n + 1 where id between $1 and $2";
const header = (more = ""): string => `-- poststack: phase backfill\n${more === "" ? "" : `-- poststack: ${more}\n`}`;

async function prepared(database: TestDatabase, backfill: string, first = table): Promise<World> {
  await database.createLedger();
  const it = world(database, migrations({ "001_t.sql": first, "002_fill.sql": backfill }));
  await pass(it, { target: "1" });
  return it;
}

const ledger = (database: TestDatabase) =>
  database.query(
    `select state, done_to, keys::int as keys, batches from poststack.schema_migrations left join poststack.backfills using ("order") where "order" = 2`,
  );
const counts = (database: TestDatabase) =>
  database.query("select n, count(*)::int as rows from t group by n order by n");
const allOnce = [{ n: 1, rows: total }];

test("a backfill goes through its table in batches, and says how far it is", async ({ database }) => {
  const it = await prepared(database, `${header("batch 10")}${update};\n`);
  expect(render(await planOf(it))).toEqual(["apply migration:002_fill"]);
  expect((await planOf(it))[0]?.reason).toMatch(/^backfill, not applied yet, sha256 /);
  await pass(it);
  expect(await counts(database)).toEqual(allOnce);
  expect(it.progress).toEqual([
    "batch 1: 10 keys done, up to public.t.id 30",
    "batch 2: 20 keys done, up to public.t.id 60",
    "batch 3: 23 keys done, up to public.t.id 69",
  ]);
  expect(await ledger(database)).toEqual([{ state: "applied", done_to: null, keys: null, batches: null }]);
  expect(render(await planOf(it))).toEqual([]);
});

test("each batch is a transaction of its own", async ({ database }) => {
  const it = await prepared(
    database,
    `${header("batch 10 key t.id")}insert into made select id, pg_current_xact_id()::text from t where id between $1 and $2`,
    `${table} create table made (id bigint, xid text);`,
  );
  await pass(it);
  expect(await database.column("select count(*)::int from made group by xid order by min(id)")).toEqual([10, 10, 3]);
});

test("keys of any type and any name, in the order of their index", async ({ database }) => {
  const keys = [
    ["id text", "'k' || i"],
    ["id uuid", "md5(i::text)::uuid"],
    ["id timestamptz", "timestamptz '2026-01-01 00:00:00.123456+00' + i * interval '1 minute'"],
    ["id numeric(10, 4)", "i / 7.0"],
    ['id text collate "C"', "case when i % 2 = 0 then 'a' else 'B' end || i"],
    ["last int", "i"],
    ["key int", "i"],
    ['"A ""b""" int', "i"],
  ] as const;
  const files = keys.flatMap(([column, value], index): readonly (readonly [string, string])[] => {
    const name = /^(?:"(?:[^"]|"")*"|\w+)/.exec(column)?.[0] ?? "";
    const made = `create table t${index} (${column} primary key, n int not null default 0);
      insert into t${index} select ${value}, 0 from generate_series(1, ${total}) i;`;
    const filled = `${header(`batch 4 key ${name}`)}update t${index} set n = n + 1 where ${name} between $1 and $2`;
    return [
      [`${100 + 10 * index}_t.sql`, made],
      [`${105 + 10 * index}_fill.sql`, filled],
    ];
  });
  await database.createLedger();
  const it = world(database, migrations(Object.fromEntries(files)));
  await pass(it);
  for (const index of keys.keys()) {
    const found = await database.query(`select n, count(*)::int as rows from t${index} group by n`);
    expect(found, keys[index]?.[0]).toEqual(allOnce);
  }
  expect(it.progress.filter((line) => line.startsWith("batch"))).toHaveLength(keys.length * Math.ceil(total / 4));
});

test("keys that are not unique are in one batch together", async ({ database }) => {
  const it = await prepared(
    database,
    `${header("batch 5 key grp")}update t set n = n + 1 where grp between $1 and $2`,
    `create table t (id int, grp int not null, n int not null default 0); create index on t (grp);
     insert into t select i, i / 10, 0 from generate_series(0, ${total - 1}) i;`,
  );
  await pass(it);
  expect(await counts(database)).toEqual(allOnce);
});

test("an empty table needs no batch", async ({ database }) => {
  const it = await prepared(database, header() + update, "create table t (id int primary key, n int)");
  await pass(it);
  expect(await ledger(database)).toMatchObject([{ state: "applied" }]);
});

test("what is written behind the last key meanwhile is left to who wrote it", async ({ database }) => {
  const it = await prepared(
    database,
    `${header("batch 10")}with more as (insert into t select max(id) + 1, 0 from t) ${update}`,
  );
  await pass(it);
  expect(await counts(database)).toEqual([{ n: 0, rows: 3 }, ...allOnce]);
});

test("it runs as the role and under the limits that its header asks for, and the ledger does not", async ({
  database,
}) => {
  const role = database.unique("filler");
  await database.query(`create role ${role}`);
  await database.query(`grant ${role} to ${database.owner}`);
  const asked = `${header("batch 10 key app.t.id")}-- poststack: role ${role}\n-- poststack: lock-timeout 3s\n-- poststack: search-path app\n`;
  const it = await prepared(
    database,
    `${asked}insert into made select current_user, current_setting('lock_timeout') from t where id between $1 and $2`,
    `create schema app; set search_path = app; ${table} create table made (who text, patience text);
     grant usage on schema app to ${role}; grant select, insert on all tables in schema app to ${role};`,
  );
  await pass(it);
  expect(await database.query("select who, patience, count(*)::int as rows from app.made group by 1, 2")).toEqual([
    { who: role, patience: "3s", rows: total },
  ]);
});

test("a file that began as another sort of file, and did a part of it, is not taken for a backfill", async ({
  database,
}) => {
  const it = await prepared(database, "-- poststack: no-transaction\nupdate t set n = 5 where id = 3;\nselect 1 / 0;");
  await failureOf(pass(it));
  it.project.write("migrations/002_fill.sql", header() + update);
  const error = await failureOf(pass(it));
  expect([error.code, error.facts.what]).toEqual([
    "MIGRATION_EDITED",
    "002_fill is done in part, as another sort of file, and goes along public.t.id now",
  ]);
});

test("the rate gives each batch its time", async ({ database }) => {
  const it = await prepared(database, `${header("batch 10 rate 50/s")}${update}`);
  const sleeps: number[] = [];
  const clock = {
    ...it.ports.clock,
    nowMs: () => 0,
    sleep: (ms: number, signal: AbortSignal) => {
      // Whoever looks for what stands in the way sleeps, too.
      if (ms >= 1_000) return it.ports.clock.sleep(ms, signal);
      sleeps.push(ms);
      return Promise.resolve();
    },
  };
  await pass({ ...it, ports: { ...it.ports, clock } });
  expect(sleeps).toEqual([200, 200, 60]);
});

/** The owner's connection ends at the n-th call to the server: before it is sent, or when it is done and nobody has heard. */
function cutAt(
  database: TestDatabase,
  call: number,
  moment: "before" | "after",
): { server: Server; calls: () => number } {
  let calls = 0;
  const cut = async <T>(session: Session, send: () => Promise<T>): Promise<T> => {
    const isCut = ++calls === call;
    const end = (): Promise<unknown> => database.query("select pg_terminate_backend($1, 5000)", [session.pid]);
    if (isCut && moment === "before") await end();
    const answer = await send();
    if (!isCut || moment === "before") return answer;
    await end();
    // Whatever is asked next finds the connection gone.
    return session.query("select 1", [], database.signal) as T;
  };
  const wrap = (session: Session): Session => ({
    ...session,
    get lost() {
      return session.lost;
    },
    query: (sql, values, signal) => cut(session, () => session.query(sql, values, signal)),
    pipeline: (strings, signal) => cut(session, () => session.pipeline(strings, signal)),
  });
  let owner: Promise<Session> | undefined;
  const server: Server = {
    ...database.server,
    owner: (signal) => (owner ??= database.server.login(database.endpoint.owner, database.name, signal).then(wrap)),
  };
  return { server, calls: () => calls };
}

test.for(["before", "after"] as const)(
  "the connection is cut %s any of its calls: the next try goes on, and each row is done once",
  async (moment, { database }) => {
    const it = await prepared(database, `${header("batch 12")}${update}`);
    let call = 1;
    for (; ; call++) {
      await database.query(`update t set n = 0; delete from poststack.schema_migrations where "order" = 2`);
      await database.query("delete from poststack.backfills");
      const { server, calls } = cutAt(database, call, moment);
      const cut = await pass(world(database, it.project, server)).then(
        () => undefined,
        (error: unknown) => error as { readonly errorClass?: string },
      );
      if (calls() < call) break;
      expect(cut?.errorClass ?? "unknown", `call ${call}`).toMatch(/retryable|unknown/);
      await pass(world(database, it.project, cutAt(database, 0, moment).server));
      expect(await counts(database), `call ${call}`).toEqual(allOnce);
      expect(await ledger(database), `call ${call}`).toMatchObject([{ state: "applied", keys: null }]);
    }
    // Two for each batch, and those before and behind them.
    expect(call).toBeGreaterThan(8);
  },
);

test("a row that a batch cannot take: what is done stays, the file is corrected, the rest goes on", async ({
  database,
}) => {
  const wrong = `${header("batch 5")}update t set n = n + 1 / (id - 36)::int where id between $1 and $2`;
  const it = await prepared(database, wrong, `${table} alter table t alter n type numeric;`);
  const error = await failureOf(pass(it));
  expect([error.code, error.facts.where && renderPlace(error.facts.where)]).toEqual([
    "MIGRATION_FAILED",
    "migrations/002_fill.sql:3:1",
  ]);
  expect(error.facts.next).toBe(
    "correct the file and apply again; what lies up to public.t.id 30 is done and does not run again",
  );
  expect(await ledger(database)).toEqual([{ state: "started", done_to: "30", keys: 10, batches: 2 }]);
  await database.query("update t set n = 1 where id <= 30");
  it.project.write("migrations/002_fill.sql", `${header("batch 100")}${update}`);
  await pass(it);
  expect(await counts(database)).toEqual([{ n: "1", rows: total }]);
});

test("a first batch that fails leaves nothing", async ({ database }) => {
  const it = await prepared(database, `${header()}update t set n = 1 / 0 where id between $1 and $2`);
  const error = await failureOf(pass(it));
  expect(error.facts.next).toBe("correct the file and apply again; nothing of it remains");
  expect(await ledger(database)).toEqual([]);
  it.project.write("migrations/002_fill.sql", header() + update);
  await pass(it);
  expect(await counts(database)).toEqual(allOnce);
});

test("one that is under way does not change its key", async ({ database }) => {
  const wrong = `${header("batch 5")}update t set n = n + 1 / (id - 36)::int where id between $1 and $2`;
  const it = await prepared(database, wrong, `${table} alter table t add other int; create index on t (n);`);
  await failureOf(pass(it));
  it.project.write("migrations/002_fill.sql", `${header("key n")}update t set other = 1 where n between $1 and $2`);
  const error = await failureOf(pass(it));
  expect([error.code, error.facts.what]).toEqual([
    "MIGRATION_EDITED",
    "002_fill is done up to public.t.id 30, and goes along public.t.n now",
  ]);
});

describe("what a backfill must be", () => {
  test.for([
    ["one statement", `${header()}${update}; ${update}`, "holds more than one statement"],
    ["a statement at all", header(), "holds no statement that can be read"],
    ["closed", `${header()}update t set n = 'where id between $1 and $2`, "holds no statement that can be read"],
    ["one that changes rows", `${header()}create table x (n int)`, "does not insert, update, delete or merge"],
    ["one with a beginning", `${header()}update t set n = 1 where id <= $2`, "does not use $1"],
    ["one with an end", `${header()}update t set n = '$2' where id >= $1`, "does not use $2"],
    ["of a table", `${header()}insert into t select $1, $2`, "it is not said of which table"],
    ["of a table, by its name", `${header("key id")}insert into t select $1, $2`, "it is not said of which table"],
  ] as const)("%s", async ([, text, expected]) => {
    const error = await failureOf(backfillIn({ file: "migrations/002_fill.sql", text }, sqlParser));
    expect([error.code, error.facts.what]).toEqual(["MIGRATION_HEADER", expect.stringContaining(expected)]);
  });

  test("what it must be is found before anything runs", async ({ database }) => {
    const it = await prepared(database, `${header()}${update}; ${update}`);
    expect(render(await planOf(it))).toEqual(["refuse migration:002_fill MIGRATION_HEADER"]);
  });

  test("its key is looked for before a row is touched", async ({ database }) => {
    const it = await prepared(database, "", `${table} alter table t add other int; create index on t (other);`);
    for (const [more, expected] of [
      ["key nothing.id", "goes along nothing.id: there is no such table"],
      ["key nothing", "goes along t.nothing: it has no such column"],
      ["key n", "goes along t.n: no index leads with that column"],
      ["key other", "goes along t.other: it may be null"],
    ] as const) {
      it.project.write("migrations/002_fill.sql", header(more) + update);
      const error = await failureOf(pass(it));
      expect([error.code, error.facts.what]).toEqual(["MIGRATION_HEADER", expect.stringContaining(expected)]);
    }
    expect(await ledger(database)).toEqual([]);
  });

  test("without a word about the key it takes the primary one, if that is one column", async ({ database }) => {
    const it = await prepared(
      database,
      header() + update,
      "create table t (id int, part int, n int, primary key (id, part))",
    );
    expect((await failureOf(pass(it))).facts.what).toContain("it has no primary key of one column");
  });

  test("its statement is tried before a row is touched", async ({ database }) => {
    const it = await prepared(database, `${header("batch 10")}update t\n  set nothing = 1 where id between $1 and $2`);
    const error = await failureOf(pass(it));
    expect([error.code, error.facts.where && renderPlace(error.facts.where), error.facts.next]).toEqual([
      "MIGRATION_FAILED",
      "migrations/002_fill.sql:4:7",
      "correct the file and apply again; no row was touched",
    ]);
    expect(await ledger(database)).toEqual([]);
  });
});
