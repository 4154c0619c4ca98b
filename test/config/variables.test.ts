import { describe, expect, test } from "vitest";
import type { EnvFile } from "../../controller/config/env-files.ts";
import { explain } from "../../controller/config/provenance.ts";
import { variablesOf, type VariableSources } from "../../controller/config/variables.ts";
import { reveal, Secret } from "../../controller/core/secret.ts";

const place = { file: ".poststack.yml", line: 9, column: 5 };
const written = (variables: Readonly<Record<string, string>>): VariableSources["written"] =>
  new Map(
    Object.entries(variables).map(([name, text], index) => [name, { text, place: { ...place, line: 10 + index } }]),
  );
const envFile = (path: string, entries: Readonly<Record<string, string>>): EnvFile => ({
  path,
  entries: new Map(
    Object.entries(entries).map(([name, value], index) => [
      name,
      { value, place: { file: path, line: index + 1, column: 1 } },
    ]),
  ),
});
const map = (values: Readonly<Record<string, string>>): ReadonlyMap<string, string> => new Map(Object.entries(values));
const variables = (sources: Partial<VariableSources>) =>
  variablesOf({ injected: new Map(), written: new Map(), shell: new Map(), envFiles: [], ...sources });

describe("layers", () => {
  const layers = variables({
    injected: map({ A: "injected" }),
    written: written({ A: "written", B: "written" }),
    shell: map({ A: "shell", B: "shell", C: "shell" }),
    envFiles: [envFile("given.env", { C: "given", D: "given" }), envFile("dev.env", { C: "own", D: "own", E: "own" })],
  });

  test.each([
    ["A", "injected"],
    ["B", "written"],
    ["C", "shell"],
    ["D", "given"],
    ["E", "own"],
    ["F", undefined],
  ])("%s comes from the strongest layer that has it", (name, value) => {
    expect(layers.get(name)?.value).toBe(value);
  });

  test("explain names the source and what it hides, with places", () => {
    expect(explain(layers, "C")).toEqual({
      name: "C",
      layer: "shell",
      value: "shell",
      hides: [
        { layer: "env file", value: "given", place: { file: "given.env", line: 1, column: 1 } },
        { layer: "env file", value: "own", place: { file: "dev.env", line: 1, column: 1 } },
      ],
    });
    expect(explain(layers, "B")?.place).toEqual({ ...place, line: 11 });
    expect(explain(layers, "F")).toBeUndefined();
  });

  test("explain does not show a secret, nor what is made of one", () => {
    const secret = variables({
      injected: new Map([["DB_PASSWORD", new Secret("canary")]]),
      written: written({ URL: "redis://:${DB_PASSWORD}@h" }),
    });
    expect(explain(secret, "DB_PASSWORD")?.value).toBe("«secret»");
    expect(explain(secret, "URL")?.value).toBe("«secret»");
  });
});

describe("variables made of others", () => {
  test.each<[string, Readonly<Record<string, string>>, string]>([
    ["in any order", { X: "${B}!", A: "1", B: "${A}2" }, "12!"],
    ["of their own weaker self", { X: "${X:-none} more" }, "shell more"],
    ["of a shell variable", { X: "$SHELL_ONLY" }, "s"],
    ["with a dollar in the value, which stays", { X: "${DOLLAR}" }, "a$b${c}"],
    ["of __proto__", JSON.parse('{"X":"${__proto__}","__proto__":"p"}') as Record<string, string>, "p"],
    ["of a branch that is not taken", { X: "${SHELL_ONLY:-${NOWHERE}}" }, "s"],
  ])("%s", (_name, texts, expected) => {
    const shell = map({ X: "shell", SHELL_ONLY: "s", DOLLAR: "a$b${c}" });
    expect(variables({ written: written(texts), shell }).get("X")?.value).toBe(expected);
  });

  test.each<[string, Readonly<Record<string, string>>, string, string, number]>([
    ["an undefined one", { X: "${NOWHERE}" }, "VARIABLE_UNDEFINED", "variable NOWHERE has no value", 10],
    ["an undefined one behind another", { X: "$Y", Y: "$NOWHERE" }, "VARIABLE_UNDEFINED", "variable NOWHERE", 11],
    ["a required one", { X: "${NOWHERE:?say where}" }, "VARIABLE_REQUIRED", "say where", 10],
    ["one that does not parse", { X: "${" }, "VARIABLE_SYNTAX", "does not parse", 10],
    ["a circle", { X: "$Y", Y: "$Z", Z: "$Y" }, "VARIABLE_CYCLE", "Y → Z → Y is a circle", 11],
    ["a NUL", { X: "a\0b" }, "CONFIG_TYPE", "NUL", 10],
  ])("%s is an error with its place", (_name, texts, code, what, line) => {
    const { get } = variables({ written: written(texts) });
    expect(() => get("X")).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(what),
        facts: expect.objectContaining({ code, where: { ...place, line } }),
      }),
    );
  });

  test("one that nobody uses cannot fail", () => {
    expect(variables({ written: written({ X: "1", Y: "$NOWHERE" }) }).get("X")?.value).toBe("1");
  });
});

describe("the environment: of one process", () => {
  const { get } = variables({
    own: written({ A: "own ${A}", B: "own ${C}" }),
    written: written({ A: "written ${A}", C: "${D}", D: "written" }),
    shell: map({ A: "shell" }),
  });

  test("stands before variables:, and may refer to what it hides, level by level", () => {
    expect(get("A")?.value).toBe("own written shell");
  });

  test("refers to variables: by other names", () => expect(get("B")?.value).toBe("own written"));

  test("a circle over both is found", () => {
    const both = variables({ own: written({ X: "$Y" }), written: written({ Y: "$X" }) });
    expect(() => both.get("X")).toThrow("X → Y → X is a circle");
  });
});

describe("secrets", () => {
  const password = "a$b$$c${DB_HOST}'\" \\";
  const { interpolate, get } = variables({
    injected: new Map<string, string | Secret>([
      ["DB_PASSWORD", new Secret(password)],
      ["DB_HOST", "h"],
    ]),
    written: written({ OUTER: "[${INNER:-x}]", INNER: "${DB_HOST}:${DB_PASSWORD}" }),
  });

  test("what is made of a secret is one, and holds it unharmed", () => {
    const outer = get("OUTER")?.value;
    expect(outer).toBeInstanceOf(Secret);
    expect(reveal(outer as Secret)).toBe(`[h:${password}]`);
    expect(String(outer)).toBe("«secret»");
  });

  test("what is made without one is plain", () => {
    expect(interpolate({ text: "${DB_HOST}", place })).toEqual({ value: "h", isPublic: true });
    expect(interpolate({ text: "${DB_PASSWORD:+set}", place }).value).toBe("set");
  });
});

describe("what a plan may show", () => {
  const { interpolate } = variables({
    injected: new Map<string, string | Secret>([
      ["HOST", "h"],
      ["PASSWORD", new Secret("p")],
    ]),
    written: written({ LEVEL: "debug", KEY: "${API_KEY}", NEXT: "${KEY}" }),
    shell: map({ API_KEY: "k" }),
    envFiles: [envFile("dev.env", { TOKEN: "t" })],
  });

  test.each([
    ["plain", true],
    ["${LEVEL}", true],
    ["${HOST}", true],
    ["${PASSWORD}", false],
    ["${API_KEY}", false],
    ["${TOKEN}", false],
    ["${NEXT}", false],
    ["${API_KEY:+yes}", false],
  ])("%s: %s", (text, isPublic) => expect(interpolate({ text, place }).isPublic).toBe(isPublic));
});
