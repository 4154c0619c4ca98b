import { expect, test } from "vitest";
import { withoutComments } from "../../controller/core/sql-comments.ts";

const code = (sql: string): string => withoutComments(sql, { texts: "code" });
const blank = (sql: string): string => withoutComments(sql, { texts: "blank" });

test.each<[name: string, sql: string, expected: string]>([
  ["a line", "a -- b\nc", "a     \nc"],
  ["a line that ends the text", "a -- b", "a     "],
  ["a line of Windows", "a --b\r\nc", "a    \r\nc"],
  ["a block, with its lines", "a /* b\n c */ d", "a     \n      d"],
  ["blocks in one another", "a /* b /* c */ d */ e", "a                   e"],
  ["none in a text", "'a -'|| '- b'", "'a -'|| '- b'"],
  ["none that begins with a quoted name", 'a"--"; b', 'a"  "; b'],
  ["a quote that is doubled", "'a''b' -- c", "'a''b'     "],
  ["a quote behind a backslash ends a text", "'a\\' -- c", "'a\\'     "],
  ["but not where E stands before it", "E'a\\' b''c' -- d", "E'a\\' b''c'     "],
  ["the E of a word is none", "date'a\\' -- c", "date'a\\'     "],
  ["between dollars", "$a$ b -- c\n$a$ -- d", "$a$ b     \n$a$     "],
  ["an apostrophe between dollars", "$$it's$$ -- d", "$$it's$$     "],
  ["dollars in a name", "a$b$ -- c\n$b$", "a$b$     \n$b$"],
  ["a parameter", "$1 -- c", "$1     "],
  ["nothing that is not closed", "a -- b\n'c -- d", "a     \n'c -- d"],
  ["nor a comment", "a /* b -- c", "a /* b -- c"],
])("comments go: %s", (_name, sql, expected) => {
  expect(code(sql)).toBe(expected);
});

test("a text may be code, in which comments go, and never what is behind it", () => {
  expect(code("execute 'drop /* x */ table -- y'; drop")).toBe("execute 'drop         table     '; drop");
});

test("or its characters go", () => {
  expect(blank("comment is 'a; b''c' -- d\n; $$ 'x' $$")).toBe("comment is '    '' '     \n; $$ ' ' $$");
});

test("ten megabytes take no stack, and no time that grows with their square", () => {
  const many = `insert into t values ('it''s', $$x$$); -- note\n`.repeat(200_000);
  expect(code(many)).toHaveLength(many.length);
});
