import { describe, expect, test } from "vitest";
import { told } from "../table.ts";
import { load, printed, service, serviceOf, warned } from "./kit.ts";

const servicesOf = (files: Readonly<Record<string, string>>): unknown => printed(load(files))["services"];
const plain = { networks: { default: null } };

describe("extends", () => {
  test("a service of the same file, through another one", () => {
    const text =
      "services:\n  a: { extends: b, cap_add: [A] }\n  b: { extends: { service: c }, user: b }\n  c: { image: x, user: c, cap_add: [C] }\n";
    expect(service(text)).toEqual({ image: "x", user: "b", cap_add: ["C", "A"] });
  });

  test("a service of another file, whose paths are relative to that file", () => {
    const files = {
      "compose.yaml": "services: { a: { extends: { file: sub/base.yaml, service: b } } }",
      "sub/base.yaml": "services:\n  b: { extends: { file: deep/base.yaml, service: c }, env_file: b.env }\n",
      "sub/b.env": "B=1\n",
      "sub/deep/base.yaml": "services:\n  c: { build: ., volumes: [./d:/d] }\n",
    };
    expect(service(files)).toEqual({
      build: { context: "<project>/sub/deep", dockerfile: "Dockerfile" },
      environment: { B: "1" },
      volumes: [{ type: "bind", source: "<project>/sub/deep/d", target: "/d", bind: { create_host_path: true } }],
    });
  });

  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ["itself", { "c.yaml": "services:\n  a: { image: x, extends: a }\n" }, ["CONFIG_EXTENDS c.yaml:2:18"]],
    [
      "a circle through another file",
      {
        "c.yaml": "services:\n  a: { image: x, extends: { file: d.yaml, service: b } }\n",
        "d.yaml": "services:\n  b: { extends: { file: c.yaml, service: a } }\n",
      },
      ["CONFIG_EXTENDS c.yaml:2:18"],
    ],
    ["nobody", { "c.yaml": "services:\n  a: { image: x, extends: b }\n" }, ["CONFIG_EXTENDS c.yaml:2:27"]],
    [
      "nobody of another file",
      {
        "c.yaml": "services:\n  a: { image: x, extends: { file: d.yaml, service: b } }\n",
        "d.yaml": "services: { c: { image: x } }",
      },
      ["CONFIG_EXTENDS c.yaml:2:52"],
    ],
    [
      "a file that is not there",
      { "c.yaml": "services:\n  a: { image: x, extends: { file: d.yaml, service: b } }\n" },
      ["FILE_MISSING c.yaml:2:35"],
    ],
    [
      "a file elsewhere",
      { "c.yaml": "services:\n  a: { image: x, extends: { file: 'https://x/d.yaml', service: b } }\n" },
      ["COMPOSE_REFUSED c.yaml:2:35"],
    ],
  ])("%s is told", (_name, files, expected) => expect(told(() => load(files))).toEqual(expected));
});

describe("include", () => {
  test("without a value includes nothing", () => {
    const files = { "compose.yaml": "include:\nservices: { c: { image: x } }\n" };
    expect(servicesOf(files)).toEqual({ c: { image: "x", ...plain } });
  });

  test("a file with its own folder, its own .env and its own override", () => {
    const files = {
      "compose.yaml": "include:\n  - path: [sub/a.yaml, sub/b.yaml]\nservices: { c: { image: 'x:$TAG' } }\n",
      ".env": "TAG=1\n",
      "sub/a.yaml": "services: { a: { image: 'x:$TAG-$OWN', volumes: ['./d:/d'], environment: [OWN] } }\n",
      "sub/b.yaml": "services: { a: { user: '5' } }\n",
      "sub/.env": "TAG=2\nOWN=3\n",
    };
    expect(servicesOf(files)).toEqual({
      a: {
        image: "x:1-3",
        user: "5",
        environment: { OWN: "3" },
        volumes: [{ type: "bind", source: "<project>/sub/d", target: "/d", bind: { create_host_path: true } }],
        ...plain,
      },
      c: { image: "x:1", ...plain },
    });
  });

  test("env files instead of .env, and another project directory", () => {
    const files = {
      "compose.yaml": "include: [{ path: sub/a.yaml, env_file: my.env, project_directory: other }]",
      "my.env": "TAG=7\n",
      "sub/a.yaml": "services: { a: { image: 'x:$TAG', volumes: ['./d:/d'] } }\n",
      "other/.env": "TAG=8\n",
    };
    expect(servicesOf(files)).toEqual({
      a: {
        image: "x:7",
        volumes: [{ type: "bind", source: "<project>/other/d", target: "/d", bind: { create_host_path: true } }],
        ...plain,
      },
    });
  });

  test("what two files say alike is no conflict", () => {
    const files = {
      "c.yaml": "include: [a.yaml, b.yaml]",
      "a.yaml": serviceOf("tty: true"),
      "b.yaml": serviceOf("tty: true"),
    };
    expect(servicesOf(files)).toEqual({ a: { image: "x", tty: true, ...plain } });
  });

  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      "a conflict",
      { "c.yaml": `include: [a.yaml]\n${serviceOf("user: b")}`, "a.yaml": serviceOf("user: a") },
      ["COMPOSE_CONFLICT c.yaml:3:3"],
    ],
    ["a circle", { "c.yaml": "include: [a.yaml]", "a.yaml": "include: [c.yaml]" }, ["CONFIG_EXTENDS a.yaml:1:11"]],
    ["a file that is not there", { "c.yaml": "include: [a.yaml]" }, ["FILE_MISSING c.yaml:1:11"]],
    ["a file elsewhere", { "c.yaml": "include: ['oci://x/y']" }, ["COMPOSE_REFUSED c.yaml:1:11"]],
    [
      "an unknown key",
      { "c.yaml": "include: [{ path: a.yaml, pth: b }]", "a.yaml": "x-a: 1" },
      ["CONFIG_UNKNOWN_KEY c.yaml:1:27"],
    ],
  ])("%s is told", (_name, files, expected) => expect(told(() => load(files))).toEqual(expected));
});

