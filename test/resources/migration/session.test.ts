import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Server, Session } from "../../../controller/core/ports/postgres.ts";
import { quoteIdentifier } from "../../../controller/core/sql.ts";
import { somebody, test, type TestDatabase } from "../../support/postgres.ts";
import { failureOf, migrations, pass, world } from "./kit.ts";

/**
 * A server that refuses, once, what the owner sends as a string that begins so, before anything of the string has run: as
 * where it is cancelled while it is parsed, which no test can time.
 */
function refusing(database: TestDatabase, beginning: RegExp, holding: string): Server {
  let isOver = false;
  const refuse = (session: Session): Session => ({
    ...session,
    pipeline: (strings, signal) => {
      const isIt =
        !isOver && strings.some((text) => text.includes(holding)) && strings.some((text) => beginning.test(text));
      if (!isIt) return session.pipeline(strings, signal);
      isOver = true;
      return session.pipeline(
        strings.map((text) => (beginning.test(text) ? `no sql; ${text}` : text)),
        signal,
      );
    },
  });
  let owner: Promise<Session> | undefined;
  return { ...database.server, owner: (signal) => (owner ??= database.server.owner(signal).then(refuse)) };
}

const applied = "select name from poststack.schema_migrations order by 1";
const ran = "select case when is_called then last_value else 0 end::int from poststack.ran";
const tables = "select relname from pg_class where relname in ('first', 'second') order by 1";

test.for<[name: string, beginning: RegExp, header: string]>([
  ["the reset of the session", /^discard all/, ""],
  ["the beginning of its transaction", /^begin/, ""],
  ["the beginning of a statement's transaction", /^begin/, "-- poststack: no-transaction\n"],
])("%s fails: neither the file nor the one behind it runs", async ([, beginning, header], { database }) => {
  await database.createLedger();
  // What is rolled back leaves its trace in a sequence, which is none of the migrations' own.
  const owner = quoteIdentifier(database.owner);
  await database.query(`create sequence poststack.ran; grant all on sequence poststack.ran to ${owner}`);
  const first = "create table first as select nextval('poststack.ran')";
  const project = migrations({
    "001_first.sql": `${header}${first}`,
    "002_second.sql": "create table second as select nextval('poststack.ran')",
  });
  // The row in the ledger of a file without a transaction holds its text too, in a string of its own.
  const holding = header === "" ? "'001_first'" : `; ${first}`;
  const it = world(database, project, refusing(database, beginning, holding));
  await failureOf(pass(it));
  expect(await database.column(tables)).toEqual([]);
  expect(await database.column(ran)).toEqual([0]);
  expect(await database.column(applied)).toEqual([]);

  await pass(it);
  expect(await database.column(tables)).toEqual(["first", "second"]);
  expect(await database.column(ran)).toEqual([2]);
  expect(await database.column(applied)).toEqual(["001_first", "002_second"]);
});

test("a reset that fails halfway is not half a reset: no file sees what the one before it left", async ({
  database,
}) => {
  await database.createLedger();
  await database.query(`alter role ${quoteIdentifier(database.owner)} set lock_timeout = '50ms'`);
  const seen = "as select to_regclass('pg_temp.left_behind') is null as clean";
  const project = migrations({
    "001_base.sql":
      "create temp table left_behind (n int); prepare left_behind as select 1; set search_path = pg_temp;",
    "002_first.sql": `create table public.first ${seen}`,
    "003_second.sql": `create table public.second ${seen}`,
  });
  const it = world(database, project);
  await pass(it, { target: "1" });
  const { endpoint, signal } = database;
  const holder = await database.server.login(somebody(endpoint), endpoint.database, signal);
  const [name] = await database.column("select oid::regclass from pg_class where relname = 'left_behind'");
  await holder.pipeline(["begin", `lock table ${String(name)} in access share mode`], signal);
  const progress = (line: string): void => {
    // Once it has failed: what was sent behind the reset has been answered too.
    if (line.startsWith("try 2")) void holder.close();
  };
  await pass({ ...it, ports: { ...it.ports, progress } });
  expect(await database.column("select clean from first union all select clean from second")).toEqual([true, true]);
});

