import { describe, expect } from "vitest";
import type { Server } from "../../../controller/core/ports/postgres.ts";
import { apply } from "../../../controller/resources/migration/apply.ts";
import { isAsFiles } from "../../../controller/resources/migration/columns.ts";
import { observe } from "../../../controller/resources/migration/observe.ts";
import { somebody, test, type TestDatabase } from "../../support/postgres.ts";
import { failureOf, migrations, pass, planOf, render, schemaOf, wish, world } from "./kit.ts";

const files = {
  "001_users.sql": "create table users (id int primary key);",
  "001_users.rollback.sql": "drop table users;",
  "002_posts.sql": "create table posts (id int, n int default 1);",
  "002_posts.rollback.sql": "drop table posts;",
};

const names = (database: TestDatabase): Promise<readonly unknown[]> =>
  database.column(`select name || ' ' || state from poststack.schema_migrations order by "order"`);
const has = async (database: TestDatabase, table: string): Promise<unknown> =>
  (await database.column("select to_regclass($1) is not null", [table]))[0];

describe("rolling back", () => {
  test("brings the schema back, the row goes, and forward works again", async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations(files));
    await pass(it, { target: "1" });
    const before = await schemaOf(database);
    await pass(it);
    await pass(it, { target: "1", rollback: true });
    expect(await schemaOf(database)).toBe(before);
    expect(await names(database)).toEqual(["001_users applied"]);
    await pass(it);
    expect(await names(database)).toEqual(["001_users applied", "002_posts applied"]);
  });

  test("an empty rollback file takes the row away and nothing else", async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations({ ...files, "002_posts.rollback.sql": "" }));
    await pass(it);
    await pass(it, { target: "1", rollback: true });
    expect(await names(database)).toEqual(["001_users applied"]);
    expect(await has(database, "posts")).toBe(true);
  });

  test("a failing rollback changes nothing and is placed in its file", async ({ database }) => {
    await database.createLedger();
    const it = world(
      database,
      migrations({ ...files, "002_posts.rollback.sql": "drop table users;\ndrop table wrong;" }),
    );
    await pass(it);
    const error = await failureOf(pass(it, { target: "0", rollback: true }));
    expect(error.facts).toMatchObject({
      code: "MIGRATION_FAILED",
      where: { file: "migrations/002_posts.rollback.sql", line: 2, column: 1 },
    });
    expect(await names(database)).toEqual(["001_users applied", "002_posts applied"]);
    expect(await has(database, "users")).toBe(true);
  });

  test("where the files are gone, what the ledger recorded runs", async ({ database }) => {
    await database.createLedger();
    await pass(world(database, migrations(files)));
    const fewer = world(database, migrations({ "001_users.sql": files["001_users.sql"] }));
    await pass(fewer, { target: "1", rollback: true });
    expect([await has(database, "users"), await has(database, "posts")]).toEqual([true, false]);
    await pass(fewer, { target: "0", rollback: true });
    expect([await has(database, "users"), await names(database)]).toEqual([false, []]);
  });

  test("a rollback that commits by itself is refused before it runs", async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations({ ...files, "002_posts.rollback.sql": "drop table posts; commit;" }));
    await pass(it);
    expect((await failureOf(pass(it, { target: "1", rollback: true }))).code).toBe("MIGRATION_TRANSACTION");
    expect(await has(database, "posts")).toBe(true);
  });
});

