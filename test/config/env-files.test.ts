import { describe, expect, test } from "vitest";
import { readEnvFiles } from "../../controller/config/env-files.ts";
import { projectWith } from "../support/project.ts";

const shell = new Map([["S", "shell"]]);

/** What each name is in the end: of the strongest file that has it. */
function values(texts: Readonly<Record<string, string>>, given: readonly string[]): Readonly<Record<string, string>> {
  const weakestFirst = readEnvFiles(projectWith(texts).files, "dev", given, shell).toReversed();
  return Object.fromEntries(
    weakestFirst.flatMap(({ entries }) => [...entries].map(([name, { value }]) => [name, value])),
  );
}

test.each<[string, Readonly<Record<string, string>>, readonly string[], Readonly<Record<string, string>>]>([
  ["no file, no variable", {}, [], {}],
  ["the environment's own", { "environments/dev.env": "A=1\nB=$A" }, [], { A: "1", B: "1" }],
  ["another environment's is not read", { "environments/prod.env": "A=1" }, [], {}],
  ["a given one is stronger", { "environments/dev.env": "A=1\nB=1", "x.env": "A=2" }, ["x.env"], { A: "2", B: "1" }],
  ["the last given is strongest", { "x.env": "A=x", "y.env": "A=y" }, ["x.env", "y.env"], { A: "y" }],
  [
    "a file sees the weaker ones",
    { "environments/dev.env": "A=1", "x.env": "B=${A}x" },
    ["x.env"],
    { A: "1", B: "1x" },
  ],
  ["the shell wins inside", { "environments/dev.env": "S=file\nB=$S" }, [], { S: "file", B: "shell" }],
])("%s", (_name, texts, given, expected) => expect(values(texts, given)).toEqual(expected));

describe("errors", () => {
  test.each([
    ["an undefined variable", "A=1\nB=$NOPE", "VARIABLE_UNDEFINED", 2],
    ["a required variable", "B=${NOPE:?x}", "VARIABLE_REQUIRED", 1],
    ["no name", "=x", "ENV_FILE_SYNTAX", 1],
    ["a NUL", 'A="\\0000"', "ENV_FILE_SYNTAX", 1],
    ["an open quote", 'A=1\nB="x', "ENV_FILE_SYNTAX", 2],
  ])("%s", (_name, text, code, line) => {
    expect(() => values({ "environments/dev.env": text }, [])).toThrow(
      expect.objectContaining({
        facts: expect.objectContaining({
          code,
          where: expect.objectContaining({ file: "environments/dev.env", line }),
        }),
      }),
    );
  });

  test("a given file that does not exist", () => {
    expect(() => values({}, ["x.env"])).toThrow(expect.objectContaining({ code: "FILE_MISSING" }));
  });
});
