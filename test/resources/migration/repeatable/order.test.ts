import { describe, expect, test } from "vitest";
import { sqlParser } from "../../../../controller/adapters/sql-parser.ts";
import type { RepeatableFile } from "../../../../controller/resources/migration/model.ts";
import { repeatableId, stepsRepeated } from "../../../../controller/resources/migration/repeatable/diff.ts";
import { repeatableHeaders } from "../../../../controller/resources/migration/repeatable/header.ts";
import type { RepeatFacts } from "../../../../controller/resources/migration/repeatable/model.ts";
import { namesIn } from "../../../../controller/resources/migration/repeatable/names.ts";
import { render } from "../kit.ts";

/** Nothing of it has run; the texts by the names of their files. */
async function plan(texts: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const repeatable = Object.entries(texts).map(([name, text]): RepeatableFile => {
    const file = `migrations/repeatable/${name}.sql`;
    return { id: repeatableId(name), name, file, checksum: name, after: repeatableHeaders(text, file).after };
  });
  const repeating = new Map<string, RepeatFacts>();
  for (const [name, text] of Object.entries(texts)) {
    repeating.set(name, { hazards: [], names: await namesIn(text, sqlParser) });
  }
  const steps = stepsRepeated({ repeatable }, { repeated: [], repeating });
  return render(steps).map((line) =>
    line.replace("repeat migration:repeatable/", "").replace("migration:repeatable/", ""),
  );
}

describe("what defines a name runs before what uses it", () => {
  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      "nothing orders them: by name",
      { b: "create view b as select 1 as n", a: "create view a as select 1 as n" },
      ["a", "b"],
    ],
    [
      "a view of a view",
      { a: "create or replace view a as select * from z", z: "create or replace view z as select 1 as n" },
      ["z", "a"],
    ],
    [
      "in a join, a subquery and WITH",
      {
        a: "create view a as with x as (select * from z) select * from x join (select * from y) q using (n)",
        y: "create view y as select 1 as n",
        z: "create view z as select * from y",
      },
      ["y", "z", "a"],
    ],
    [
      "a name that WITH gives is none of others'",
      { a: "create view a as with z as (select 1 as n) select * from z", z: "create view z as select * from a" },
      ["a", "z"],
    ],
    [
      "a view that calls a function",
      {
        a: "create view a as select price(1) as n",
        p: "create or replace function price(int) returns int language sql as 'select $1'",
      },
      ["p", "a"],
    ],
    [
      "a function in SQL reads a view",
      {
        f: "create or replace function f() returns int language sql as $$ select n from v $$",
        v: "create view v as select 1 as n",
      },
      ["v", "f"],
    ],
    [
      "a function that returns rows of a view",
      { f: "create function f() returns setof v language sql as 'select 1'", v: "create view v as select 1 as n" },
      ["v", "f"],
    ],
    [
      "a trigger with its function",
      {
        a: "create trigger t after insert on users for each row execute function z()",
        z: "create or replace function z() returns trigger language plpgsql as 'begin return new; end'",
      },
      ["z", "a"],
    ],
    [
      "a policy that calls a function",
      {
        a: "create policy p on users using (z())",
        z: "create or replace function z() returns boolean language sql as 'select true'",
      },
      ["z", "a"],
    ],
    [
      "a grant on a view",
      { a: "grant select on z to reporting", z: "create or replace view z as select 1 as n" },
      ["z", "a"],
    ],
    [
      "policies, triggers, functions and views, each of which needs the one before",
      {
        a_rules: "create policy own on users using (id = (select n from b_mine limit 1));",
        b_mine: "create or replace view b_mine as select c_me() as n;",
        c_me: "create or replace function c_me() returns int language sql as 'select n from d_ids';",
        d_ids: "create or replace view d_ids as select 1 as n;",
        aa_write: "create trigger t instead of insert on b_mine for each row execute function e_write();",
        e_write: "create or replace function e_write() returns trigger language plpgsql as 'begin return new; end';",
      },
      ["d_ids", "c_me", "b_mine", "a_rules", "e_write", "aa_write"],
    ],
    [
      "a comment on a view, on a column of one, and on a trigger of one",
      {
        a: "comment on view z is 'x'",
        b: "comment on column z.n is 'x'",
        c: "comment on trigger t on z is 'x'",
        z: "create or replace view z as select 1 as n",
      },
      ["z", "a", "b", "c"],
    ],
    [
      "another schema is another thing",
      { a: "create view shop.a as select * from shop.z", z: "create view public.z as select * from shop.a" },
      ["a", "z"],
    ],
    [
      "a body in PL/pgSQL",
      {
        f: "create or replace function f() returns v language plpgsql as 'declare r v; begin return r; end'",
        v: "create view v as select 1 as n",
      },
      ["v", "f"],
    ],
    [
      "a body orders nothing where that would be a circle",
      {
        f: "create or replace function f() returns int language plpgsql as 'begin return (select n from v); end'",
        v: "create view v as select f() as n",
      },
      ["f", "v"],
    ],
    [
      "a name is one of the file's first schema, and of those behind it",
      {
        a: "-- poststack: search-path app, public\ncreate view a as select * from z, y",
        b: "create view b as select * from x",
        x: "-- poststack: search-path app\ncreate view x as select 1 as n",
        y: "create view y as select 1 as n",
        z: "create view app.z as select 1 as n",
      },
      ["y", "z", "a", "b", "x"],
    ],
    [
      "as a header says",
      { a: "-- poststack: after z\ncreate view a as select 1 as n", z: "create view z as select 1 as n" },
      ["z", "a"],
    ],
    [
      "also with the ending",
      { a: "-- poststack: after z.sql, y\nselect 1", y: "select 1", z: "select 1" },
      ["y", "z", "a"],
    ],
  ])("%s", async (_name, texts, expected) => {
    expect(await plan(texts)).toEqual(expected);
  });
});