describe("replay of the last one", () => {
  const edited = "create table posts (id int, title text);";

  test("takes back what was applied, not what the files say now, and applies the new text", async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations(files));
    await pass(it);
    it.project.write("migrations/002_posts.sql", edited);
    it.project.write("migrations/002_posts.rollback.sql", "drop table posts; -- and more");
    expect(render(await pass(it, { replay: true }))).toEqual(["replay migration:002_posts"]);
    expect(
      await database.column("select attname from pg_attribute where attrelid = 'posts'::regclass and attnum > 0"),
    ).toEqual(["id", "title"]);
    expect(
      await database.query(`select sql, rollback_sql, state from poststack.schema_migrations where "order" = 2`),
    ).toEqual([{ sql: edited, rollback_sql: "drop table posts; -- and more", state: "applied" }]);
    expect(render(await planOf(it, { replay: true }))).toEqual([]);
  });

  test("fails as a whole: the old text stays applied", async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations(files));
    await pass(it);
    it.project.write("migrations/002_posts.sql", "create table posts (id int);\nselect wrong;");
    const error = await failureOf(pass(it, { replay: true }));
    expect(error.facts).toMatchObject({ where: { file: "migrations/002_posts.sql", line: 2, column: 8 } });
    expect(await database.column("select count(*)::int from posts where n = 1")).toEqual([0]);
    expect(await names(database)).toEqual(["001_users applied", "002_posts applied"]);
  });
});

describe("a database that is not empty", () => {
  test("is refused without a ledger and with an empty one, and a baseline records without running", async ({
    database,
  }) => {
    await database.query("create table users (old int); create table posts (old int)");
    const it = world(database, migrations({ ...files, "003_more.sql": "create table more (n int)" }));
    const before = await schemaOf(database);
    expect(render(await planOf(it))).toContain("refuse migration:001_users BASELINE_REQUIRED");
    await database.createLedger();
    expect((await failureOf(pass(it))).code).toBe("BASELINE_REQUIRED");
    expect(await schemaOf(database)).toBe(before);
    await pass(it, { baseline: "2" });
    expect(await schemaOf(database)).toBe(before);
    expect(await names(database)).toEqual(["001_users applied", "002_posts applied"]);
    expect(render(await pass(it))).toEqual(["apply migration:003_more"]);
    expect(render(await planOf(it, { baseline: "2" }))).toEqual([]);
  });

  test("baseline 0 takes what is there for foreign, once", async ({ database }) => {
    await database.query("create table foreign_one (n int)");
    await database.createLedger();
    const it = world(database, migrations(files));
    expect(render(await pass(it, { baseline: "0" }))).toEqual(["baseline migration:001_users"]);
    expect(render(await planOf(it, { baseline: "0" }))).toEqual([]);
    await pass(it);
    expect(await names(database)).toEqual(["001_users applied", "002_posts applied"]);
  });

  test.for<[string, string, number]>([
    ["a table", "create table x (n int)", 1],
    ["a function", "create function x() returns int language sql return 1", 1],
    ["an enum and a domain", "create type x as enum ('a'); create domain y as int", 2],
    ["a view in a schema of its own", "create schema s; create view s.x as select 1", 1],
    ["an extension is declared elsewhere", "create extension hstore", 0],
    ["an empty schema", "create schema s", 0],
  ])("%s", async ([, sql, expected], { database }) => {
    await database.query(sql);
    const it = world(database, migrations(files));
    const [seen] = await observe([wish(it)], it.ports, database.signal);
    expect(seen).toMatchObject({ ledger: "absent", rows: [], objects: expected });
    await database.createLedger();
    const [later] = await observe([wish(it)], it.ports, database.signal);
    expect(later).toMatchObject({ ledger: "present", rows: [], objects: expected });
  });
});

test("repair takes the file as it is, with both texts, and runs nothing", async ({ database }) => {
  await database.createLedger();
  const it = world(database, migrations(files));
  await pass(it);
  it.project.write("migrations/002_posts.sql", "create table posts (id int, n int default 1); -- said better");
  expect(render(await planOf(it))).toEqual(["refuse migration:002_posts MIGRATION_EDITED"]);
  const [action] = await pass(it, { repair: true });
  expect(action?.reason).toMatch(/^sha256 [0-9a-f]{8} → [0-9a-f]{8}$/);
  expect(render(await planOf(it))).toEqual([]);
  expect(await database.column(`select sql from poststack.schema_migrations where "order" = 2`)).toEqual([
    "create table posts (id int, n int default 1); -- said better",
  ]);
});

