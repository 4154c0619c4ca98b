import { describe, expect } from "vitest";
import { renderPlace } from "../../../controller/core/place.ts";
import { test, type TestDatabase } from "../../support/postgres.ts";
import { failureOf, migrations, pass, planOf, render, schemaOf, world } from "./kit.ts";

const good = "create table users (id int primary key, name text);\ninsert into users values (1, 'a');\n";
const utf16 = (text: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);

/** Schema, ledger and rows: what a refused migration must leave alone. */
const everything = async (database: TestDatabase): Promise<unknown> => [
  await schemaOf(database),
  await database.query("select version, name, checksum, state, sql from poststack.schema_migrations order by 1"),
  await database.query("select * from users order by 1"),
  await database.query("select last_value, is_called from poststack.events_id_seq"),
];

interface Bad {
  readonly name: string;
  readonly sql: string | Buffer;
  readonly code: string;
  readonly at?: string;
  readonly what?: RegExp;
  readonly next?: RegExp;
  readonly details?: readonly string[];
}

const bad: readonly Bad[] = [
  {
    name: "both ways of another tool in one file",
    sql: "-- migrate:up\ncreate table a (n int);\n-- migrate:down\ndrop table a;",
    code: "MIGRATION_HEADER",
    at: "3:1",
    what: /^migrations\/002_bad\.sql holds the way back, too, behind this mark of dbmate/,
    next: /migrations: \{ format: dbmate \}/,
  },
  {
    name: "a statement fails in the middle",
    sql: "create table a (n int);\n\ninsert into a values (1);\nselect nothing_there;\ncreate table b (n int);\n",
    code: "MIGRATION_FAILED",
    at: "4:8",
    what: /^002_bad: column "nothing_there" does not exist$/,
    details: ["SQLSTATE 42703", "statement: select nothing_there"],
  },
  {
    name: "an error without a position is placed at its statement",
    sql: "create table a (n int);\n-- a comment\n  insert into users\n  values (1, 'again');",
    code: "MIGRATION_FAILED",
    at: "3:3",
    details: ["SQLSTATE 23505", "detail: Key (id)=(1) already exists.", "statement: insert into users"],
  },
  {
    name: "the same after letters that take two units or four bytes",
    sql: "create table a (n text); insert into a values ('é𝄞𝄞'); insert into users values (1, 'é');",
    code: "MIGRATION_FAILED",
    at: "1:58",
  },
  {
    name: "a position after letters that take two units or four bytes",
    sql: "select 'é𝄞𝄞', nothing_there;",
    code: "MIGRATION_FAILED",
    at: "1:17",
  },
  {
    name: "a syntax error",
    sql: "create table a (n int);\nselekt 1;",
    code: "MIGRATION_FAILED",
    at: "2:1",
    details: ["SQLSTATE 42601", "statement: selekt 1"],
  },
  {
    name: "a syntax error after a byte order mark and Windows line ends",
    sql: "\u{FEFF}create table a (n int);\r\nselekt 1;\r\n",
    code: "MIGRATION_FAILED",
    at: "2:1",
  },
  {
    name: "an open dollar quote",
    sql: "create table a (n int);\ndo $$ begin null; end;\n",
    code: "MIGRATION_FAILED",
    at: "2:4",
    what: /unterminated dollar-quoted string/,
  },
  {
    name: "an open comment",
    sql: "create table a (n int);\n/* open",
    code: "MIGRATION_FAILED",
    at: "2:1",
    what: /unterminated \/\* comment/,
  },
  {
    name: "an open quote",
    sql: "create table a (n int);\nselect 'open",
    code: "MIGRATION_FAILED",
    at: "2:8",
    what: /unterminated quoted string/,
  },
  {
    name: "a deferred constraint that fails at the commit",
    sql: "create table a (n int unique deferrable initially deferred);\ninsert into a values (1), (1);",
    code: "MIGRATION_FAILED",
    at: "1:1",
    details: ["SQLSTATE 23505", "detail: Key (n)=(1) already exists."],
  },
  {
    name: "a value of an enum in the transaction that adds it",
    sql: "alter type mood add value 'new';\ninsert into moods values ('new');",
    code: "MIGRATION_FAILED",
    at: "2:27",
    next: /migration of its own/,
  },
  {
    name: "CONCURRENTLY without the header",
    sql: "create index concurrently on users (name);",
    code: "LINT_FAILED",
    at: "1:1",
    details: ["    -- poststack: no-transaction", "    create index concurrently on users (name);"],
  },
  {
    name: "VACUUM without the header",
    sql: "create table a (n int);\nvacuum;",
    code: "LINT_FAILED",
    at: "2:1",
    details: ["    -- poststack: no-transaction", "    vacuum;"],
  },
  {
    name: "an extension that only a superuser makes",
    sql: "create extension file_fdw;",
    code: "MIGRATION_FAILED",
    at: "1:1",
    next: /\.poststack\.yml/,
  },
  {
    name: "dropping our schema",
    sql: "drop schema poststack cascade;",
    code: "MIGRATION_FAILED",
    what: /must be owner of schema poststack/,
  },
  {
    name: "dropping our ledger",
    sql: "drop table poststack.schema_migrations;",
    code: "MIGRATION_FAILED",
    what: /must be owner/,
  },
  {
    name: "raising the fence",
    sql: "update poststack.system_info set value = '99';",
    code: "MIGRATION_FAILED",
    what: /permission denied/,
  },
  {
    name: "COPY to a program of the server's",
    sql: "create table a (n int);\ncopy a to program 'cat > /tmp/a';",
    code: "MIGRATION_FAILED",
    at: "2:1",
    what: /program/,
    next: /never as superuser/,
  },
  {
    name: "a clause of a newer server",
    sql: "create table a (n int);\ncreate table b (n int, twice int generated always as (n * 2) virtual);",
    code: "MIGRATION_FAILED",
    at: "2:62",
    what: /syntax error at or near/,
  },
  {
    name: "a function of a newer server",
    sql: "create table a (n int);\ncreate table b (id uuid default uuidv7());",
    code: "MIGRATION_FAILED",
    at: "2:33",
    what: /function uuidv7\(\) does not exist/,
  },
  {
    name: "COMMIT",
    sql: "create table a (n int);\n  commit;\ncreate table b (n int);",
    code: "MIGRATION_TRANSACTION",
    at: "2:3",
    what: /^`commit` would end/,
  },
  {
    name: "COMMIT under another name",
    sql: "create table a (n int); /* now */ END",
    code: "MIGRATION_TRANSACTION",
    at: "1:35",
  },
  { name: "COMMIT twice after BEGIN once", sql: "begin;\ncommit;\ncommit;", code: "MIGRATION_TRANSACTION", at: "3:1" },
  {
    name: "BEGIN without COMMIT",
    sql: "create table a (n int);\nbegin;\nselect 1;",
    code: "MIGRATION_TRANSACTION",
    at: "2:1",
  },
  {
    name: "BEGIN with options",
    sql: "begin isolation level serializable; commit;",
    code: "MIGRATION_TRANSACTION",
    at: "1:1",
  },
  { name: "ROLLBACK", sql: "begin;\nrollback;", code: "MIGRATION_TRANSACTION", at: "2:1" },
  { name: "SAVEPOINT", sql: "savepoint a; release a;", code: "MIGRATION_TRANSACTION", at: "1:1" },
  { name: "PREPARE TRANSACTION", sql: "prepare transaction 'x';", code: "MIGRATION_TRANSACTION", at: "1:1" },
  { name: "COMMIT AND CHAIN", sql: "commit and chain;", code: "MIGRATION_TRANSACTION", at: "1:1" },
  {
    name: "COMMIT in a DO block",
    sql: "create table a (n int);\ndo $$ begin commit; end $$;",
    code: "MIGRATION_TRANSACTION",
    at: "2:1",
    details: ["SQLSTATE 2D000"],
  },
  {
    name: "COMMIT in a procedure",
    sql: "create procedure p() language plpgsql as $$ begin commit; end $$;\ncall p();",
    code: "MIGRATION_TRANSACTION",
    at: "2:1",
  },
  { name: "COMMIT where the grammar is unknown", sql: "selekt 1;\ncommit;", code: "MIGRATION_TRANSACTION", at: "2:1" },
  {
    name: "\\i",
    sql: "create table a (n int);\n\\i other.sql\n",
    code: "MIGRATION_META_COMMAND",
    at: "2:1",
    what: /^`\\i` is a command of psql/,
  },
  { name: "\\copy", sql: "  \\copy users from 'x.csv'\n", code: "MIGRATION_META_COMMAND", at: "1:3" },
  { name: "\\connect", sql: "select 1;\n\\connect other\n", code: "MIGRATION_META_COMMAND", at: "2:1" },
  { name: "\\gexec after a statement", sql: "select 'select 1' \\gexec\n", code: "MIGRATION_META_COMMAND", at: "1:19" },
  {
    name: "rows after COPY",
    sql: "copy users from stdin;\n2\tb\n\\.\n",
    code: "MIGRATION_META_COMMAND",
    at: "3:1",
    next: /INSERT/,
  },
  {
    name: "rows after COPY with a lone quote",
    sql: "copy users from stdin;\n2\tit's\n\\.\n",
    code: "MIGRATION_META_COMMAND",
    at: "3:1",
  },
  {
    name: "COPY FROM STDIN without rows",
    sql: "select 1;\ncopy users from stdin;",
    code: "MIGRATION_META_COMMAND",
    at: "2:1",
  },
  { name: "a NUL character", sql: "create table a (n int);\nselect 1\0;", code: "FILE_UNREADABLE", at: "2:9" },
  { name: "UTF-16", sql: utf16("create table a (n int);"), code: "FILE_UNREADABLE" },
  { name: "UTF-16 without a mark", sql: Buffer.from("select 1;", "utf16le"), code: "FILE_UNREADABLE" },
  { name: "Latin 1", sql: Buffer.from("select 'é';", "latin1"), code: "FILE_UNREADABLE" },
];

