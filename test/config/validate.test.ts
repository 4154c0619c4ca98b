import * as fc from "fast-check";
import { expect, test } from "vitest";
import { renderError } from "../../controller/core/errors.ts";
import { validateEnvironment } from "../../schema/generated/validate.js";
import { dev, errorsIn, load } from "./table.ts";

/** What a person reads, on one line each: `line:column what → next`. */
const sentences = (text: string): readonly string[] =>
  errorsIn(() => load(text)).map(({ facts }) => {
    const at = facts.where ? `${facts.where.line}:${facts.where.column}` : "-";
    return `${at} ${facts.what}${facts.next === undefined ? "" : ` → ${facts.next}`}`;
  });

const procfile = "deployment: { procfile: Procfile }";

test.each<[string, string, readonly string[]]>([
  ["a misspelt key", "postgres: { prot: 1 }", ["4:17 unknown key `prot` in `postgres` → did you mean `port`?"]],
  [
    "a hyphen for an underscore",
    "postgres: { valid-until: x, ssl-mode: x }",
    [
      "4:17 unknown key `valid-until` in `postgres` → known here: provider, version, image, url, database, host, port, bind, user, password, sslmode, parameters, extensions, roles, grants, backup; notes of your own begin with `x-`",
      "4:33 unknown key `ssl-mode` in `postgres` → did you mean `sslmode`?",
    ],
  ],
  ["a key beside its map", "port: 1", ["4:5 unknown key `port` → `port` belongs into `postgres`: indent it"]],
  [
    "a misspelt key with nothing after it",
    "watch:\nprotcted:",
    ["5:5 unknown key `protcted` → did you mean `protected`?"],
  ],
  [
    "a text for a number",
    "postgres: { port: abc }",
    ['4:23 `postgres.port` must be a port: a whole number from 1 to 65535; found "abc" → correct the value'],
  ],
  [
    "a number out of range",
    "postgres: { port: 0 }",
    ["4:23 `postgres.port` must be a port: a whole number from 1 to 65535; found 0 → correct the value"],
  ],
  [
    "a quoted number",
    'postgres: { port: "5433" }',
    ['4:23 `postgres.port` must be a port: a whole number from 1 to 65535; found "5433" → remove the quotes'],
  ],
  [
    "a variable in quotes for a number",
    'postgres: { port: "${PORT:-5433}" }',
    [
      "4:23 `postgres.port` must be a port: a whole number from 1 to 65535; found something else in ${PORT:-5433} → remove the quotes; with `${…}` each key needs a line of its own",
    ],
  ],
  [
    "a variable in braces between braces",
    "postgres: { port: ${PORT} }",
    [
      "4:24 unexpected flow-map-start at node end → inside `{ }` and `[ ]`, put `${…}` in quotes or on a line of its own",
    ],
  ],
  [
    "a number beyond what a number holds",
    "postgres: { port: 12345678901234567890 }",
    [
      "4:23 12345678901234567890 is larger than a number can be without losing digits → put it in quotes to make it text",
      "4:23 `postgres.port` must be a port: a whole number from 1 to 65535; found 12345678901234567890 → correct the value",
    ],
  ],
  [
    "yes for true",
    "protected: yes",
    ['4:16 `protected` must be true or false; found "yes" → write `true` or `false`, without quotes'],
  ],
  ["a list for a map", "postgres: [1]", ["4:5 `postgres` must be a map; found a list → correct the value"]],
  [
    "an empty list item",
    "postgres: { extensions: [~] }",
    [
      "4:30 `postgres.extensions[0]` must be the name of an extension or a map with name, version and schema; found nothing → correct the value",
    ],
  ],
  [
    "a word that is none of those listed",
    "init: [{ run: [a], when: on_chnge }]",
    [
      '4:30 `init[0].when` must be one of `on_change`, `once` or `always`; found "on_chnge" → did you mean `on_change`?',
    ],
  ],
  [
    "a privilege in capitals",
    "postgres: { grants: [{ to: a, on: { database: true }, privileges: [CONNECT] }] }",
    [
      '4:72 `postgres.grants[0].privileges[0]` must be one of `all`, `select`, `insert`, `update`, `delete`, `truncate`, `references`, `trigger`, `maintain`, `usage`, `create`, `connect`, `temporary` or `execute`; found "CONNECT" → did you mean `connect`?',
    ],
  ],
  [
    "a version that is none",
    "postgres: { version: seventeen }",
    ['4:26 `postgres.version` must be a version of Postgres such as 17; found "seventeen" → correct the value'],
  ],
  [
    "a duration without a unit",
    "init: [{ run: [a], timeout: 10 }]",
    ["4:33 `init[0].timeout` must be a duration such as 30s, 10m or 1h30m; found 10 → correct the value"],
  ],
  [
    "of several forms the nearest is told",
    "postgres: { password: { evn: X } }",
    ["4:29 unknown key `evn` in `postgres.password` → did you mean `env`?"],
  ],
  [
    "none of several forms",
    "postgres: { password: [x] }",
    [
      "4:17 `postgres.password` must be auto_generated or a map with one of env, file, command or age; found a list → correct the value",
    ],
  ],
  [
    "two forms at once",
    "postgres: { password: { env: X, file: y } }",
    ["4:17 `postgres.password` has `env` and `file` at once → keep one of them"],
  ],
  [
    "a command as one text",
    "init: [{ run: node seed.mjs }]",
    [
      '4:19 `init[0].run` must be a list of program and arguments, or a map of such commands by name; found "node seed.mjs" → correct the value',
    ],
  ],
  [
    "a step that does nothing",
    "init: [{ name: a }]",
    ["4:12 `init[0]` needs one of `compose`, `pod`, `run` → write one of them"],
  ],
  [
    "two forms at once, and a key of neither",
    "postgres: { password: { env: X, file: y, z: 1 } }",
    [
      "4:17 `postgres.password` has `env` and `file` at once → keep one of them",
      "4:46 unknown key `z` in `postgres.password` → known here: env, file, command, age, key; notes of your own begin with `x-`",
    ],
  ],
  [
    "a number for a password",
    "postgres: { password: 12345 }",
    [
      "4:27 `postgres.password` must be auto_generated or a map with one of env, file, command or age; found something else → put it in quotes",
    ],
  ],
  [
    "two deployments at once",
    "deployment: { procfile: Procfile, pod: x }",
    ["4:5 `deployment` has `procfile` and `pod` at once → keep one of them"],
  ],
  [
    "a missing key",
    "init: [{ run: { a: {} } }]",
    ["4:21 `init[0].run.a` lacks the key `command` → write `command: …` there"],
  ],
  [
    "a name that is none",
    "variables: { 1A: x }",
    [
      "4:18 `1A` in `variables` must be a variable's name: letters, digits and underscores, not beginning with a digit → rename it",
    ],
  ],
  [
    "a name of 64 bytes",
    `postgres: { user: ${"ü".repeat(32)} }`,
    ["4:23 the name at `postgres.user` has more than 63 bytes → shorten it"],
  ],
  [
    "a job that waits for nobody",
    "init: [{ run: { a: { command: [x], depends_on: [bb] }, b: { command: [x] } } }]",
    [
      "4:53 `a` depends on `bb`, which is not in this step; did you mean `b`? → name a command of the same step: what stands in earlier steps has ended before anyway",
    ],
  ],
  [
    "two kinds of objects in one grant",
    "postgres: { grants: [{ to: a, on: { schema: s, tables: all, sequences: all }, privileges: [all] }] }",
    [
      "4:35 `postgres.grants[0].on` names `tables`, `sequences` at once → write one grant for each: their privileges differ",
    ],
  ],
  [
    "external without a URL",
    "postgres: { provider: external }",
    ["4:27 provider external needs the `url` of the server → write `url: { env: NAME }` beside it"],
  ],
  [
    "a URL without external",
    "postgres: { provider: embedded, url: x }",
    [
      "4:42 `postgres.url` is for provider external, and this one is embedded → remove `url`, or write `provider: external`",
    ],
  ],
  [
    "an embedded server is asked for by its major version",
    "postgres: { version: 17.4 }",
    [
      "4:26 `postgres.version` of an embedded server is a major version; found 17.4 → write one of 13, 14, 15, 16, 17, 18",
    ],
  ],
  [
    "one that nobody has made yet",
    "postgres: { version: 93 }",
    [
      "4:26 `postgres.version` of an embedded server is a major version; found 93 → write one of 13, 14, 15, 16, 17, 18",
    ],
  ],
  ...["999.1.1.1", "127.0.0.1.", "1.2.3", "01.2.3.4", "example.com", "::g", "127.0.0.1, ::1"].map(
    (bind): [string, string, readonly string[]] => [
      `an address that is none: ${bind}`,
      `postgres: { bind: "${bind}" }`,
      [
        `4:23 \`postgres.bind\` must be an IP address, \`*\` or \`localhost\`; found "${bind}" → write 127.0.0.1, or an address of this machine`,
      ],
    ],
  ),
  ...["0.0.0.0", "*", "localhost", "::1", "::", "::ffff:10.0.0.1", "fe80::1%eth0", "10.255.0.7"].map(
    (bind): [string, string, readonly string[]] => [`an address: ${bind}`, `postgres: { bind: "${bind}" }`, []],
  ),
  [
    "everything at once, by place",
    "watch: 1\npostgres:\n  port: x\nnope: 1",
    [
      "4:12 `watch` must be a map; found 1 → correct the value",
      '6:13 `postgres.port` must be a port: a whole number from 1 to 65535; found "x" → correct the value',
      "7:5 unknown key `nope` → known here: extends, template, postgres, migrations, init, deployment, variables, users, routes, protected, watch, policy; notes of your own begin with `x-`",
    ],
  ],
])("%s", (_name, body, expected) => expect(sentences(dev(body))).toEqual(expected));

