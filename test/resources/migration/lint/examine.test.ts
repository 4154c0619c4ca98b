import { describe, expect, test } from "vitest";
import { judge } from "../../../../controller/resources/migration/lint/judge.ts";
import { plainPolicy, type LintPolicy } from "../../../../controller/resources/migration/lint/level.ts";
import { keyOf } from "../../../../controller/resources/migration/lint/names.ts";
import { rules } from "../../../../controller/resources/migration/lint/rules.ts";
import { found, suspicionsIn } from "./kit.ts";

const namesIn = async (texts: readonly string[], options?: { readonly isChain: boolean }): Promise<readonly string[]> =>
  (await suspicionsIn(texts, options)).map((file) => file.map(({ rule }) => rule).join(" "));

const inApp = "-- poststack: search-path app, public\n";

describe("what the chain makes, nobody waits for", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["a table of the same file", ["create table o (a int); create index on o (a); drop table o"], [""]],
    ["a table of an earlier one", ["create table o (a int)", "create index on o (a)"], ["", ""]],
    ["public is where it is without a schema", ["create table public.o (a int)", "create index on o (a)"], ["", ""]],
    [
      "another schema is another table",
      ["create table a.o (a int)", "create index on b.o (a)"],
      ["", "index-not-concurrent"],
    ],
    ["its name in other letters", ['create table "O" (a int)', "create index on o (a)"], ["", "index-not-concurrent"]],
    ["a temporary one", ["create temp table o as select 1 as a; alter table o add primary key (a)"], [""]],
    [
      "a temporary one, in its own file",
      ["create temp table o (a int)", "create index on o (a)"],
      ["", "index-not-concurrent"],
    ],
    [
      "a temporary one, which hides no other by its whole name",
      ["create temp table o (a int); create index on o (a); create index on public.o (a)"],
      ["index-not-concurrent"],
    ],
    ["in the file's first schema", [`${inApp}create table o (a int)`, "create index on app.o (a)"], ["", ""]],
    ["both ways", ["create table app.o (a int)", `${inApp}create index on o (a)`], ["", ""]],
    [
      "in the file's first schema, and not in public",
      [`${inApp}create table o (a int)`, "create index on o (a)"],
      ["", "index-not-concurrent"],
    ],
    [
      "in public, and not in the file's first schema",
      ["create table o (a int)", `${inApp}create index on o (a)`],
      ["", "index-not-concurrent"],
    ],
    [
      "where SET says, until the file ends",
      ['set search_path to "$user", app; create table o (a int)', "create index on app.o (a)", "create index on o (a)"],
      ["", "", "index-not-concurrent"],
    ],
    [
      "where SET says, until RESET",
      ["set local search_path = app; create table o (a int); reset search_path; create index on o (a)"],
      ["index-not-concurrent"],
    ],
    ["what is moved", ["create table o (a int); alter table o set schema app", "create index on app.o (a)"], ["", ""]],
    [
      "under its new name, where it lies",
      [`${inApp}create table o (a int); alter table o rename to p; create index i on p (a)`, "drop index app.i"],
      ["", ""],
    ],
    ["an index of it", ["create table o (a int); create index i on o (a)", "drop index i"], ["", ""]],
    ["under its new name", ["create table o (a int); alter table o rename to p", "create index on p (a)"], ["", ""]],
    ["a later one does not help", ["create index on o (a)", "create table o (a int)"], ["index-not-concurrent", ""]],
  ])("%s", async (_name, texts, expected) => {
    expect(await namesIn(texts)).toEqual(expected);
  });

  test("files that are applied already made tables that are in use by now", async () => {
    const texts = ["create table o (a int); create index on o (a)", "create index on o (a)"];
    expect(await namesIn(texts, { isChain: false })).toEqual(["", "index-not-concurrent"]);
  });

  test("a foreign key lets reads go on, also while it is validated in the same file", async () => {
    const key = "alter table o add constraint c foreign key (a) references p (id) not valid; ";
    const [[first] = []] = await suspicionsIn([`${key}alter table o validate constraint c`]);
    expect(first).toMatchObject({ rule: "validate-with-add", locks: [{ mode: "SHARE ROW EXCLUSIVE" }] });
    expect(await namesIn([`${key}update o set a = 1 where b > 0`])).toEqual([""]);
  });

  test("a constraint that an earlier file has validated is believed", async () => {
    const texts = [
      "alter table o add constraint c check (a is not null) not valid",
      "alter table o validate constraint c",
      "alter table o alter a set not null",
    ];
    expect(await namesIn(texts)).toEqual(["", "", ""]);
  });
});

