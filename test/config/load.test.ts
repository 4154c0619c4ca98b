import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectFiles } from "../../controller/adapters/files.ts";
import { loadProject, readProject } from "../../controller/config/load.ts";
import { PoststackError, PoststackErrors } from "../../controller/core/errors.ts";
import { projectWith } from "../support/project.ts";
import { dev, errorsIn, load, told } from "./table.ts";

const shellOf = (variables: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(variables));
const environments = (text: string): string => `project: { name: app }\nenvironments:\n${text}`;
const external = (rest: string): string => `postgres: { url: "postgres://x:hunter2@DB.example.com/x"${rest} }`;
const said = (text: string, chosen?: string): readonly string[] =>
  errorsIn(() => load(text, { chosen })).map(({ message }) => message);
const configOf = (text: string, options: Parameters<typeof load>[1] = {}): unknown =>
  JSON.parse(JSON.stringify(load(text, { beside: { Procfile: "" }, ...options }).environments.get("dev")?.config));

describe("variables go in before validation", () => {
  const shell = shellOf({ N: "5433", EMPTY: "", TEXT: "a: [b]" });
  test.each<[string, string, unknown]>([
    ["true from a default is true", "protected: ${T:-true}", { protected: true }],
    ["a port from the shell is a number", "postgres: { port: $N }", { postgres: { port: 5433 } }],
    ["a port from a default is a number", "postgres:\n  port: ${NO:-1}", { postgres: { port: 1 } }],
    ["a quoted number stays text", 'postgres: { user: "$N" }', { postgres: { user: "5433" } }],
    ["a value cannot bring structure along", "postgres: { user: $TEXT }", { postgres: { user: "a: [b]" } }],
    ["an empty value counts as not written", "postgres: { user: $EMPTY, port: 1 }", { postgres: { port: 1 } }],
    ["a doubled dollar is one", "postgres: { user: a$$b }", { postgres: { user: "a$b" } }],
    [
      "variables: are stronger than the shell, and may use each other",
      "postgres: { user: $A }\nvariables: { A: '${N}', N: x }",
      { postgres: { user: "x" }, variables: { A: "${N}", N: "x" } },
    ],
    [
      "the environment's name is known",
      "postgres: { database: app_$POSTSTACK_ENVIRONMENT }",
      { postgres: { database: "app_dev" } },
    ],
    ["notes are not looked at", "x-note: $NOBODY\npostgres: { x-note: $NOBODY, port: 1 }", { postgres: { port: 1 } }],
    [
      "texts stay as written",
      "postgres: { version: 17, parameters: { fsync: off, random_page_cost: 1.10 } }\nvariables: { V: 1.10, H: 0x10, T: true }",
      {
        postgres: { version: "17", parameters: { fsync: "off", random_page_cost: "1.10" } },
        variables: { V: "1.10", H: "0x10", T: "true" },
      },
    ],
    [
      "what later stages know stays raw",
      "init: [{ run: [a, $DB_PORT, 1.10], environment: { X: $DB_NAME } }, { run: { j: { command: ['$DB_HOST'] } } }]\ndeployment: { procfile: Procfile, processes: { web: { ready: { http: 'http://127.0.0.1:${PORT}/' } } } }",
      {
        init: [
          { run: ["a", "$DB_PORT", "1.10"], environment: { X: "$DB_NAME" } },
          { run: { j: { command: ["$DB_HOST"] } } },
        ],
        deployment: { procfile: "Procfile", processes: { web: { ready: { http: "http://127.0.0.1:${PORT}/" } } } },
      },
    ],
    [
      "a name alone has all defaults",
      "postgres: { roles: { a: } }\ndeployment: { procfile: Procfile, processes: { web: } }",
      { postgres: { roles: { a: {} } }, deployment: { procfile: "Procfile", processes: { web: {} } } },
    ],
  ])("%s", (_name, body, expected) => {
    expect(configOf(dev(body), { shell })).toEqual(expected);
  });

  test("the environment's env file is weaker than the shell", () => {
    const beside = { "environments/dev.env": "A=file\nB=file\n" };
    const body = "postgres: { user: $A, database: $B }";
    expect(configOf(dev(body), { shell: shellOf({ A: "shell" }), beside })).toEqual({
      postgres: { user: "shell", database: "file" },
    });
  });
});