test.each<[string, string, readonly string[]]>([
  [
    "an empty file",
    "",
    ["1:1 the file is empty → begin with `project: { name: … }` and `environments:`, or run `poststack init`"],
  ],
  ["a list at the top", "- 1", ["1:1 the file must be a map; found a list → correct the value"]],
  [
    "a project without a name",
    "project: {}\nenvironments: { dev: {} }",
    ["1:1 `project` lacks the key `name` → write `name: …` there"],
  ],
  [
    "no environment",
    "project: { name: a }\nenvironments: {}",
    ["2:1 `environments` is empty → write at least one item, or leave the key out"],
  ],
  [
    "names in capitals, __proto__ among them",
    "project: { name: App }\nenvironments: { __proto__: {} }",
    [
      '1:18 `project.name` must be a name of 1 to 31 lower-case letters, digits and hyphens that does not begin with a hyphen; found "App" → correct the value',
      "2:17 `__proto__` in `environments` must be a name of 1 to 31 lower-case letters, digits and hyphens that does not begin with a hyphen → rename it",
    ],
  ],
])("%s", (_name, text, expected) => expect(sentences(text)).toEqual(expected));

test("names of Object's prototype are names like any other", () => {
  const body = `variables: { __proto__: a, constructor: b }
postgres: { roles: { __proto__: , toString: { login: true } } }
deployment: { procfile: Procfile, processes: { __proto__: { replicas: 2 } } }`;
  const { config } = load(dev(body), { beside: { Procfile: "" } }).environments.get("dev") ?? {};
  expect(Object.entries(config?.variables ?? {})).toEqual([
    ["__proto__", "a"],
    ["constructor", "b"],
  ]);
  expect(Object.keys(config?.postgres?.roles ?? {})).toEqual(["__proto__", "toString"]);
  expect(Object.entries(config?.deployment?.processes ?? {})).toEqual([["__proto__", { replicas: 2 }]]);
});