/** What the owner's session was told to forget, a file each: `[[], ["discard all"]]`. */
function resets(database: TestDatabase): { readonly server: Server; readonly resets: () => readonly boolean[] } {
  const seen: boolean[] = [];
  const listening = (session: Session): Session => ({
    ...session,
    pipeline: (strings, signal) => {
      if (strings.some((text) => text.includes("begin_migration("))) seen.push(strings[0] === "discard all");
      return session.pipeline(strings, signal);
    },
  });
  let owner: Promise<Session> | undefined;
  const server = {
    ...database.server,
    owner: (signal: AbortSignal) => (owner ??= database.server.owner(signal).then(listening)),
  };
  return { server, resets: () => seen };
}

test("a session is reset behind what may have left a trace, and behind nothing else", async ({ database }) => {
  await database.createLedger();
  const path = "as select current_setting('search_path') = '\"$user\", public' as clean";
  const project = migrations({
    "001_plain.sql": "create table base (n int)",
    "002_plain.sql": "create index on base (n)",
    "003_leaves.sql": "set search_path = pg_catalog",
    "004_plain.sql": "create table after_it (n int)",
    "005_looks.sql": `create table first ${path}`,
    "006_leaves.sql": "create table leaving (n int); set search_path = pg_catalog",
    "007_looks.sql": `create table second ${path}`,
  });
  const { server, resets: found } = resets(database);
  await pass(world(database, project, server));
  expect(found()).toEqual([true, false, false, true, false, true, true]);
  expect(
    await database.column("select relnamespace::regnamespace::text from pg_class where relname = 'after_it'"),
  ).toEqual(["public"]);
  expect(await database.column("select clean from first union all select clean from second")).toEqual([true, true]);
});

test("where a trigger of an event may run with anything, every session is reset", async ({ database }) => {
  await database.createLedger();
  await database.query(`create function poststack.leaves() returns event_trigger language plpgsql as
    $$ begin perform set_config('search_path', 'pg_catalog', false); end $$;
    create event trigger leaves on ddl_command_end when tag in ('CREATE TABLE') execute function poststack.leaves()`);
  const { server, resets: found } = resets(database);
  await pass(
    world(
      database,
      migrations({ "001_a.sql": "create table a (n int)", "002_b.sql": "create table b (n int)" }),
      server,
    ),
  );
  expect(found()).toEqual([true, true]);
  expect(await database.column("select relnamespace::regnamespace::text from pg_class where relname = 'b'")).toEqual([
    "public",
  ]);
});

test("behind a file that may have made such a trigger, every session is reset", async ({ database }) => {
  await database.createLedger();
  const { server, resets: found } = resets(database);
  const project = migrations({
    "001_extension.sql": "create extension if not exists plpgsql",
    "002_a.sql": "create table a (n int)",
    "003_b.sql": "create table b (n int)",
  });
  await pass(world(database, project, server));
  expect(found()).toEqual([true, true, true]);
});

test("a plain file that fails has its session reset before the next try", async ({ database }) => {
  await database.createLedger();
  const project = migrations({ "001_a.sql": "create table a (n int)", "002_b.sql": "create index on a (nothing)" });
  const { server, resets: found } = resets(database);
  const it = world(database, project, server);
  await failureOf(pass(it));
  project.write("migrations/002_b.sql", "create index on a (n)");
  await pass(it);
  expect(found()).toEqual([true, false, true]);
});

test("a rollback that is not answered in time is told as such, not as a connection that broke", async ({
  database,
}) => {
  await database.createLedger();
  const files = { "001_base.sql": "create table held (n int)" };
  await pass(world(database, migrations(files)));
  const { endpoint, signal } = database;
  const holder = await database.server.login(somebody(endpoint), endpoint.database, signal);
  await holder.pipeline(["begin", "lock table held"], signal);
  const silent = (session: Session): Session => ({
    ...session,
    query: (sql, values, limit) =>
      sql.startsWith("rollback")
        ? Promise.reject(new DOMException("The operation was aborted due to timeout", "TimeoutError"))
        : session.query(sql, values, limit),
  });
  const server: Server = { ...database.server, owner: (limit) => database.server.owner(limit).then(silent) };
  const sql = "set local lock_timeout = '10ms'; alter table held add m int";
  const { facts } = await failureOf(pass(world(database, migrations({ ...files, "002_held.sql": sql }), server)));
  await holder.close();
  expect(facts.code).toBe("POSTGRES_CONNECTION_LOST");
  expect(facts.what).toMatch(/did not answer the rollback within 5 s after: .*lock timeout/);
});