describe("what has no order is refused", () => {
  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      "two views of each other",
      { a: "create view a as select * from b", b: "create view b as select * from a", c: "select 1" },
      ["refuse b MIGRATION_ORDER", "refuse a MIGRATION_ORDER", "c"],
    ],
    [
      "headers in a circle",
      { a: "-- poststack: after b\nselect 1", b: "-- poststack: after a\nselect 1" },
      ["refuse b MIGRATION_ORDER", "refuse a MIGRATION_ORDER"],
    ],
    ["after nobody", { a: "-- poststack: after z\nselect 1" }, ["refuse a MIGRATION_UNKNOWN"]],
  ])("%s", async (_name, texts, expected) => {
    expect(await plan(texts)).toEqual(expected);
  });
});

describe("only the checksum decides", () => {
  const file = (name: string, checksum: string): RepeatableFile => ({
    ...{ id: repeatableId(name), name, file: `migrations/repeatable/${name}.sql`, checksum, after: [] },
  });
  test.each<[string, readonly RepeatableFile[], readonly [string, string][], string | undefined, readonly string[]]>([
    ["as it ran", [file("a", "1")], [["a", "1"]], undefined, []],
    ["another text", [file("a", "2")], [["a", "1"]], undefined, ["repeat migration:repeatable/a"]],
    ["a new one", [file("a", "1")], [], undefined, ["repeat migration:repeatable/a"]],
    ["one that is gone takes nothing with it", [], [["a", "1"]], undefined, ["forget migration:repeatable/a"]],
    ["short of the newest version none runs", [file("a", "2")], [["a", "1"]], "003", []],
  ])("%s", (_name, repeatable, rows, target, expected) => {
    const repeated = rows.map(([name, checksum]) => ({ name, checksum }));
    expect(render(stepsRepeated({ repeatable, ...(target === undefined ? {} : { target }) }, { repeated }))).toEqual(
      expected,
    );
  });
});

test.each([
  ["-- poststack: after a b\n-- more\nselect 1;\n-- poststack: after c", ["a", "b"], undefined],
  ["select 1", [], undefined],
  ["-- poststack: allow truncate it is a cache\n-- poststack: after a\ntruncate c", ["a"], undefined],
  ["-- poststack: role app\n-- poststack: after a\n-- poststack: search-path b, c\nselect 1", ["a"], undefined],
  ["-- poststack: lock-timeout 10s\n-- poststack: statement-timeout 5min\nselect 1", [], undefined],
  ["-- poststack: lock-timeout soon\nselect 1", [], "lock-timeout soon"],
  ["-- poststack: phase contract\nselect 1", [], "phase contract"],
  ["-- poststack: no-transaction\nselect 1", [], "no-transaction"],
  ["-- poststack: after\nselect 1", [], "after"],
])("headers of %j", (text, after, unknown) => {
  const headers = repeatableHeaders(text, "f.sql");
  expect([headers.after, headers.unknown?.text]).toEqual([after, unknown]);
});