describe("what cannot run changes nothing", () => {
  test.for(bad.map((row) => [row.name, row] as const))("%s", async ([, row], { database }) => {
    await database.createLedger();
    const it = world(
      database,
      migrations({
        "001_good.sql": `${good}create type mood as enum ('old'); create table moods (mood mood);`,
        "002_bad.sql": row.sql,
        "003_later.sql": "create table later (n int);",
      }),
    );
    await pass(it, { target: "1" });
    const before = await everything(database);
    const error = await failureOf(pass(it, { target: "2" }));
    expect(error.code, error.message).toBe(row.code);
    if (row.at !== undefined) {
      expect(error.facts.where && renderPlace(error.facts.where)).toBe(`migrations/002_bad.sql:${row.at}`);
    }
    if (row.what !== undefined) expect(error.message).toMatch(row.what);
    if (row.next !== undefined) expect(error.facts.next).toMatch(row.next);
    if (row.details !== undefined) expect(error.facts.details).toEqual(expect.arrayContaining([...row.details]));
    expect(error.facts.next).toBeDefined();
    expect(await everything(database)).toEqual(before);
    // The session is as good as new: the corrected file runs on it.
    it.project.write("migrations/002_bad.sql", "create table corrected (n int);");
    await pass(it);
    expect(await database.column("select to_regclass('corrected') is not null")).toEqual([true]);
  });

  test("what the words tell is refused in the plan, before a file that would run", async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations({ "001_good.sql": good, "002_bad.sql": "commit;", "003_x.sql": "\\q" }));
    expect(render(await planOf(it))).toEqual([
      "refuse migration:002_bad MIGRATION_TRANSACTION",
      "refuse migration:003_x MIGRATION_META_COMMAND",
      "apply migration:001_good",
    ]);
  });

  test("a file that changes after it was planned does not run", async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations({ "001_good.sql": good }));
    const [action] = await planOf(it);
    it.project.write("migrations/001_good.sql", `${good} `);
    const { apply } = await import("../../../controller/resources/migration/apply.ts");
    if (action === undefined) throw new Error("nothing planned");
    expect((await failureOf(apply(action, it.ports, database.signal))).code).toBe("PLAN_STALE");
    expect(await database.column("select count(*)::int from poststack.schema_migrations")).toEqual([0]);
  });

  test.for<[string, string, string, string]>([
    ["RESET ALL", "create table a (n int);\n  reset all;", "2:3", "002_x: `reset all` takes back the setting"],
    [
      "RESET ALL in a block",
      "do $$ begin execute 'reset all'; end $$;",
      "1:1",
      "002_x: a statement, perhaps RESET ALL",
    ],
    [
      "RESET ALL by itself",
      "-- poststack: no-transaction\nselect 1;\nreset all;",
      "3:1",
      "002_x: `reset all` takes back the setting",
    ],
  ])("%s is named, and nothing of the file remains", async ([, sql, at, what], { database }) => {
    await database.createLedger();
    const it = world(database, migrations({ "001_good.sql": good, "002_x.sql": sql }));
    await pass(it, { target: "1" });
    const before = await everything(database);
    const { facts } = await failureOf(pass(it));
    expect(facts.code).toBe("MIGRATION_FAILED");
    expect(facts.where && renderPlace(facts.where)).toBe(`migrations/002_x.sql:${at}`);
    expect(facts.what).toContain(what);
    expect(facts.next).toContain("take it out");
    if (!sql.includes("no-transaction")) expect(await everything(database)).toEqual(before);
    it.project.write("migrations/002_x.sql", sql.replace("reset all", "reset work_mem"));
    await pass(it);
    expect(render(await planOf(it))).toEqual([]);
  });

  test("a rollback with RESET ALL leaves what it would take back", async ({ database }) => {
    await database.createLedger();
    const files = { "001_x.sql": "create table x (n int);", "001_x.rollback.sql": "drop table x; reset all;" };
    const it = world(database, migrations(files));
    await pass(it);
    const { facts } = await failureOf(pass(it, { target: "0", rollback: true }));
    expect(facts).toMatchObject({
      code: "MIGRATION_FAILED",
      where: { file: "migrations/001_x.rollback.sql", line: 1 },
    });
    expect(await database.column("select state from poststack.schema_migrations")).toEqual(["applied"]);
    expect(await database.column("select to_regclass('x') is not null")).toEqual([true]);
  });

  test("a file that commits behind the parser's back is noticed, recorded as begun and refused from then on", async ({
    database,
  }) => {
    await database.createLedger();
    const it = world(
      database,
      migrations({ "001_sly.sql": "create table a (n int); commit; create table b (n int);" }),
    );
    const blind = { ...it, ports: { ...it.ports, parser: { parse: () => Promise.resolve(undefined) } } };
    const error = await failureOf(pass(blind));
    expect(error.code).toBe("MIGRATION_INTERRUPTED");
    expect(await database.column("select state from poststack.schema_migrations")).toEqual(["started"]);
    expect(render(await planOf(blind))).toEqual(["refuse migration:001_sly MIGRATION_INTERRUPTED"]);
    await pass(blind, { resolve: { version: "1", as: "applied" } });
    expect(render(await planOf(blind))).toEqual([]);
  });
});

