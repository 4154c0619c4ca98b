import { describe, expect } from "vitest";
import { lostHolders, readHolders } from "../../../controller/core/catalog/holders.ts";
import { test } from "../../support/postgres.ts";

const tables = `create schema s; create schema "S";
create table a (id int, name text); create table "S"."T ""x""" (id int); create table s.t (id int);
create table parent (id int, note text); create table child () inherits (parent);
create view v as select id, name from a;`;

describe("what was deleted with its rows", () => {
  test.for<[string, string, readonly string[]]>([
    [
      "a table that another one of the same columns stands for",
      "alter table a rename to b; drop view v; drop table b; create table c (id int, name text)",
      ["table public.a"],
    ],
    ["nothing that was renamed or moved", "alter table a rename name to title; alter table a set schema s", []],
    ["nothing that was rewritten", "alter table s.t alter id type int8; alter table s.t set unlogged", []],
    [
      "nothing that is there under its name, made anew",
      "create table s.n as table s.t; drop table s.t; alter table s.n rename to t",
      [],
    ],
    [
      "a schema with what is in it",
      `drop schema s cascade; drop table "S"."T ""x"""`,
      ['table "S"."T ""x"""', "table s.t"],
    ],
    ["a column, once for all that inherit it", "alter table parent drop note", ["column public.parent.note"]],
    [
      "a column of what inherits no more",
      "alter table child no inherit parent; alter table child drop note",
      ["column public.child.note"],
    ],
    ["no view, and no column of one", "drop view v", []],
  ])("%s", async ([, sql, lost], { database }) => {
    await database.query(tables);
    const before = await readHolders(database.admin, database.signal);
    await database.query(sql);
    expect(lostHolders(before, await readHolders(database.admin, database.signal))).toEqual(lost);
  });
});
