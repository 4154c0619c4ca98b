import { describe, expect, test } from "vitest";
import type { Tree } from "../../controller/config/tree.ts";
import { parseYaml } from "../../controller/config/yaml.ts";
import { errorsIn, told } from "./table.ts";

const parse = (text: string | Buffer): Tree => parseYaml(Buffer.from(text as string), "f.yml");

/** The tree without places, maps as lists of pairs. */
function bare(tree: Tree): unknown {
  if (tree.type === "scalar") return tree.value;
  if (tree.type === "list") return tree.items.map(bare);
  return Array.from(tree.entries, ([key, entry]) => [key, bare(entry.tree)]);
}

const repeated = (text: string, bytes = 1024 * 1024): string => text.repeat(Math.floor(bytes / text.length));
const at = (found: Tree | undefined): string => (found ? `${found.place.line}:${found.place.column}` : "");
const ofNine = (name: string, inner: string): string => `${name}: &${name} [${Array(9).fill(inner).join(",")}]`;
const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n");

test.each<[string, string, unknown]>([
  [
    "plain texts mean what the core schema of YAML 1.2 says",
    "[yes, 1:30, 0o17, 0x1F, 1e3, ~, .5]",
    ["yes", "1:30", 15, 31, 1000, null, 0.5],
  ],
  ["a YAML 1.1 directive changes nothing", "%YAML 1.1\n---\n[yes, 010]", ["yes", 10]],
  ["quotes make text", "['1', \"true\"]", ["1", "true"]],
  ["a tag of the core schema is obeyed", "[!!str 1, !!int '2']", ["1", 2]],
  [
    "an anchor and its aliases are one value",
    "a: &x [1]\nb: *x",
    [
      ["a", [1]],
      ["b", [1]],
    ],
  ],
  [
    "a merge key adds what is not written",
    "a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}",
    [
      [
        "a",
        [
          ["p", 1],
          ["q", 2],
        ],
      ],
      [
        "b",
        [
          ["q", 3],
          ["p", 1],
        ],
      ],
    ],
  ],
  [
    "of several merges the earlier wins",
    "a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y]}",
    [
      ["a", [["p", 1]]],
      [
        "b",
        [
          ["p", 2],
          ["q", 2],
        ],
      ],
      [
        "c",
        [
          ["p", 1],
          ["q", 2],
        ],
      ],
    ],
  ],
  ["a quoted << is a key like any other", "'<<': 1", [["<<", 1]]],
  [
    "names of Object's prototype are keys like any other",
    "__proto__: 1\nconstructor: 2\ntoString: 3",
    [
      ["__proto__", 1],
      ["constructor", 2],
      ["toString", 3],
    ],
  ],
  [
    "a byte order mark and CRLF are no part of the text",
    "\uFEFFa: 1\r\nb: x\r\n",
    [
      ["a", 1],
      ["b", "x"],
    ],
  ],
  ["nothing is null", "", null],
])("%s", (_name, text, expected) => expect(bare(parse(text))).toEqual(expected));

test("every value has the place of its first character, every key its own", () => {
  const tree = parse("a:\n  - x: 'ü'\n    y: 2\n");
  const list = tree.type === "map" ? tree.entries.get("a")?.tree : undefined;
  const map = list?.type === "list" ? list.items[0] : undefined;
  const y = map?.type === "map" ? map.entries.get("y") : undefined;
  expect([at(list), at(map), `${y?.place.line}:${y?.place.column}`, at(y?.tree)]).toEqual(["2:3", "2:5", "3:5", "3:8"]);
});

test.each([
  ["a: *b", "no anchor `&b` stands above"],
  ["a: *b\nc: &b 1", "no anchor `&b` stands above"],
  ["a: &a [*a]", "`*a` holds itself"],
])("%j: %s", (text, what) => {
  expect(errorsIn(() => parse(text)).map(({ message }) => message)).toEqual([what]);
});