describe("what looks bad and is fine", () => {
  const fine: readonly { readonly name: string; readonly sql: string; readonly made?: string }[] = [
    { name: "an empty file", sql: "" },
    { name: "comments only", sql: "-- commit;\n/* \\i x */\n" },
    { name: "a byte order mark", sql: "\u{FEFF}create table t (n int)", made: "t" },
    { name: "a comment at the end without a line end", sql: "create table t (n int); -- done", made: "t" },
    {
      name: "COMMIT in a string, a comment, a name and a body",
      sql: `-- commit;\nselect 'commit;' as "commit", $x$ rollback; $x$ /* \\i */;\ncreate function t() returns int language plpgsql as $$ begin return case when true then 1 end; end $$;`,
      made: "t()",
    },
    { name: "a backslash in a string", sql: "create table t (n text default '\\d+\\.');", made: "t" },
    {
      name: "BEGIN and COMMIT around it",
      sql: "-- made by a tool\nBEGIN;\ncreate table t (n int);\nCOMMIT;\ncreate index on t (n);",
      made: "t",
    },
    {
      name: "two such pairs",
      sql: "begin transaction; create table t (n int); end; start transaction; commit work;",
      made: "t",
    },
    {
      name: "a level of isolation",
      sql: "begin; set transaction isolation level repeatable read;\ncreate table t as select current_setting('transaction_isolation') as level; commit;",
      made: "t",
    },
    { name: "another role at the end", sql: "create table t (n int); set role pg_monitor;", made: "t" },
    {
      name: "another encoding at the end",
      sql: "create table t (n int); set client_encoding = 'LATIN1'; select 'é';",
      made: "t",
    },
    {
      name: "standard_conforming_strings off at the end",
      sql: "create table t (n text default 'a\\b'); set standard_conforming_strings = off;",
      made: "t",
    },
    { name: "COPY to the client", sql: "create table t (n int); copy t to stdout;", made: "t" },
    {
      name: "a very long line",
      sql: `create table t (n text); insert into t values ('${"é".repeat(300_000)}');`,
      made: "t",
    },
  ];
  test.for(fine.map((row) => [row.name, row] as const))("%s", async ([, { sql, made }], { database }) => {
    await database.createLedger();
    await database.query(`grant pg_monitor to ${database.owner}`);
    const it = world(database, migrations({ "001_x.sql": sql, "002_after.sql": "create table after_it (n int)" }));
    await pass(it);
    expect(await database.column("select state from poststack.schema_migrations order by 1")).toEqual([
      "applied",
      "applied",
    ]);
    expect(await database.column(`select sql from poststack.schema_migrations where "order" = 1`)).toEqual([
      sql.replace("\u{FEFF}", ""),
    ]);
    expect(await database.column("select to_regclass('after_it') is not null")).toEqual([true]);
    if (made?.endsWith("()") === true)
      expect(await database.column("select to_regprocedure($1) is not null", [made])).toEqual([true]);
    else if (made !== undefined)
      expect(await database.column("select to_regclass($1) is not null", [made])).toEqual([true]);
    expect(render(await planOf(it))).toEqual([]);
  });

  test("what a file sets, prepares or makes for its session does not reach the next", async ({ database }) => {
    await database.createLedger();
    await database.query(`grant pg_monitor to ${database.owner}`);
    const leaks = `create schema other; set search_path = other; set lock_timeout = '1ms'; set role pg_monitor;
      prepare p as select 1; set application_name = 'leaked'; select set_config('my.setting', 'leaked', false);
      create temporary table scratch (n int); select pg_advisory_lock(42); listen news;
      set session characteristics as transaction read only;`;
    const sees = `create table seen as select current_setting('search_path') as path, current_user::text as role,
      current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement,
      current_setting('application_name') as application, current_setting('my.setting', true) as setting,
      (select count(*)::int from pg_prepared_statements) as prepared, to_regclass('pg_temp.scratch')::text as scratch,
      (select count(*)::int from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock' and pid = pg_backend_pid()) as advisory,
      current_setting('client_connection_check_interval') as interval`;
    const it = world(database, migrations({ "001_leaks.sql": leaks, "002_sees.sql": sees }));
    await pass(it);
    expect(await database.query("select * from seen")).toEqual([
      {
        path: '"$user", public',
        role: database.owner,
        lock: "5s",
        statement: "0",
        application: "poststack-test",
        setting: "",
        prepared: 0,
        scratch: null,
        advisory: 0,
        interval: "500ms",
      },
    ]);
  });
});