describe("places", () => {
  test.each<[string, string, readonly string[]]>([
    [
      "of the first word, behind comments",
      "-- one\n/* two\n; */ drop table a;\n\n  drop table b",
      ["3:6 drop-table", "5:3 drop-table"],
    ],
    [
      "of each command of an ALTER TABLE",
      "alter table o\n  add b int default random(),\n  add c text default 'x, y', -- d, e\n  drop column f;",
      ["2:3 volatile-default", "4:3 drop-column"],
    ],
    ["in UTF-16 code units", "select 'é𝄞'; drop table a", ["1:15 drop-table"]],
    [
      "with commas in brackets, quotes and dollars",
      `alter table "a,b" add c text default ($$,$$ || ','), drop d`,
      ["1:54 drop-column"],
    ],
  ])("%s", async (_name, text, expected) => {
    expect(await found(text)).toEqual(expected);
  });
});

describe("allow", () => {
  test.each<[string, string, readonly string[]]>([
    ["before the statement", "-- poststack: allow drop-table it is empty\ndrop table a", []],
    ["with other comments between", "-- poststack: allow drop-table it is empty\n-- more\n\ndrop table a", []],
    ["beside it", "drop table a; -- poststack: allow drop-table it is empty", []],
    ["inside of it", "drop table\n  a, -- poststack: allow drop-table both are empty\n  b", []],
    [
      "for one statement only",
      "-- poststack: allow drop-table it is empty\ndrop table a;\ndrop table b",
      ["3:1 drop-table"],
    ],
    [
      "beside the one before, not for the next",
      "select 1; -- poststack: allow drop-table it is empty\ndrop table a",
      ["2:1 drop-table", "1:11 unused-allow"],
    ],
    ["for the whole file", "drop table a;\ndrop table b;\n-- poststack: allow-file drop-table all are empty", []],
    ["another rule", "-- poststack: allow drop-column because\ndrop table a", ["2:1 drop-table", "1:1 unused-allow"]],
    ["no reason", "-- poststack: allow drop-table\ndrop table a", ["2:1 drop-table", "1:1 unused-allow"]],
    ["no rule", "-- poststack: allow\nselect 1", ["1:1 unused-allow"]],
    [
      "a rule that does not exist",
      "-- poststack: allow drop-tabel it is empty\ndrop table a",
      ["2:1 drop-table", "1:1 unused-allow"],
    ],
    ["nothing to allow", "-- poststack: allow drop-table it is empty\nselect 1", ["1:1 unused-allow"]],
    [
      "what would be found were the table not new is no idle line",
      "create table a (b int);\n-- poststack: allow index-not-concurrent it is small\ncreate index on a (b)",
      [],
    ],
    [
      "two lines for one statement",
      "-- poststack: allow drop-table empty\n-- poststack: allow drop-cascade only a view\ndrop table a cascade",
      [],
    ],
  ])("%s", async (_name, text, expected) => {
    expect(await found(text)).toEqual(expected);
  });
});

describe("a text that the grammar does not accept", () => {
  test.each<[string, string, string]>([
    ["is told by its place", "select 1;\n selec 2", "2:2 syntax"],
    ["behind letters of more than one byte", "select 'é𝄞'; selec 2", "1:15 syntax"],
    ["as a whole, with an open quote", "select 'abc", "1:1 syntax"],
  ])("%s", async (_name, text, expected) => {
    expect(await found(text)).toEqual([expected]);
  });
});