describe("looking", () => {
  test("one query for ten thousand rows, whatever they hold", async ({ database }) => {
    await database.createLedger();
    await database.query(
      `insert into poststack.schema_migrations ("order", version, name, checksum, state, sql, rollback_sql, fence)
       select n, n, 'line' || chr(10) || '"quote" \\ ' || chr(7) || n, repeat('0', 64), 'applied', 'select 1', '', 0
       from generate_series(1, 10000) n`,
    );
    let queries = 0;
    const session = database.admin;
    const counting: Server = {
      ...database.server,
      database: () => Promise.resolve({ ...session, query: (...args) => (queries++, session.query(...args)) }),
    };
    const it = world(database, migrations({}), counting);
    const [seen] = await observe([wish(it)], it.ports, database.signal);
    expect(queries).toBe(1);
    expect(seen?.rows.length).toBe(10_000);
    expect(seen?.rows.find(({ order }) => order === "7")).toEqual({
      order: "7",
      version: "7",
      name: 'line\n"quote" \\ \u{7}7',
      checksum: "0".repeat(64),
      state: "applied",
      hasRollback: true,
    });
  });

  test("a ledger as the files say needs no rows; whoever edits one by hand is noticed", async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations(files));
    await pass(it);
    const isAsSaid = async (): Promise<boolean> => {
      const asked = wish(it);
      const [seen] = await observe([asked], it.ports, database.signal);
      return seen?.columns !== undefined && isAsFiles(asked.files, seen.columns);
    };
    expect(await isAsSaid(), "as this server writes an array").toBe(true);
    const table = "poststack.schema_migrations";
    const edits: readonly (readonly [string, string])[] = [
      [`update ${table} set checksum = repeat('0', 64) where "order" = 1`, "MIGRATION_EDITED"],
      [`update ${table} set state = 'started' where "order" = 2`, "MIGRATION_INTERRUPTED"],
      [`update ${table} set "order" = 7 where "order" = 2`, "MIGRATION_MISSING"],
      [`delete from ${table} where "order" = 1`, "MIGRATION_ORDER"],
    ];
    for (const [edit, code] of edits) {
      await database.query(`create temporary table kept as table ${table}; ${edit}`);
      expect(await isAsSaid(), edit).toBe(false);
      expect(
        (await planOf(it)).map((action) => (action.verb === "refuse" ? action.error.code : action.verb)),
      ).toContain(code);
      await database.query(`delete from ${table}; insert into ${table} table kept; drop table kept`);
      expect(await isAsSaid(), "put back").toBe(true);
    }
  });

  test("a database that does not exist has nothing", async ({ database }) => {
    const it = world(database, migrations(files), { ...database.server, database: () => Promise.resolve(undefined) });
    const [seen] = await observe([wish(it)], it.ports, database.signal);
    expect(seen).toMatchObject({ ledger: "absent", rows: [], objects: 0 });
  });

  test.for<[string, string, readonly string[]]>([
    ["drop table", "drop table users", ["drop"]],
    ["drop a column", "alter table users drop column id", ["drop"]],
    ["drop a column in short", "alter table users add column a int, drop id", ["drop"]],
    ["drop schema", "drop  schema s cascade", ["drop"]],
    ["in a comment", "-- drop table users\nselect 1", []],
    ["a constraint", "alter table users drop constraint users_pkey", []],
    ["a default", "alter table users alter column id drop default", []],
    ["an index", "drop index i", []],
    ["truncate", "create table t (n int); truncate table t", ["drop"]],
    ["truncate in a block", "do $$ begin truncate t; end $$", ["drop"]],
    ["delete of everything", "delete from users; select 1 where true", ["drop"]],
    ["a backfill that deletes", "-- poststack: phase backfill\ndelete from t where id between $1 and $2", ["drop"]],
    ["delete of some", "delete from users\n  using old where old.id = users.id", []],
    ["delete in a comment", "/* truncate t; delete\nfrom users */ select 1", []],
    ["truncate as a privilege", "grant truncate, delete on t to public", []],
    ["truncate as an event", "create trigger g after delete or truncate on t execute function f()", []],
    ["delete as a rule of a key", "create table t (n int references u on delete cascade)", []],
  ])("hazard: %s", async ([, sql, expected], { database }) => {
    const it = world(database, migrations({ "001_x.sql": sql }));
    expect((await planOf(it)).map(({ hazards }) => hazards)).toEqual([expected]);
  });
});

