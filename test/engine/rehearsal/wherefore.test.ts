import { expect, test } from "vitest";
import { sqlParser } from "../../../controller/adapters/sql-parser.ts";
import { wherefore } from "../../../controller/engine/rehearsal/wherefore.ts";

const plan = { project: "p", environment: "dev", actions: [], deferred: [], fingerprint: "" };

const firing = "create function f() returns trigger language plpgsql as $$ begin drop role x; return new; end $$";

test.each<[sql: string, isBeside: boolean]>([
  ["create table roles (id int)", true],
  ["create role reporting", false],
  ["grant select on users to reporting", true],
  ["grant reporting to somebody", false],
  ["do $$ begin perform 'create role x'; end $$", true],
  ["do $$ begin if not exists (select from pg_roles) then create role reporting; end if; end $$", false],
  ["do $$ begin execute format('alter role %I set work_mem = 1', 'x'); end $$", false],
  ["create function f() returns void language plpgsql as $$ begin drop role x; end $$", true],
  ["create function f() returns void language plpgsql as $$ begin drop role x; end $$; select f()", false],
  // Comments keep no words apart, and tell of nothing.
  ["create -- for reports\nrole x", false],
  ["grant a to b /* on call */", false],
  ["-- create role x\nselect 1", true],
  ["grant select on users to reporting -- role", true],
  // The environment's own database is called otherwise in the copy; another one is not.
  ["alter /* ours */ database app set work_mem = '1MB'", true],
  ["alter database other set work_mem = '1MB'", false],
  // Sessions, slots and files are the server's.
  ["select pg_terminate_backend(pid) from pg_stat_activity", false],
  ["select pg_create_logical_replication_slot('a', 'b')", false],
  ["revoke all on function pg_terminate_backend(int, bigint) from app", true],
  ["copy users to program 'mail'", false],
  ["copy users to '/tmp/users'", false],
  ["create publication p for table users", true],
  ["create subscription s connection 'host=x' publication p", false],
  // What is put together before it runs.
  ["do $$ begin execute 'create role ' || quote_ident('x'); end $$", false],
  ["do $$ begin execute 'create ' || 'role x'; end $$", false],
  ["do $$ begin execute 'create /* */ role x'; end $$", false],
  ["do $$ begin\n-- create role x\nexecute 'select 1'; end $$", true],
  ["do $$ begin execute format('alter database %I set a = 1', current_database()); end $$", true],
  ["do $$ begin execute 'alter database app set a = 1'; end $$", false],
  ["do 'begin execute ''create role x''; end'", false],
  ["do $$ begin execute 'grant ' || a || ' to ' || b; end $$", false],
  ["do $$ begin execute 'grant select on ' || a || ' to ' || b; end $$", true],
  // A function that calls such a one.
  [
    "create function f() returns void language sql as 'drop role x'; create function g() returns void language plpgsql as $$ begin perform f(); end $$; select g()",
    false,
  ],
  [`${firing}; create trigger t before insert on a for each row execute function f()`, false],
  [`${firing}; create event trigger t on ddl_command_end execute function f()`, false],
  [`${firing}; drop trigger t on a`, true],
  ["create function f() returns void language sql as 'drop role x'; grant execute on function f() to app", true],
  ["create function f() returns void language sql as 'drop role x'; do $$ begin perform F (); end $$", false],
  // What the grammar does not know is told by its words.
  ["grant a /* on */ to b; select from from", false],
  ["grant select on a to b; select from from", true],
  ["do $$ begin create role x; end $$; select from from", false],
  ["create role reporting with wings; select from from", false],
])("%s: beside the database %s", async (sql, isBeside) => {
  const texts = new Map([["001.sql", sql]]);
  const because = await wherefore(plan, true, { texts, recorded: new Map(), database: "app" }, sqlParser);
  expect(because).toBe(isBeside ? undefined : "001.sql speaks of roles or of the whole server");
});

const nothing = { texts: new Map<string, string>(), recorded: new Map<string, string>(), database: "app" };

test.each<[sql: string, isBeside: boolean]>([
  ["drop table t", true],
  ["drop role /* on */ x", false],
  // Nothing is replaced in it.
  ["alter database app reset work_mem", false],
])("a rollback that the ledger recorded, %s: beside the database %s", async (sql, isBeside) => {
  const recorded = new Map([["the recorded rollback of 001_a", sql]]);
  const because = await wherefore(plan, true, { ...nothing, recorded }, sqlParser);
  expect(because).toBe(isBeside ? undefined : "the recorded rollback of 001_a speaks of roles or of the whole server");
});

const role = "create function public.f() returns void language sql as 'drop role x'";
const through =
  "create function public.g() returns trigger language plpgsql as $$ begin perform f(); return new; end $$";

/** `a` calls `b`, which calls `c`, which calls `d`. */
const chain = ["a", "b", "c", "d"].map((name, index, names): readonly [string, string] => [
  `function public.${name}()`,
  role
    .replace("public.f", `public.${name}`)
    .replace("drop role x", index === 3 ? "drop role x" : `select ${names[index + 1]}()`),
]);

test.each<
  [
    what: string,
    live: readonly (readonly [identity: string, definition: string])[],
    fired: string | undefined,
    because: string | undefined,
  ]
>([
  ["that nobody calls", [["function public.f()", role]], undefined, undefined],
  [
    "that the file calls, by way of another",
    [
      ['procedure public."G"()', through.replace("public.g", 'public."G"').replace("trigger", "void")],
      ["function public.f()", role],
    ],
    undefined,
    "001.sql",
  ],
  [
    "that a trigger calls",
    [
      ["function public.g()", through],
      ["function public.f()", role],
    ],
    "function public.g()",
    "function public.g(), which a trigger calls,",
  ],
  [
    "that could be a trigger's, and is none's",
    [
      ["function public.h()", through.replace("public.g", "public.h")],
      ["function public.f()", role],
    ],
    undefined,
    undefined,
  ],
  [
    "that a trigger calls by way of two others",
    chain,
    "function public.a()",
    "function public.a(), which a trigger calls,",
  ],
  [
    "whichever of them is read first",
    chain.toReversed(),
    "function public.a()",
    "function public.a(), which a trigger calls,",
  ],
])("a function of the database's that drops a role, %s", async (_what, live, fired, because) => {
  const texts = new Map([["001.sql", 'insert into t values (1); call "G"()']]);
  const functions = live.map(([identity, definition]) => ({ identity, definition, isFired: identity === fired }));
  const told = because === undefined ? undefined : `${because} speaks of roles or of the whole server`;
  expect(await wherefore(plan, true, { ...nothing, texts, live: functions }, sqlParser)).toBe(told);
});

test("a function of the database's that drops a role, of which a file makes a trigger's", async () => {
  const texts = new Map([["001.sql", "create trigger t before insert on a for each row execute function g()"]]);
  const live = [
    { identity: "function public.g()", definition: through, isFired: false },
    { identity: "function public.f()", definition: role, isFired: false },
  ];
  expect(await wherefore(plan, true, { ...nothing, texts, live }, sqlParser)).toBe(
    "001.sql speaks of roles or of the whole server",
  );
});

test("a server that is down has no place beside its database", async () => {
  expect(await wherefore(plan, false, nothing, sqlParser)).toBe("the environment's server is not there yet");
});