describe("env files", () => {
  const files = (envFile: string, lines = ""): Readonly<Record<string, string>> => ({
    "compose.yaml": serviceOf(`env_file: ${envFile}\n${lines}`),
    "a.env": "A=1\nB=$A-$SHELL\nPASS\n",
    "b.env": "A='$x'\nC=3\n",
    ".env": "SHELL=dot\n",
  });

  test.each<[string, Readonly<Record<string, string>>, object]>([
    ["one", files("a.env"), { A: "1", B: "1-dot" }],
    ["several, the later on top", files("[a.env, { path: b.env }]"), { A: "$$x", B: "1-dot", C: "3" }],
    ["below what the service says itself", files("a.env", "environment: { A: own }"), { A: "own", B: "1-dot" }],
    ["raw", files("[{ path: b.env, format: raw }]"), { A: "'$$x'", C: "3" }],
    ["missing and not required", files("[a.env, { path: no.env, required: false }]"), { A: "1", B: "1-dot" }],
  ])("%s", (_name, all, environment) => expect(service(all)).toEqual({ image: "x", environment }));

  test("a missing one is told where it is named, unless its service is not active", () => {
    expect(told(() => load(files("no.env")))).toEqual(["FILE_MISSING compose.yaml:4:15"]);
    expect(load(files("no.env", "profiles: [p]")).project.services.size).toBe(0);
  });

  test("a value of a file has its place there", () => {
    const { placeOf } = load(files("b.env"));
    expect(placeOf(["services", "a", "environment", "C"])).toEqual({ file: "b.env", line: 2, column: 1 });
  });

  test("label files work likewise", () => {
    expect(service({ "c.yaml": serviceOf("label_file: l\nlabels: { a: own }"), l: "a=1\nb=2\n" })).toEqual({
      image: "x",
      labels: { a: "own", b: "2" },
    });
  });
});

describe("variables", () => {
  test("the shell, then .env; what neither has is empty, which is told once", () => {
    const files = { "c.yaml": serviceOf("user: $A-$B-$C\nhostname: ${C}${D:-d}$$E"), ".env": "A=dot\nB=dot\n" };
    const loaded = load(files, { shell: new Map([["A", "shell"]]) });
    expect(loaded.project.services.get("a")).toMatchObject({ user: "shell-dot-", hostname: "d$E" });
    expect(warned(loaded)).toEqual(["c.yaml:4:11 the variable C is not set: an empty text stands for it"]);
  });

  test("what .env itself lacks is told there", () => {
    const loaded = load({ "c.yaml": serviceOf("user: $A"), ".env": "A=1$B\n" });
    expect(warned(loaded)).toEqual([".env:1:1 the variable B is not set: an empty text stands for it"]);
  });

  test("keys and values of variables are not looked at", () => {
    const loaded = load(serviceOf("labels: { $A: $A }"), { shell: new Map([["A", "$B"]]) });
    expect(loaded.project.services.get("a")?.labels).toEqual(new Map([["$A", "$B"]]));
  });

  test.each<[string, string, string]>([
    ["a bad one", "user: ${", "VARIABLE_SYNTAX compose.yaml:4:11"],
    ["one that must be set", "user: ${A:?set it}", "VARIABLE_REQUIRED compose.yaml:4:11"],
    ["one that gives no number", "scale: ${A:-x}", "CONFIG_TYPE compose.yaml:4:12"],
  ])("%s is told", (_name, line, expected) => expect(told(() => load(serviceOf(line)))).toEqual([expected]));

  test("a secret's value is there, and is not shown", () => {
    const text = `${serviceOf("secrets: [s]")}secrets: { s: { environment: S } }\n`;
    const loaded = load(text, { shell: new Map([["S", "canary"]]) });
    expect(loaded.project.secrets.get("s")?.value).toBeDefined();
    expect(JSON.stringify([...loaded.project.secrets]) + JSON.stringify(printed(loaded))).not.toContain("canary");
  });
});

