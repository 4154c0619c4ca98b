import { describe, expect, test } from "vitest";
import { sqlParser } from "../../../../controller/adapters/sql-parser.ts";
import { suggestRollback, type Suggestion } from "../../../../controller/resources/migration/rollback/suggest.ts";
import { test as onServer } from "../../../support/postgres.ts";
import { schemaOf } from "../kit.ts";

async function suggest(text: string): Promise<Suggestion> {
  const parsed = await sqlParser.parse(text);
  if (parsed === undefined) throw new Error(`not SQL: ${text}`);
  return suggestRollback(parsed);
}

describe("a statement is taken back", () => {
  test.each([
    ["create table users (id int)", "drop table users;"],
    ['create table shop."Order" (id int)', 'drop table shop."Order";'],
    ["create unlogged table a as select 1 as n", "drop table a;"],
    ["create materialized view totals as select 1 as n", "drop materialized view totals;"],
    ["create view v as select 1 as n", "drop view v;"],
    ["create index users_name on users (name)", "drop index users_name;"],
    ["create index users_name on shop.users (name)", "drop index shop.users_name;"],
    [
      "create function f(a int, inout b text, out c text, variadic d numeric[]) language sql as 'select 1,2'",
      "drop function f(integer, text, variadic numeric[]);",
    ],
    ["create procedure p(a shop.state) language sql as 'select 1'", "drop procedure p(shop.state);"],
    ["create schema shop", "drop schema shop;"],
    ["create sequence s", "drop sequence s;"],
    ["create type state as enum ('a')", "drop type state;"],
    ["create type pair as (a int, b int)", "drop type pair;"],
    ["create domain email as text", "drop domain email;"],
    ["create extension citext", "drop extension citext;"],
    ["create trigger t after insert on users for each row execute function f()", "drop trigger t on users;"],
    ["create policy p on users using (true)", "drop policy p on users;"],
    ["create rule r as on delete to users do instead nothing", "drop rule r on users;"],
    ["create statistics s on a, b from users", "drop statistics s;"],
    ["create publication p for all tables", "drop publication p;"],
    ["alter table users add name text", "alter table users drop column name;"],
    ["alter table only users add name text", "alter table only users drop column name;"],
    ["alter table users add a int, add b int", "alter table users drop column b;\nalter table users drop column a;"],
    ["alter table users add constraint u unique (name)", "alter table users drop constraint u;"],
    ["alter table users alter name set not null", "alter table users alter column name drop not null;"],
    ["alter table users enable row level security", "alter table users disable row level security;"],
    ["alter table users rename name to full_name", "alter table users rename column full_name to name;"],
    ["alter table shop.users rename to people", "alter table shop.people rename to users;"],
    ["alter index a rename to b", "alter index b rename to a;"],
    ["alter table users rename constraint a to b", "alter table users rename constraint b to a;"],
    ["alter type state rename value 'a' to 'it''s'", "alter type state rename value 'it''s' to 'a';"],
    ["alter type shop.state rename to status", "alter type shop.status rename to state;"],
    ["alter function f(int) rename to g", "alter function g(integer) rename to f;"],
    ["alter schema a rename to b", "alter schema b rename to a;"],
    ["alter trigger a on users rename to b", "alter trigger b on users rename to a;"],
    ["alter table a.t set schema b", "alter table b.t set schema a;"],
    ["alter table p attach partition q for values in (1)", "alter table p detach partition q;"],
  ])("%s", async (forward, back) => {
    expect(await suggest(forward)).toEqual({ text: back, isOutside: false, isComplete: true });
  });
});

test("an index that was built beside the work goes beside the work", async () => {
  expect(await suggest("create unique index concurrently users_name on users (name)")).toEqual({
    text: "drop index concurrently users_name;",
    isOutside: true,
    isComplete: true,
  });
});

describe("what is taken back and has to be looked into", () => {
  test.each([
    ["alter table users alter name set default 'x'", "alter table users alter column name drop default;"],
    ["alter table users alter name drop not null", "alter table users alter column name set not null;"],
    ["comment on table users is 'People.'", "comment on table users is null;"],
    ["grant select on users to reporting", "revoke select on users from reporting;"],
  ])("%s", async (forward, back) => {
    const { text, isComplete } = await suggest(forward);
    expect(text.split("\n").at(-1)).toBe(back);
    expect(text).toMatch(/^-- \w/);
    expect(isComplete).toBe(false);
  });
});

describe("what cannot be known is a comment that says why", () => {
  test.each([
    ["drop table users", /db dump/],
    ["alter table users drop name", /data are gone/],
    ["update users set name = ''", /which rows/],
    ["truncate users", /which rows/],
    ["alter type state add value 'b'", /cannot take a value out/],
    ["create or replace view v as select 1 as n", /drop view v;/],
    ["create table if not exists users (id int)", /drop table users;/],
    ["create index on users (name)", /no name of its own/],
    ["alter table users add unique (name)", /no name of its own/],
    ["alter table users alter id type bigint", /type of before/],
    ["do $$ begin end $$", /block/],
    ["revoke select on users from reporting", /granted before/],
  ])("%s", async (forward, reason) => {
    const { text, isComplete } = await suggest(forward);
    expect(text).toMatch(reason);
    expect(text.split("\n").every((line) => line.startsWith("--"))).toBe(true);
    expect(isComplete).toBe(false);
  });
});

test("what passes by itself needs no way back", async () => {
  expect(await suggest("set lock_timeout = '1s'; vacuum users; refresh materialized view m; begin; commit")).toEqual({
    text: "",
    isOutside: false,
    isComplete: true,
  });
});

test("what goes along with a table of the same file is not told", async () => {
  const forward = `create table users (id int);
create index on users (id);
comment on column users.id is 'Number.';
insert into users values (1);
grant select on users to reporting;`;
  expect(await suggest(forward)).toEqual({ text: "drop table users;", isOutside: false, isComplete: true });
});

const chains: readonly (readonly [string, string])[] = [
  [
    "a foreign key to a later table",
    "create table a (id int primary key, b int); create table b (id int primary key); alter table a add constraint to_b foreign key (b) references b",
  ],
  [
    "a trigger with a later function",
    "create table t (id int); create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger g before insert on t for each row execute function f()",
  ],
  [
    "an index with a later function",
    "create table t (id int); create function f(int) returns int immutable language sql as 'select $1'; create index t_f on t (f(id))",
  ],
  [
    "names and columns",
    "alter table old add extra text; alter table old rename to new; alter table new rename extra to more; create view v as select more from new",
  ],
  [
    "types in schemas",
    "create schema s; create type s.e as enum ('a', 'b'); create domain s.d as s.e; create table s.t (e s.e, d s.d default 'a')",
  ],
  [
    "a function of many types",
    "create function f(a int[], b character varying, c timestamptz, d \"char\", e char(3), f interval) returns int language sql as 'select 1'",
  ],
];

describe("on a real server the way back leaves nothing behind", () => {
  for (const [name, forward] of chains) {
    onServer(name, async ({ database }) => {
      const session = await database.server.owner(database.signal);
      await session.pipeline(["create table old (id int)"], database.signal);
      const before = await schemaOf(database);
      await session.pipeline([forward], database.signal);
      const { text, isComplete } = await suggest(forward);
      await session.pipeline([text], database.signal);
      expect(await schemaOf(database)).toBe(before);
      expect(isComplete).toBe(true);
    });
  }
});
