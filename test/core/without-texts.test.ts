import { expect, test } from "vitest";
import { withoutTexts } from "../../controller/core/without-texts.ts";

test.each([
  ["update a set b = 'secret' where id = 1", "update a set b = '…' where id = 1"],
  ["select 'it''s secret', 'so'", "select '…', '…'"],
  ["select\n\t1", "select 1"],
  // An apostrophe of a comment is none.
  ["-- it's slow\nupdate a set b = 'secret'", "update a set b = '…'"],
  ["/* it's */ update a set b = 'secret'", "update a set b = '…'"],
  ["/* a /* it's */ isn't */ update a set b = 'secret'", "update a set b = '…'"],
  ["/***/ select 1 /**/ - 2 / 3 * 4", "select 1 - 2 / 3 * 4"],
  ["select 'a -- b', 'secret' -- it's", "select '…', '…'"],
  // Nor is that of a name.
  [`select "it's" from "say ""a""" where b = 'secret'`, `select "it's" from "say ""a""" where b = '…'`],
  // Backslashes.
  [String.raw`select E'it\'s secret', e'\\', 'so'`, "select '…', '…', '…'"],
  [String.raw`select 'C:\a\\', 'so'`, "select '…', '…'"],
  [String.raw`select 'it\'s secret', 'so'`, "select…"],
  [String.raw`select date'2020-01-01', x'ff', U&'\0061'`, "select date'…', x'…', U&'…'"],
  // Dollars.
  ["select $$it's secret$$, $a$ $$ it's $b$ $a$, 'so'", "select '…', '…', '…'"],
  ["select a$b$ from t$1$ where c = $1 and d = 'secret$1$'", "select a$b$ from t$1$ where c = $1 and d = '…'"],
  ["select ü$b$, 'secret$b$'", "select ü$b$, '…'"],
  // The server keeps the beginning only.
  ["insert into a values ('secret and no e", "insert into a values (…"],
  ["select 1 /* secret", "select 1…"],
  ["select $a$ secret $b$", "select…"],
  ['select 1 "nam', "select 1…"],
  ["select E'secret\\", "select E…"],
  [`select ${"a, ".repeat(40)}`, `select ${"a, ".repeat(24)}a…`],
  ["", ""],
])("%j is told as %j", (statement, told) => {
  expect(withoutTexts(statement)).toBe(told);
});
