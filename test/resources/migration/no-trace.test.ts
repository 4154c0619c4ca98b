import { describe, expect, test } from "vitest";
import { leavesNoTrace } from "../../../controller/resources/migration/no-trace.ts";

describe("leaves no trace in a session", () => {
  test.for([
    "",
    "create table a (id int primary key);",
    "-- what it is for\nCREATE TABLE a (\n  id bigint generated always as identity,\n  b text default now()\n);\n",
    "create unlogged table a (full_name text generated always as (a || b) stored)",
    "create index on a (b);",
    `create unique index i on s.a using btree (a, "b c" desc nulls last);`,
    "comment on table a is 'x; create table y';",
    "create type t as enum ('a', 'b')",
    "create schema x; create schema if not exists y",
    "alter table a rename column b to c; alter table a drop column b cascade",
    "grant select on a to b; revoke all on a from b",
    "drop table a; drop view if exists b cascade",
  ])("%j", (text) => {
    expect(leavesNoTrace(text)).toBe(true);
  });
});

describe("may leave one", () => {
  test.for([
    ["a setting", "set role x"],
    ["behind something else", "create table a (i int); set role b"],
    ["behind what looks like a comment", "comment on table a is 'x\n-- y'; set role b"],
    ["behind a string that looks like the end of one", "comment on table a is '\n-- x\n'; set role b"],
    ["in a dollar quote, as far as words tell", "create table a (i text default $$;$$)"],
    ["a comment that may hold anything", "/* */ create table a (i int)"],
    ["a query", "select set_config('a.b', 'c', false)"],
    ["a row, with its triggers", "insert into a values (1)"],
    ["a table of a query", "create table a as select 1"],
    ["the same, hidden", "create table x as/**/table y"],
    ["the same, behind the end of a comment that looks like one", "create table a /*\n-- */ as select f()"],
    ["a table that is called as columns are", "create table always as (select f())"],
    ["a table of the session", "create temp table a (i int)"],
    ["the same, by its schema", "create table pg_temp.a (i int)"],
    ["the same, within a schema's statement", "create schema x create temp table y (i int)"],
    ["expressions of another table's", "create table a (like b including all)"],
    ["bounds, which are worked out", "create table a partition of b for values in (f())"],
    ["an expression over rows", "create index on a (f(b))"],
    ["a condition over rows", "create index on a (b) where c(b)"],
    ["operators of somebody's", "create index on a (b my_ops)"],
    ["a default of somebody's, filled in", "alter table a drop column b, add column c int default f()"],
    ["a block", "do $$ begin set role x; end $$"],
    ["no transaction", "create index concurrently on a (b)"],
  ])("%s: %j", ([, text]) => {
    expect(leavesNoTrace(text ?? "")).toBe(false);
  });
});