describe("profiles", () => {
  const text = `services:
  a: { image: x, depends_on: { b: { condition: service_started, required: false } } }
  b: { image: x, profiles: [p, q], networks: [n] }
networks: { n: }
`;
  test.each<[string, readonly string[], string | undefined, readonly string[]]>([
    ["none", [], undefined, ["a"]],
    ["one", ["q"], undefined, ["a", "b"]],
    ["all", ["*"], undefined, ["a", "b"]],
    ["from the shell", [], "o,p", ["a", "b"]],
  ])("%s", (_name, profiles, shell, expected) => {
    const loaded = load(text, { profiles, shell: new Map(shell === undefined ? [] : [["COMPOSE_PROFILES", shell]]) });
    expect([...loaded.project.services.keys()]).toEqual(expected);
    expect(loaded.project.networks.has("n")).toBe(expected.includes("b"));
  });

  test("what only a build uses is used, what nobody uses is left out", () => {
    const secrets = "secrets: { s: { file: f }, t: { file: f } }\nvolumes: { v: }\nconfigs: { c: { content: x } }\n";
    const { project } = load(`${serviceOf("build: { context: ., secrets: [s] }")}${secrets}`);
    expect([...project.secrets.keys(), ...project.volumes.keys(), ...project.configs.keys()]).toEqual(["s"]);
  });

  test("a service that is needed must be active", () => {
    expect(told(() => load(text.replace("required: false", "required: true")))).toEqual([
      "COMPOSE_REFERENCE compose.yaml:2:32",
    ]);
  });
});

describe("the project's name", () => {
  const named = (
    files: Readonly<Record<string, string>>,
    shell: Readonly<Record<string, string>> = {},
    name?: string,
  ): string => load(files, { shell: new Map(Object.entries(shell)), name: name ?? "" }).project.name;
  const text = `name: "in-$X"\n${serviceOf("")}`;

  test.each<[string, () => string, string]>([
    ["is what the caller says", () => named({ "c.yaml": text }, { COMPOSE_PROJECT_NAME: "shell" }, "given"), "given"],
    ["or the shell", () => named({ "c.yaml": text }, { COMPOSE_PROJECT_NAME: "shell" }), "shell"],
    ["or .env", () => named({ "c.yaml": text, ".env": "COMPOSE_PROJECT_NAME=dot\n" }), "dot"],
    ["or the file", () => named({ "c.yaml": text }, { X: "file" }), "in-file"],
  ])("%s", (_name, work, expected) => expect(work()).toBe(expected));

  test("is what the last file says that says one", () => {
    const files = { "a.yaml": `name: first\n${serviceOf("")}`, "b.yaml": "name: last\n", "c.yaml": "x-a: 1\n" };
    expect(load(files, { name: "", composeFiles: Object.keys(files) }).project.name).toBe("last");
  });

  test("is a variable, too", () =>
    expect(service(serviceOf("user: $COMPOSE_PROJECT_NAME"))).toMatchObject({ user: "test" }));

  test("must be a name", () => {
    expect(told(() => load(`name: A b\n${serviceOf("")}`, { name: "" }))).toEqual(["COMPOSE_NAME compose.yaml:1:7"]);
  });

  test("is part of what has no name of its own", () => {
    const { project } = load(
      `${serviceOf("networks: [n, o, e]\nvolumes: ['v:/v']")}networks: { n: , o: { name: own }, e: { external: true } }\nvolumes: { v: { external: { name: old } } }\n`,
    );
    expect([...project.networks].map(([key, { name }]) => [key, name])).toEqual([
      ["n", "test_n"],
      ["o", "own"],
      ["e", "e"],
    ]);
    expect(project.volumes.get("v")).toEqual({ name: "old", external: true });
  });
});
