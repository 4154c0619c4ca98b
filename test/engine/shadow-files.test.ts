import { expect, test } from "vitest";
import { sqlParser } from "../../controller/adapters/sql-parser.ts";
import { firstBeyond } from "../../controller/engine/shadow-files.ts";

const body = "begin if not exists (select from pg_roles) then create role reporting; end if; end";
const routine = `create function f() returns void language plpgsql as $$ ${body} $$`;

test.each<[sql: string, isInBlock: boolean]>([
  ["create table roles (id int)", false],
  // By itself it is left out of what runs.
  ["create role reporting", false],
  [`do $$ ${body} $$`, true],
  ["do $$ begin execute format('alter role %I set work_mem = 1', 'x'); end $$", true],
  ["do $$ begin revoke admins from app; end $$", true],
  ["do $$ begin grant select on users to reporting; end $$", false],
  ["do $$ begin execute format('alter database %I set work_mem = 1', current_database()); end $$", false],
  // The shadow's own, and what it is known by.
  ["do $$ begin execute format('alter database %I connection limit 50', current_database()); end $$", true],
  [routine, false],
  [`${routine}; select f()`, true],
  ["select make_role('x')", true],
  ["grant execute on function make_role(text) to app", false],
])("%s: in a block %s", async (sql, isInBlock) => {
  const texts = new Map([
    [
      "001.sql",
      "create role other; create function make_role(text) returns void language plpgsql as $$ begin execute 'create role ' || $1; end $$",
    ],
    ["002.sql", sql],
  ]);
  expect(await firstBeyond(texts, "app", "code", sqlParser)).toBe(isInBlock ? "002.sql" : undefined);
});