test.for<[header: string]>([[""], ["-- poststack: no-transaction\n"]])(
  "a role whose transactions are read-only by default has its migrations applied: %j",
  async ([header], { database }) => {
    await database.createLedger();
    await database.query(`alter role ${quoteIdentifier(database.owner)} set default_transaction_read_only = on`);
    const project = migrations({
      "001_base.sql": `${header}create table base (n int)`,
      "002_first.sql": header === "" ? "create table first (n int)" : `${header}create index concurrently on base (n)`,
    });
    await pass(world(database, project));
    expect(await database.column(applied)).toEqual(["001_base", "002_first"]);
  },
);

test.for<[header: string]>([[""], ["-- poststack: no-transaction\n"]])(
  "an error is placed in the file, not in the string that was sent: %j",
  async ([header], { database }) => {
    await database.createLedger();
    const it = world(database, migrations({ "001_base.sql": `${header}select 1;\n  select 'ä😀', nothing;\n` }));
    const { where } = (await failureOf(pass(it))).facts;
    expect(where).toEqual({ file: "migrations/001_base.sql", line: header === "" ? 2 : 3, column: 17 });
    it.project.write("migrations/001_base.sql", `${header}select 1;\nselect 1 / 0;\n`);
    const second = (await failureOf(pass(it))).facts.where;
    expect(second).toMatchObject({ line: header === "" ? 2 : 3, column: 1 });
  },
);

test.for<[name: string, string: RegExp, isBuilt: boolean]>([
  ["whose own setting fails is not built", /^set lock_timeout = 0$/, false],
  ["that is built stays, though what follows fails", /^set lock_timeout = [1-9]\d*$/, true],
])("an index %s; the next apply goes on from there", async ([, string, isBuilt], { database }) => {
  await database.createLedger();
  const project = migrations({
    "001_base.sql": "create table base (n int)",
    "002_index.sql": "-- poststack: no-transaction\ncreate index concurrently base_n on base (n)",
  });
  const it = world(database, project, refusing(database, string, ""));
  await failureOf(pass(it));
  expect(await database.column("select to_regclass('base_n') is not null")).toEqual([isBuilt]);
  await pass(it);
  expect(await database.column("select to_regclass('base_n') is not null")).toEqual([true]);
  expect(await database.column(applied)).toEqual(["001_base", "002_index"]);
});

test("what a file sets does not change how the ledger is read and written after it", async ({ database }) => {
  await database.createLedger();
  const third = "-- poststack: no-transaction\ninsert into public.base values ('größer')";
  const leaving = "set client_encoding = 'LATIN1'; set search_path = ''; set statement_timeout = '1ms';";
  const project = migrations({
    "001_base.sql": "create table base (text text)",
    "001_base.down.sql": "drop table base; comment on schema public is 'grün';",
    "002_first.sql": leaving,
    "002_first.down.sql": leaving,
    "003_second.sql": third,
    "003_second.down.sql": "comment on schema public is 'gelb'",
  });
  const it = world(database, project);
  const texts = "select sql from poststack.schema_migrations where name = '003_second'";
  await database.query(`alter schema public owner to ${quoteIdentifier(database.owner)}`);
  await pass(it);
  expect(await database.column(texts)).toEqual([third]);
  // What the ledger kept of it runs.
  rmSync(join(project.root, "migrations/001_base.down.sql"));
  await pass(it, { target: "0", rollback: true });
  expect(await database.column("select obj_description('public'::regnamespace)")).toEqual(["grün"]);
});