describe("judging", () => {
  const table = { bytes: 50e9, rows: 1e9, indexes: 3, columnTypes: new Map([["a", "character varying(20)"]]) };
  const facts = { tables: new Map([[keyOf({ name: "o" }), table]]) };
  const rulesIn = async (text: string, options: Partial<Parameters<typeof judge>[1]>): Promise<readonly string[]> =>
    judge((await suspicionsIn([text])).flat(), { policy: plainPolicy, unknown: "error", ...options }).map(
      ({ rule, level }) => `${level} ${rule}`,
    );

  test("a policy names a level, or one for all that it does not name", async () => {
    const policy: LintPolicy = { default: "off", rules: new Map([["drop-table", "error"]]) };
    expect(await rulesIn("drop table a; create index on o (a)", { policy })).toEqual(["error drop-table"]);
  });

  test("the table takes from it, by the name that the statement has", async () => {
    const small = { tables: new Map([[keyOf({ name: "o" }), { ...table, bytes: 8192 }]]) };
    expect(await rulesIn("create index on public.o (a)", { facts })).toEqual(["error index-not-concurrent"]);
    expect(await rulesIn("create index on public.o (a)", { facts: small })).toEqual(["note index-not-concurrent"]);
    expect(await rulesIn("create index on p (a)", { facts, unknown: "warning" })).toEqual([
      "warning index-not-concurrent",
    ]);
  });

  test("or that it has in the search path which the file sets", async () => {
    const both = {
      tables: new Map([...facts.tables, [keyOf({ schema: "shop", name: "o" }), { ...table, bytes: 8192 }]]),
    };
    const found = (path: string): Promise<readonly string[]> =>
      rulesIn(`-- poststack: search-path ${path}\ncreate index on o (a)`, { facts: both, unknown: "warning" });
    expect(await found("other, shop, public")).toEqual(["note index-not-concurrent"]);
    expect(await found("public, shop")).toEqual(["error index-not-concurrent"]);
    expect(await found("other")).toEqual(["warning index-not-concurrent"]);
  });

  test("what a newer server may understand is a note, and a plan never refuses for it", async () => {
    expect(await rulesIn("selekt 1", {})).toEqual(["error syntax"]);
    expect(await rulesIn("selekt 1", { unknown: "warning" })).toEqual(["warning syntax"]);
    expect(await rulesIn("selekt 1", { facts: { major: 19, tables: new Map() } })).toEqual(["note syntax"]);
  });

  test.each([
    ["alter table o alter a type text", []],
    ["alter table o alter a type varchar(40)", []],
    ["alter table o alter a type varchar(10)", ["error column-type-change"]],
    ["alter table o alter a type text using a || ''", ["error column-type-change"]],
    ["alter table o alter b type text", ["error column-type-change"]],
  ])("%s where a is varchar(20)", async (text, expected) => {
    expect(await rulesIn(text, { facts })).toEqual(expected);
  });
});

test("names are those of the statement, in quotes where SQL needs them", async () => {
  const [[first] = []] = await suspicionsIn(['alter table shop."Order" alter "user" set not null']);
  expect(first?.recipe[0]).toBe(
    'ALTER TABLE shop."Order" ADD CONSTRAINT "Order_user_not_null" CHECK ("user" IS NOT NULL) NOT VALID;',
  );
});

test("every rule is told apart by its name", () => {
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
});

describe("what a WITH changes", () => {
  const gone = "with gone as (delete from orders returning *) insert into archive select * from gone";

  test("is told where its statement begins, and a line beside that allows it", async () => {
    expect(await found(`select 1;\n${gone};`)).toEqual(["2:1 backfill-at-once"]);
    expect(await found(`${gone}; -- poststack: allow backfill-at-once it is nearly empty`)).toEqual([]);
  });

  test("is one with its statement for rules that look at every statement", async () => {
    const text = "alter type s add value 'x'; with new as (insert into o values ('x') returning *) select * from new";
    expect(await found(text)).toEqual(["1:29 enum-value-used"]);
  });
});
