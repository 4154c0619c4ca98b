import { describe, expect, test } from "vitest";
import { found } from "./kit.ts";

describe("the rules look into DO blocks, and into functions that the file calls", () => {
  test.each<[name: string, text: string, expected: readonly string[]]>([
    ["a block", "do $$ begin\n  drop table orders;\nend $$", ["2:3 drop-table"]],
    [
      "a block of a file that is no transaction still is one",
      "-- poststack: no-transaction\ndo $$ begin\n  execute 'create index concurrently i on orders (a)';\nend $$",
      ["3:11 not-in-transaction"],
    ],
    [
      "a function that is only written down does nothing",
      "create function f() returns void language plpgsql as $$ begin\n  truncate orders;\nend $$",
      [],
    ],
    [
      "one that is called does",
      "create function f() returns void language plpgsql as $$ begin\n  truncate orders;\nend $$;\nselect f();",
      ["2:3 truncate"],
    ],
    [
      "also from a block, and a procedure",
      "create procedure p() language sql as $$\n  truncate orders\n$$;\ndo $$ begin call p(); end $$",
      ["2:3 truncate"],
    ],
    [
      "what a block has made is new for what follows",
      "do $$ begin create table orders (a int); end $$; alter table orders add check (a > 0);",
      [],
    ],
    [
      "what was made before is new in the block",
      "create table orders (a int); do $$ begin alter table orders add check (a > 0); end $$",
      [],
    ],
  ])("%s", async (_name, text, expected) => {
    const transactional = !text.startsWith("-- poststack: no-transaction");
    expect(await found(text, { transactional })).toEqual(expected);
  });
});

describe("an allow line", () => {
  test.each<[name: string, text: string, expected: readonly string[]]>([
    [
      "before the block is for all in it",
      "-- poststack: allow drop-table gone\ndo $$ begin drop table a; drop table b; end $$",
      [],
    ],
    [
      "inside is for the next statement",
      "do $$ begin\n  -- poststack: allow drop-table gone\n  drop table a;\n  drop table b;\nend $$",
      ["4:3 drop-table"],
    ],
    [
      "inside, behind a statement, is for that one",
      "do $$ begin\n  drop table a; -- poststack: allow drop-table gone\n  drop table b;\nend $$",
      ["3:3 drop-table"],
    ],
    [
      "after the block is for what follows",
      "do $$ begin drop table a; end $$;\n-- poststack: allow drop-table gone\ndrop table b;",
      ["1:13 drop-table"],
    ],
    [
      "that finds nothing in a block is told",
      "-- poststack: allow truncate gone\ndo $$ begin perform 1; end $$",
      ["1:1 unused-allow"],
    ],
  ])("%s", async (_name, text, expected) => {
    expect(await found(text)).toEqual(expected);
  });
});