describe("an environment that cannot be used does not stand in the way of the others", () => {
  const text = environments(`  dev: { postgres: { port: 1 } }
  waiting: { postgres: { port: $NOBODY, user: "\${NOONE:?tell me}" } }
  later:
    deployment: { pod: pod.yml }
    init: [{ compose: compose.yml }]
    users: [{ username: a }]
    routes: [{ host: a, service: b }]
    postgres: { port: 2, backup: { schedule: 0 3 * * * }, password: { age: a, key: b } }
  base: { template: true, users: [{ username: a }] }`);
  const beside = { "compose.yml": "", "pod.yml": "" };

  test.each<[string, string | undefined, readonly string[]]>([
    ["dev is fine", "dev", []],
    [
      "a variable without a value",
      "waiting",
      ["VARIABLE_UNDEFINED .poststack.yml:4:32", "VARIABLE_REQUIRED .poststack.yml:4:47"],
    ],
    [
      "kinds that come later, each with its key",
      "later",
      [
        "NOT_YET .poststack.yml:6:24",
        "NOT_YET .poststack.yml:8:5",
        "NOT_YET .poststack.yml:9:5",
        "NOT_YET .poststack.yml:10:46",
        "NOT_YET .poststack.yml:10:76",
      ],
    ],
  ])("%s", (_name, chosen, expected) => expect(told(() => load(text, { chosen, beside }))).toEqual(expected));

  test("all of them are told when all are to be usable, templates excepted", () => {
    expect(told(() => load(text, { usable: "all", beside })).length).toBe(7);
    expect(told(() => load(text, { usable: "none", beside }))).toEqual([]);
  });
});

describe("the environment that is meant", () => {
  const two = "  dev: { postgres: { port: 1 } }\n  staging: { postgres: { port: 2 } }\n  base: { template: true }";

  test.each<[string, string, string | undefined, readonly string[]]>([
    ["the named one", environments(two), "staging", []],
    ["the only one that is no template", environments("  dev: {}\n  base: { template: true }"), undefined, []],
    ["the default", environments(two).replace("app", "app, default_environment: dev"), undefined, []],
    ["none of several", environments(two), undefined, ["no environment is named, and there are several"]],
    ["only templates", environments("  a: { template: true }"), undefined, ["there are only templates"]],
    ["a misspelt one", environments(two), "stagign", ["no environment `stagign`; did you mean `staging`?"]],
    ["a template", environments(two), "base", ["`base` is a template, which is only there to be extended"]],
    [
      "a default that is none",
      environments(two).replace("app", "app, default_environment: def"),
      "dev",
      ["no environment `def`; did you mean `dev`?"],
    ],
  ])("%s", (_name, text, chosen, expected) => expect(said(text, chosen)).toEqual(expected));
});

describe("what two environments claim at once", () => {
  test.each<[string, string, readonly string[]]>([
    [
      "one port",
      "  a: { postgres: { port: 5433 } }\n  b: { postgres: { port: 5433 } }",
      ["environments a and b both use port 5433"],
    ],
    ["the default port", "  a: {}\n  b: { postgres: {} }", ["environments a and b both use port 5432"]],
    [
      "an address that takes in the other",
      "  a: { postgres: { bind: 127.0.0.2 } }\n  b: { postgres: { bind: 0.0.0.0 } }",
      ["environments a and b both use port 5432"],
    ],
    ["two addresses of one machine are two places", "  a: { postgres: { bind: 127.0.0.2 } }\n  b: {}", []],
    ["a template claims nothing", "  a: { template: true }\n  b: {}", []],
    [
      "PORT of two Procfiles",
      "  a: { postgres: { port: 1 }, deployment: { procfile: Procfile }, variables: { PORT: 3000 } }\n  b: { postgres: { port: 2 }, deployment: { procfile: Procfile }, variables: { PORT: 3000 } }",
      ["environments a and b both use port 3000"],
    ],
    [
      "PORT and the port of Postgres",
      "  a: { postgres: { port: 3000 }, deployment: { procfile: Procfile }, variables: { PORT: 3000 } }",
      ["environment a uses port 3000 twice"],
    ],
    [
      "a database and a user of one server",
      `  a: { ${external(", database: d, user: u")} }\n  b: { ${external(", database: d, user: u")} }`,
      [
        "environments a and b both use the database d on db.example.com:5432",
        "environments a and b both use the user u on db.example.com:5432",
      ],
    ],
    ["databases of one server with names of their own", `  a: { ${external("")} }\n  b: { ${external("")} }`, []],
  ])("%s", (_name, text, expected) => {
    const found = errorsIn(() => load(environments(text), { usable: "none", beside: { Procfile: "" } }));
    expect(found.map(({ message }) => message)).toEqual(expected);
    for (const { code } of found) expect(code).toBe("CONFIG_CLASH");
  });
});