test("Lemmy HEAD style: the last of a chain needs a newer server, and leaves no trace; those before it stay applied", async ({
  database,
}) => {
  await database.createLedger();
  const it = world(
    database,
    migrations({
      "001_good.sql": good,
      "002_posts.sql": "create table posts (id int primary key, ups int not null, downs int not null);",
      "003_hot.sql":
        "alter table posts add column at timestamptz default now();\ncreate index posts_hot on posts (ups, at);",
      "004_newer.sql":
        "create table scores (id uuid primary key);\ninsert into users values (2, 'b');\n" +
        "alter table posts add column score int generated always as (ups - downs) virtual;\n",
    }),
  );
  for (const _ of [1, 2]) {
    const error = await failureOf(pass(it));
    expect([error.code, error.facts.where && renderPlace(error.facts.where)]).toEqual([
      "MIGRATION_FAILED",
      "migrations/004_newer.sql:3:74",
    ]);
    expect(
      await database.column("select to_regclass('scores') is null and to_regclass('posts_hot') is not null"),
    ).toEqual([true]);
    expect(
      await database.column("select attname from pg_attribute where attrelid = 'posts'::regclass and attnum > 0"),
    ).toEqual(["id", "ups", "downs", "at"]);
    expect(await database.query("select * from users")).toEqual([{ id: 1, name: "a" }]);
    expect(await database.column("select name || ' ' || state from poststack.schema_migrations order by 1")).toEqual([
      "001_good applied",
      "002_posts applied",
      "003_hot applied",
    ]);
    expect(render(await planOf(it))).toEqual(["apply migration:004_newer"]);
  }
});
