import { expect, test } from "vitest";
import { errorsIn, load, told } from "./table.ts";

const project = "project: { name: app }\nenvironments:\n";

const configOf = (environments: string, name = "dev"): unknown => {
  const source = load(`${project}${environments}`, { usable: "none", beside: { Procfile: "", A: "", B: "" } });
  return JSON.parse(JSON.stringify(source.environments.get(name)?.config));
};

test.each<[string, string, unknown]>([
  [
    "maps merge, lists and values replace",
    "  base: { template: true, postgres: { port: 1, extensions: [a, b], parameters: { x: 1, y: 2 } } }\n  dev: { extends: base, postgres: { port: 2, extensions: [c], parameters: { y: 3 } } }",
    { extends: "base", postgres: { port: 2, extensions: ["c"], parameters: { x: "1", y: "3" } } },
  ],
  [
    "through several generations, in any order of the file",
    "  dev: { extends: mid, protected: true }\n  mid: { template: true, extends: base, postgres: { port: 3 } }\n  base: { template: true, variables: { A: 1 }, postgres: { port: 2, user: u } }",
    { extends: "mid", protected: true, variables: { A: "1" }, postgres: { port: 3, user: "u" } },
  ],
  [
    "a key with nothing after it inherits",
    "  base: { template: true, postgres: { port: 7 } }\n  dev: { extends: base, postgres: }",
    { extends: "base", postgres: { port: 7 } },
  ],
  ["template is not handed down", "  base: { template: true }\n  dev: { extends: base }", { extends: "base" }],
  [
    "another form of a secret takes the place of the inherited one",
    "  base: { template: true, postgres: { password: { env: A } } }\n  dev: { extends: base, postgres: { password: { file: b } } }",
    { extends: "base", postgres: { password: { file: "b" } } },
  ],
  [
    "another deployment takes the place of the inherited one",
    "  base: { template: true, deployment: { compose: A } }\n  dev: { extends: base, deployment: { procfile: Procfile } }",
    { extends: "base", deployment: { procfile: "Procfile" } },
  ],
  ["notes under environments are none", "  x-base: { nonsense: 1 }\n  dev: { x-mine: { nonsense: 1 } }", {}],
])("%s", (_name, text, expected) => expect(configOf(text)).toEqual(expected));

test.each<[string, string, readonly string[]]>([
  ["itself", "  dev: { extends: dev }", ["CONFIG_EXTENDS .poststack.yml:3:19"]],
  [
    "a circle of three, told once",
    "  a: { extends: b }\n  b: { extends: c }\n  c: { extends: a }",
    ["CONFIG_EXTENDS .poststack.yml:5:17"],
  ],
  ["nothing", "  dev: { extends: bas }\n  base: {}", ["CONFIG_EXTENDS .poststack.yml:3:19"]],
  ["a note", "  dev: { extends: x-base }\n  x-base: {}", ["CONFIG_EXTENDS .poststack.yml:3:19"]],
  ["something that is no name", "  dev: { extends: [base] }\n  base: {}", ["CONFIG_TYPE .poststack.yml:3:10"]],
])("extending %s is an error", (_name, text, expected) => {
  expect(told(() => load(`${project}${text}`, { usable: "none" }))).toEqual(expected);
});

test("the name that was meant is suggested", () => {
  const [error] = errorsIn(() => load(`${project}  dev: { extends: bas }\n  base: {}`));
  expect(error?.message).toBe("no environment `bas` to extend; did you mean `base`?");
});

test("a mistake that is handed down is told once, where it stands", () => {
  const text = `${project}  base: { postgres: { prot: 1 } }\n  dev: { extends: base, postgres: { port: 1 } }\n  staging: { extends: base }`;
  expect(told(() => load(text))).toEqual(["CONFIG_UNKNOWN_KEY .poststack.yml:3:23"]);
});

test("what is inherited keeps its place", () => {
  const source = load(
    `${project}  base: { postgres: { port: 7, user: u } }\n  dev: { extends: base, postgres: { port: 8 } }`,
    { chosen: "dev" },
  );
  const { placeOf } = source.environments.get("dev") ?? {};
  expect([placeOf?.(["postgres", "user"])?.line, placeOf?.(["postgres", "port"])?.line]).toEqual([3, 4]);
  expect(placeOf?.(["postgres", "database"])).toEqual({ file: ".poststack.yml", line: 4, column: 25 });
});

test("a family tree that multiplies is refused before it fills the memory", () => {
  const base = `  e0: { variables: { ${Array.from({ length: 5000 }, (_, index) => `A${index}: 1`).join(", ")} } }`;
  const heirs = Array.from(
    { length: 150 },
    (_, index) => `  e${index + 1}: { extends: e${index}, variables: { B${index}: 1 } }`,
  );
  expect(told(() => load(`${project}${[base, ...heirs].join("\n")}`))[0]).toMatch(/^CONFIG_LIMIT /);
});
