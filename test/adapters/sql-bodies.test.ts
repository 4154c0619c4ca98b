import { expect, test } from "vitest";
import { sqlParser } from "../../controller/adapters/sql-parser.ts";

/** What stands inside of the first statement that has something: `line: text`. */
async function inside(text: string): Promise<readonly string[] | undefined> {
  const parsed = await sqlParser.parse(text, { bodies: true });
  const body = parsed?.statements.find((one) => one.body !== undefined)?.body;
  return body?.map((one) => `${text.slice(0, one.start).split("\n").length}: ${one.text}`);
}

test.each<[name: string, text: string, expected: readonly string[] | undefined]>([
  ["nothing in a plain statement", "select 1", undefined],
  ["nothing in another language", "do language plpython3u $$ drop() $$", undefined],
  [
    "statements of a block, each at its line",
    "select 1;\ndo $$\nbegin\n  update a set b = 1;\n  drop\n    table x;\nend $$",
    ["4: update a set b = 1", "5: drop\n    table x"],
  ],
  [
    "behind IF, ELSE, CASE, in loops and handlers",
    `do $$ declare r record; n int; begin
      if true then drop table a; else drop table b; end if;
      case when n > 1 then drop table c; else null; end case;
      for r in select 1 loop drop table d; end loop;
      begin drop table e; exception when others then drop table f; end;
      while true loop drop table g; exit; end loop; end $$`,
    [
      "2: drop table a",
      "2: drop table b",
      "3: drop table c",
      "4: drop table d",
      "5: drop table e",
      "5: drop table f",
      "6: drop table g",
    ],
  ],
  [
    "SELECT INTO without its target",
    "do $$ declare n int; begin select 1 into n from t; end $$",
    ["1: select 1        from t"],
  ],
  ["PERFORM as the SELECT that it is", "do $$ begin perform f(1); call p(); end $$", ["1: SELECT f(1)", "1: call p()"]],
  [
    "EXECUTE of a constant, also by way of format(), and of nothing else",
    "do $$ declare t text; begin execute 'drop table it''s'; execute 'drop table a' using t;\nexecute format('alter table %I drop %I', t, t); execute t; execute 'drop table ' || t; end $$",
    ["1: drop table a", '2: alter table "?" drop "?"'],
  ],
  [
    "the body of a function in SQL",
    "create function f() returns int language sql as $$ delete from a; select 1 $$",
    ["1: delete from a", "1: select 1"],
  ],
  [
    "in quotes, at the place of the whole",
    "\ndo 'begin insert into a values (''x''); end'",
    ["2: insert into a values ('x')"],
  ],
  [
    "what begins like SQL, where plpgsql's own parser gives up",
    "create function f(out a x[]) returns setof record language plpgsql as $$ begin -- drop table no\n drop table a; end $$",
    ["2: drop table a"],
  ],
  ["nothing of a broken body", "do $$ this is no plpgsql $$", []],
])("%s", async (_name, text, expected) => {
  expect(await inside(text)).toEqual(expected);
});

test("nobody asks by chance", async () => {
  const parsed = await sqlParser.parse("do $$ begin drop table a; end $$");
  expect(parsed?.statements.map(({ body }) => body)).toEqual([undefined]);
});