describe("two writers", () => {
  const fenced = (database: TestDatabase, fence: number): Server => ({ ...database.server, fence: () => fence });
  const raise = "update poststack.system_info set value = '1' where key = 'fence'";

  test.for<[string, Readonly<Record<string, string>>, object]>([
    ["forward", files, {}],
    ["without a transaction", { "001_x.sql": "-- poststack: no-transaction\ncreate table x (n int)" }, {}],
    ["baseline", files, { baseline: "2" }],
  ])("%s: one that slept while another took over writes nothing", async ([, some, options], { database }) => {
    await database.createLedger();
    const it = world(database, migrations(some), fenced(database, 0));
    await database.query(raise);
    const before = await schemaOf(database);
    expect((await failureOf(pass(it, options))).code).toBe("FENCED");
    expect([await schemaOf(database), await names(database)]).toEqual([before, []]);
  });

  test("backward: one that slept writes nothing", async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations(files), fenced(database, 0));
    await pass(it);
    await database.query(raise);
    expect((await failureOf(pass(it, { target: "0", rollback: true }))).code).toBe("FENCED");
    expect(await has(database, "posts")).toBe(true);
  });

  test("one that takes over waits for the migration that runs; the next one of the first is fenced", async ({
    database,
  }) => {
    await database.createLedger();
    const held = "create table one (n int); select pg_advisory_xact_lock(1, hashtext(current_database()));";
    const first = world(database, migrations({ "001_one.sql": held }), fenced(database, 0));
    // The test holds what the migration waits for, so that it is in the middle for as long as the test wants.
    const gate = await database.server.login(somebody(database.endpoint), database.name, database.signal);
    await gate.query("select pg_advisory_lock(1, hashtext(current_database()))", [], database.signal);
    const running = pass(first);
    await waitFor(database, "select from pg_locks where locktype = 'advisory' and not granted and classid = 1");
    const taking = database.query(raise);
    const second = await database.server.login(somebody(database.endpoint), database.name, database.signal);
    for (;;) {
      const rows = await second.query(
        "select from pg_stat_activity where wait_event_type = 'Lock' and query like 'update poststack.system_info%' and datname = current_database()",
        [],
        database.signal,
      );
      if (rows.length > 0) break;
    }
    await gate.close();
    await second.close();
    await Promise.all([running, taking]);
    expect(await names(database)).toEqual(["001_one applied"]);
    first.project.write("migrations/002_two.sql", "create table two (n int)");
    expect((await failureOf(pass(first))).code).toBe("FENCED");
    expect(await names(database)).toEqual(["001_one applied"]);
    expect([await has(database, "one"), await has(database, "two")]).toEqual([true, false]);
    await pass(world(database, first.project, fenced(database, 1)));
    expect(await names(database)).toEqual(["001_one applied", "002_two applied"]);
  });

  test("the same action by two at once is done once", async ({ database }) => {
    await database.createLedger();
    const it = world(
      database,
      migrations({ "001_x.sql": "create table if not exists x (n int); insert into x values (1)" }),
    );
    const [action] = await planOf(it);
    if (action === undefined) throw new Error("nothing planned");
    const other: Server = {
      ...database.server,
      owner: (signal) => database.server.login(database.endpoint.owner, database.name, signal),
    };
    await Promise.all([
      apply(action, it.ports, database.signal),
      apply(action, world(database, it.project, other).ports, database.signal),
    ]);
    expect(await database.column("select n from x")).toEqual([1]);
  });
});