describe("what is not a configuration is refused with its place", () => {
  test.each<[string, string | Buffer, readonly string[]]>([
    ["an open bracket", "a: [1,2", ["CONFIG_SYNTAX f.yml:1:8"]],
    ["an open quote", "a: 'x", ["CONFIG_SYNTAX f.yml:1:6"]],
    ["two colons", "a: b: c", ["CONFIG_SYNTAX f.yml:1:4"]],
    ["a tab as indentation", "a:\n\tb: 1", ["CONFIG_SYNTAX f.yml:2:1"]],
    ["an unknown tag", "a: !foo 1", ["CONFIG_SYNTAX f.yml:1:4"]],
    ["a tag beyond the core schema", "a: !!binary aGk=", ["CONFIG_SYNTAX f.yml:1:13"]],
    ["an alias without an anchor", "a: *b", ["CONFIG_SYNTAX f.yml:1:4"]],
    ["an alias inside what it names", "a: &a [*a]", ["CONFIG_SYNTAX f.yml:1:8"]],
    ["a second document", "a: 1\n---\nb: 2", ["CONFIG_SYNTAX f.yml:2:1"]],
    ["a list as a key", "? [1]\n: 2", ["CONFIG_SYNTAX f.yml:1:3"]],
    ["a key that is nothing", "~: 1", ["CONFIG_SYNTAX f.yml:1:1"]],
    ["a merge of a text", "<<: 1", ["CONFIG_SYNTAX f.yml:1:5"]],
    ["a NUL", "a: 1\nb: \0", ["CONFIG_SYNTAX f.yml:2:4"]],
    ["UTF-16 with its mark", Buffer.from("\uFEFFa: 1", "utf16le"), ["CONFIG_SYNTAX f.yml:1:1"]],
    ["UTF-16 without one", Buffer.from("a: 1", "utf16le"), ["CONFIG_SYNTAX f.yml:1:2"]],
    ["Latin-1", Buffer.from("a: 1\nb: \xe4", "latin1"), ["CONFIG_SYNTAX f.yml:2:4"]],
    [
      "every duplicate key",
      "a: 1\n'a': 2\n1: x\n\"1\": y",
      ["CONFIG_DUPLICATE_KEY f.yml:2:1", "CONFIG_DUPLICATE_KEY f.yml:4:1"],
    ],
    ["two merges in one map", "a: &x {}\nb: {<<: *x, <<: *x}", ["CONFIG_DUPLICATE_KEY f.yml:2:13"]],
  ])("%s", (_name, text, expected) => {
    expect(told(() => parse(text))).toEqual(expected);
    for (const { facts } of errorsIn(() => parse(text))) expect(facts.next).toBeTruthy();
  });
});

describe("limits hold before anything is built", () => {
  const bomb = ["x", "a", "b", "c", "d", "e"].map((inner, index) =>
    ofNine("abcdef".charAt(index), index ? `*${inner}` : inner),
  );

  test.each<[string, string]>([
    ["a megabyte of brackets", repeated("[")],
    ["a megabyte of braces", repeated("{")],
    ["a megabyte of open maps", repeated("{a: ")],
    ["a megabyte of dashes", repeated("- ")],
    ["a megabyte of question marks", repeated("? ")],
    ["a megabyte of colons", repeated(": ")],
    ["a mixture of them", repeated("- ? : ")],
    ["1,000 steps of indentation", lines(1000, (index) => `${" ".repeat(index)}a:`)],
    ["65 levels", `${"[".repeat(65)}${"]".repeat(65)}`],
    ["65 levels by aliases", `a0: &a0 x\n${lines(80, (i) => `a${i + 1}: &a${i + 1} [*a${i}]`)}`],
    ["101 aliases", `a: &a 1\nb: [${Array(101).fill("*a").join(",")}]`],
    ["a bomb of aliases", bomb.join("\n")],
    ["60,000 keys", lines(60_000, (index) => `key${index}: ${index}`)],
    ["a megabyte of commas", `[${repeated(",")}`.slice(0, 1024 * 1024)],
    ["a megabyte of tags", repeated("!x ")],
    ["a megabyte of documents", repeated("---\n")],
    ["10 MB", repeated("a: 1\n", 10 * 1024 * 1024)],
  ])("%s", (_name, text) => expect(errorsIn(() => parse(text)).map(({ code }) => code)).toEqual(["CONFIG_LIMIT"]));

  test("a bomb of merges goes off before it is built", () => {
    const text = `a: &a\n${lines(12_000, (i) => `  k${i}: 1`)}\n${lines(99, (i) => `b${i}: {<<: *a}`)}`;
    expect(errorsIn(() => parse(text)).map(({ message }) => message)).toEqual([
      "more than 100000 values, merges followed",
    ]);
  });

  test.each<[string, string]>([
    ["64 levels", `${"[".repeat(64)}${"]".repeat(64)}`],
    ["31 maps inside each other", lines(31, (index) => `${"  ".repeat(index)}a:`)],
    ["100 aliases", `a: &a 1\nb: [${Array(100).fill("*a").join(",")}]`],
    ["brackets and stars inside texts", `a: "${"[*".repeat(500)}"\nb: |\n  ${"[ *x - ? ".repeat(500)}\n`],
    ["a text of a megabyte", `a: ${repeated("x", 1024 * 1024 - 3)}`],
    ["10,000 keys", lines(10_000, (index) => `key${index}: ${index}`)],
  ])("%s is no bomb", (_name, text) => expect(() => parse(text)).not.toThrow());
});