test("a message never shows a value that may be a secret", () => {
  const body = `postgres:
  password: { env: [hunter2] }
  port: \${SECRET}
  url: [hunter2]
  roles: { a: { password: { command: hunter2 } } }
${procfile}`;
  const errors = errorsIn(() => load(dev(body), { shell: new Map([["SECRET", "hunter2"]]) }));
  expect(errors.length).toBe(4);
  expect(errors.map(({ facts }) => renderError(facts)).join("\n")).not.toContain("hunter2");
});

test("5,000 wrong items give 5,000 errors, and soon", () => {
  expect(errorsIn(() => load(dev(`init:\n${"- {}\n".repeat(5000)}`))).length).toBe(5000);
});

test("whatever the schema refuses is told, and every place lies in the file", () => {
  // Values that fit somewhere, at places where they may not.
  const words = ["dev", "auto_generated", "all", "10m", "Procfile", "", "x", 0, 1, -1, 70000, 1.5, true, null];
  const keys = ["env", "file", "command", "age", "key", "to", "on", "run", "compose", "procfile", "schema", "tables"];
  const named = ["postgres", "init", "deployment", "variables", "password", "url", "roles", "grants", "ready", "name"];
  const value = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(...words),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys, ...named), tie("tree"), { maxKeys: 4 }),
    ),
  })).tree;
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...named), value, { maxKeys: 4 }), (environment) => {
      const fits = validateEnvironment(tidied(environment));
      const text = `project: { name: app }\nenvironments:\n  dev: ${JSON.stringify(environment)}`;
      const errors = errorsIn(() => load(text, { usable: "none" }));
      expect(fits || errors.length > 0).toBe(true);
      for (const { facts } of errors) {
        expect(facts.where?.line).toBeLessThanOrEqual(3);
        expect(facts.next).toBeTruthy();
      }
    }),
    { numRuns: 300 },
  );
});

/** Keys with nothing after them count as not written. */
function tidied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidied);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, tidied(inner)]])),
  );
}