async function waitFor(database: TestDatabase, sql: string): Promise<void> {
  for (;;) if ((await database.query(sql)).length > 0) return;
}

describe("a lock that somebody holds", () => {
  const sql = "set local lock_timeout = '100ms'; alter table users add column name text;";

  async function held(database: TestDatabase) {
    await database.createLedger();
    const it = world(database, migrations({ "001_users.sql": files["001_users.sql"], "002_wants.sql": sql }));
    await pass(it, { target: "1" });
    const holder = await database.server.login(somebody(database.endpoint), database.name, database.signal);
    await holder.pipeline(["begin", "lock table users /* by the test */"], database.signal);
    return { it, holder };
  }

  test("is waited for ten times, and then its holder is named", async ({ database }) => {
    const { it, holder } = await held(database);
    const error = await failureOf(pass(it));
    expect(error.code).toBe("MIGRATION_LOCKED");
    expect(error.facts.where?.file).toBe("migrations/002_wants.sql");
    expect(error.facts.details?.[0]).toMatch(
      new RegExp(`^held by pid ${holder.pid} \\(poststack-test, for \\d+ s\\): lock table users$`),
    );
    expect(it.progress.filter((line) => line.startsWith("try ")).length).toBe(9);
    expect(it.progress.some((line) => line.startsWith(`waits for pid ${holder.pid} `))).toBe(true);
    expect(await names(database)).toEqual(["001_users applied"]);
    await holder.close();
  });

  test("once it is free, the next try goes through", async ({ database }) => {
    const { it, holder } = await held(database);
    let released = false;
    const progress = (line: string): void => {
      if (!released && line.startsWith("try 3")) {
        released = true;
        void holder.query("rollback", [], database.signal);
      }
    };
    await pass({ ...it, ports: { ...it.ports, progress } });
    expect(released).toBe(true);
    expect(await names(database)).toEqual(["001_users applied", "002_wants applied"]);
    await holder.close();
  });
});

test("of a deadlock with the application the migration is the victim, and runs once when that is over", async ({
  database,
}) => {
  await database.createLedger();
  const it = world(
    database,
    migrations({
      "001_base.sql": "create table a (n int); create table b (n int);",
      "002_both.sql": "alter table b add m int; alter table a add m int;",
    }),
  );
  await pass(it, { target: "1" });
  const application = await database.server.login(somebody(database.endpoint), database.name, database.signal);
  // It would look for deadlocks only after a minute: the migration finds this one.
  await application.pipeline(["set deadlock_timeout = '60s'", "begin", "lock table a"], database.signal);
  const running = pass(it);
  await waitFor(database, "select from pg_locks where relation = 'a'::regclass and not granted");
  await application.pipeline(["lock table b", "commit"], database.signal);
  await running;
  expect(it.progress.filter((line) => line.startsWith("try ")).length).toBeGreaterThan(0);
  expect(await names(database)).toEqual(["001_base applied", "002_both applied"]);
  await application.close();
});

test("an abort ends the statement, and the session is as good as before", async ({ database }) => {
  await database.createLedger();
  const it = world(database, migrations({ "001_x.sql": "create table x (n int); select pg_sleep(600)" }));
  const [action] = await planOf(it);
  if (action === undefined) throw new Error("nothing planned");
  const controller = new AbortController();
  const running = apply(action, it.ports, controller.signal);
  const settled = expect(running).rejects.toThrow("enough");
  await waitFor(database, "select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()");
  controller.abort(new Error("enough"));
  await settled;
  expect([await has(database, "x"), await names(database)]).toEqual([false, []]);
  it.project.write("migrations/001_x.sql", "create table x (n int)");
  await pass(it);
  expect(await names(database)).toEqual(["001_x applied"]);
});