describe("bad input: a code, a place, a next step", () => {
  test.each<[string, string | Buffer, readonly string[]]>([
    ["broken YAML", "project: [", ["CONFIG_SYNTAX .poststack.yml:1:11"]],
    ["a deploy file that is not there", dev("deployment: { procfile: Procfil }"), ["FILE_MISSING .poststack.yml:4:29"]],
    [
      "a deploy file outside the project",
      dev("deployment: { procfile: ../Procfile }"),
      ["PATH_OUTSIDE .poststack.yml:4:29"],
    ],
    [
      "a deploy file that is a link out of it",
      dev("deployment: { procfile: link }"),
      ["PATH_OUTSIDE .poststack.yml:4:29"],
    ],
    ["a deploy file that is a folder", dev("deployment: { procfile: . }"), ["FILE_UNREADABLE .poststack.yml:4:29"]],
    ["a variable without a value", dev("postgres: { user: $NOBODY }"), ["VARIABLE_UNDEFINED .poststack.yml:4:23"]],
    ["a variable that does not parse", dev('postgres: { user: "${NOBODY" }'), ["VARIABLE_SYNTAX .poststack.yml:4:23"]],
    ["an env file that does not parse", dev(""), ["ENV_FILE_SYNTAX environments/dev.env:1:1"]],
    ["10 MB", Buffer.alloc(10 * 1024 * 1024, "a: 1\n"), ["CONFIG_LIMIT .poststack.yml:1:1"]],
  ])("%s", (name, text, expected) => {
    const { root } = projectWith({
      ".poststack.yml": text,
      ...(name.startsWith("an env file") ? { "environments/dev.env": "'" } : {}),
    });
    symlinkSync("/etc/passwd", join(root, "link"));
    const work = () => loadProject({ files: projectFiles(root), configFile: ".poststack.yml", shell: new Map() });
    expect(told(work)).toEqual(expected);
    for (const { facts } of errorsIn(work)) expect(facts.next).toBeTruthy();
  });

  test("mistakes of every environment at once, by place", () => {
    const text = environments("  b: { nope: 1 }\n  a: { postgres: { port: x }, extends: c }\n  d: { deployment: 1 }");
    expect(told(() => load(text))).toEqual([
      "CONFIG_UNKNOWN_KEY .poststack.yml:3:8",
      "CONFIG_TYPE .poststack.yml:4:26",
      "CONFIG_EXTENDS .poststack.yml:4:40",
      "CONFIG_TYPE .poststack.yml:5:20",
    ]);
  });
});

describe("the example file", () => {
  const example = readFileSync(new URL("../../.poststack.yml.example", import.meta.url));
  const beside = {
    Procfile: "web: x\n",
    "deploy/app-compose.yml": "",
    "deploy/init-compose.yml": "",
    "deploy/migrate-pod.yaml": "",
  };

  test("is in order, and what is refused is what it marks as later", () => {
    const { environments: all } = load(example, { usable: "none", beside });
    const codes = new Set([...all.values()].flatMap(({ obstacles }) => obstacles.map(({ code }) => code)));
    expect([...codes]).toEqual(["NOT_YET"]);
    const lines = example.toString("utf8").split("\n");
    const marked = [...all.values()].flatMap(({ obstacles }) =>
      obstacles.map(({ facts }) => lines[(facts.where?.line ?? 0) - 1] ?? facts.what),
    );
    expect(marked.filter((line) => !line.includes("(later)"))).toEqual([]);
  });

  test("without its images it can be used", () => {
    const text = example.toString("utf8").replace(/^ {2}containers: .*$/m, "");
    expect(load(text, { beside, chosen: "dev" }).environments.get("dev")?.obstacles).toEqual([]);
  });

  test("holds every key of the schema", () => {
    const text = example.toString("utf8");
    const schema = JSON.parse(
      readFileSync(new URL("../../schema/poststack.schema.json", import.meta.url), "utf8"),
    ) as unknown;
    const keys = new Set<string>();
    const walk = (part: unknown): void => {
      if (typeof part !== "object" || part === null) return;
      for (const [word, inner] of Object.entries(part)) {
        if (word === "properties") for (const key of Object.keys(inner as object)) keys.add(key);
        walk(inner);
      }
    };
    walk(schema);
    expect([...keys].filter((key) => !new RegExp(`\\b${key}:`).test(text))).toEqual([]);
  });

  test("cut off anywhere it is an error of ours or a smaller file", () => {
    const { root } = projectWith(beside);
    const options = { files: projectFiles(root), configFile: ".poststack.yml", shell: new Map<string, string>() };
    let accepted = 0;
    for (let length = 0; length <= example.length; length++) {
      // At every end of a line and, as each attempt reads the whole file, at each 13th byte: in the end that is every column.
      if (length % 13 !== 0 && example[length] !== 10 && example[length - 1] !== 10) continue;
      try {
        readProject(example.subarray(0, length), { ...options, usable: "none" });
        accepted++;
      } catch (error) {
        if (!(error instanceof PoststackErrors) && !(error instanceof PoststackError)) throw error;
      }
    }
    expect(accepted).toBeGreaterThan(0);
  });
});
