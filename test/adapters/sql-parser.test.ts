import { expect, test } from "vitest";
import { sqlParser } from "../../controller/adapters/sql-parser.ts";
import type { SqlStatement } from "../../controller/core/ports/sql-parser.ts";

const describeKind = ({ kind }: SqlStatement): string => {
  switch (kind.is) {
    case "build-index":
      return `build ${kind.name ?? "an index"} on ${kind.table}${kind.ifNotExists ? " if not exists" : ""}`;
    case "drop-index":
      return `drop ${kind.name}`;
    case "isolation":
      return `isolation ${kind.level}`;
    default:
      return kind.is;
  }
};

test.each<[string, readonly string[]]>([
  ["", []],
  [" \n -- nothing\n /* at all */", []],
  ["select 1; select 2", ["0 select 1: other", "10 select 2: other"]],
  ["select 'é𝄞'; select 'x;y'", ["0 select 'é𝄞': other", "14 select 'x;y': other"]],
  [
    "do $x$ begin commit; end $x$; -- commit;\nselect 1;",
    ["0 do $x$ begin commit; end $x$: other", "41 select 1: other"],
  ],
  ['select "commit" from "end"; /* begin; */', ['0 select "commit" from "end": other']],
  [
    "create function f() returns int begin atomic select 1; select 2; end; commit",
    ["0 create function f() returns int begin atomic select 1; select 2; end: other", "70 commit: commit"],
  ],
])("%j is split into its statements", async (text, expected) => {
  const parsed = await sqlParser.parse(text);
  expect(parsed?.statements.map((one) => `${one.start} ${one.text}: ${describeKind(one)}`)).toEqual(expected);
});

test.each<[string, string]>([
  ["begin", "begin"],
  ["BEGIN WORK", "begin"],
  ["start transaction", "begin"],
  ["begin isolation level serializable", "transaction-control"],
  ["commit", "commit"],
  ["end transaction", "commit"],
  ["commit and chain", "transaction-control"],
  ["rollback", "transaction-control"],
  ["abort", "transaction-control"],
  ["savepoint a", "transaction-control"],
  ["rollback to a", "transaction-control"],
  ["release a", "transaction-control"],
  ["prepare transaction 'a'", "transaction-control"],
  ["commit prepared 'a'", "transaction-control"],
  ["prepare a as select 1", "other"],
  ["set transaction isolation level repeatable read", "isolation repeatable read"],
  ["set transaction isolation level serializable, read only", "other"],
  ["set session characteristics as transaction read only", "setting"],
  ["set search_path = a", "setting"],
  ["reset all", "setting"],
  ["set local search_path = a", "other"],
  ["copy t from stdin", "copy-from-client"],
  ["copy t from '/tmp/x'", "other"],
  ["copy t from program 'x'", "other"],
  ["copy t to stdout", "other"],
  ["create index concurrently a on t (b)", 'build "a" on "t"'],
  ['create unique index concurrently if not exists A on S."T" (b)', 'build "a" on "s"."T" if not exists'],
  ["create index concurrently on t (b)", 'build an index on "t"'],
  ["create index a on t (b)", "other"],
  ["drop index concurrently if exists s.a", 'drop "s"."a"'],
  ["drop index a", "other"],
  ["vacuum t", "repeatable"],
  ["reindex table concurrently t", "repeatable"],
  ["alter system set work_mem = '8MB'", "repeatable"],
])("%s: %s", async (text, expected) => {
  expect((await sqlParser.parse(text))?.statements.map(describeKind)).toEqual([expected]);
});

test.each<[string, readonly string[]]>([
  ["selekt 1; commit", ["other", "commit"]],
  [
    "selekt 1; rollback; savepoint a; begin read only",
    ["other", "transaction-control", "transaction-control", "transaction-control"],
  ],
  ["selekt (1; commit); end", ["other", "commit"]],
  [
    "selekt 1; create function f() returns int begin atomic select case when true then 1 end; end; commit",
    ["other", "other", "commit"],
  ],
  ["selekt 1; copy t (a) from stdin with csv", ["other", "copy-from-client"]],
])("%j, which the grammar does not know, is told by its words", async (text, expected) => {
  expect((await sqlParser.parse(text))?.statements.map(describeKind)).toEqual(expected);
});

test("a backslash is found outside of quotes only", async () => {
  expect((await sqlParser.parse("select 'é';\n\\i x.sql"))?.backslash).toBe(12);
  expect((await sqlParser.parse("selekt 'a\\b' /* \\i */"))?.backslash).toBeUndefined();
});

test.each(["select 'open", "do $$ begin", "/* open", 'select "open'])("%j cannot be split at all", async (text) => {
  expect(await sqlParser.parse(text)).toBeUndefined();
});

test("brackets nested deeper than the parser's memory are told by their words, and it works on", async () => {
  const deep = `select ${"(".repeat(20_000)}1${")".repeat(20_000)}; commit`;
  expect((await sqlParser.parse(deep))?.statements.map(describeKind)).toEqual(["other", "commit"]);
  expect((await sqlParser.parse("select 1"))?.statements.length).toBe(1);
});
