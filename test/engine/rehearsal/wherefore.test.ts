import { expect, test } from "vitest";
import { sqlParser } from "../../../controller/adapters/sql-parser.ts";
import { wherefore } from "../../../controller/engine/rehearsal/wherefore.ts";

const plan = { project: "p", environment: "dev", actions: [], deferred: [], fingerprint: "" };

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
  // What the grammar does not know is told by its words.
  ["create role reporting with wings; select from from", false],
])("%s: beside the database %s", async (sql, isBeside) => {
  const because = await wherefore(plan, true, new Map([["001.sql", sql]]), sqlParser);
  expect(because).toBe(isBeside ? undefined : "001.sql speaks of roles or of the whole server");
});

test("a server that is down has no place beside its database", async () => {
  expect(await wherefore(plan, false, new Map(), sqlParser)).toBe("the environment's server is not there yet");
});
