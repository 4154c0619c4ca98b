import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectFiles } from "../../controller/adapters/files.ts";
import { environmentSubject, projectSubject, readTree } from "../../controller/cli/explain/subject.ts";
import { explainableNames } from "../../controller/cli/explain/key-names.ts";
import { renderKey } from "../../controller/cli/explain/render.ts";
import { targetOf } from "../../controller/cli/explain/target.ts";
import type { OpenedProject } from "../../controller/cli/open.ts";
import { injectedVariables } from "../../controller/config/desired/injected.ts";
import { writtenOf } from "../../controller/config/desired/environment.ts";
import { readEnvFiles } from "../../controller/config/env-files.ts";
import { explainPath, leavesOf } from "../../controller/config/explain/explain.ts";
import { isPart, type Subject } from "../../controller/config/explain/model.ts";
import { valueAt } from "../../controller/config/explain/keys.ts";
import { findPath } from "../../controller/config/explain/path.ts";
import { loadProject } from "../../controller/config/load.ts";
import { renderPlace, type Place } from "../../controller/core/place.ts";
import { plain } from "../../controller/core/render.ts";
import { Secret } from "../../controller/core/secret.ts";
import { errorsIn, told } from "../config/table.ts";
import { projectRoot } from "../support/build.ts";
import { projectWith } from "../support/project.ts";

const shell = new Map([
  ["DEV_PORT", "5440"],
  ["TOKEN", "canary-token"],
]);

const endpoint = {
  host: "127.0.0.1",
  port: 5440,
  sslmode: "disable",
  maintenanceDatabase: "postgres",
  admin: { user: "postgres", password: new Secret("canary-admin") },
  database: "shop_dev",
  owner: { user: "shop_dev", password: new Secret("canary-owner") },
} as const;

type Files = Readonly<Record<string, string>>;

function opened(contents: Files): OpenedProject {
  const { root } = projectWith(contents);
  const files = projectFiles(root);
  return { project: loadProject({ files, configFile: ".poststack.yml", shell, usable: "none" }), files, root };
}

/** What is asked on the command line, as the command answers it. */
function subjectOf(name: string, chosen: string | undefined, contents: Files, showsValues = false) {
  const project = opened(contents);
  const tree = readTree(project);
  const target = targetOf(name, chosen, project.project, tree);
  if (target.type === "project") return { subject: projectSubject(project, tree), path: target.path };
  const { environment, path } = target;
  const sources = {
    injected: injectedVariables(environment.name, endpoint),
    written: writtenOf(environment.config.variables, (one) => environment.placeOf(["variables", one])),
    shell,
    envFiles: readEnvFiles(project.files, environment.name, [], shell),
  };
  return { subject: environmentSubject(project, environment, tree, { sources, showsValues }), path };
}

function answer(name: string, chosen: string, contents: Files, showsValues = false): Promise<string> {
  const { subject, path } = subjectOf(name, chosen, contents, showsValues);
  return renderKey(explainPath(findPath(path, subject), subject), plain);
}

const shop: Files = {
  ".poststack.yml": `x-notes: &tuning
  shared_buffers: 64MB
project: { name: shop, default_environment: dev }
environments:
  root:
    template: true
    postgres:
      port: 5500
      password: { file: secrets/root }
      parameters: *tuning
      extensions: [pgcrypto, citext]
      roles:
        reporting: { login: true, password: canary-literal }
        bare:
    variables: { LEVEL: info, GREETING: "hello \${LEVEL}" }
    deployment: { procfile: Procfile, processes: { web: { ready: { tcp: "\${PORT}" } } } }
    x-team: canary-note
  base:
    extends: root
    template: true
    protected:
    postgres:
      port: 5501
      extensions: [pg_trgm]
    init:
      - { run: [node, seed.mjs, "\${GREETING}"], timeout: 5m, inputs: [] }
      - run: { warm: { command: [node, warm.mjs] }, late: { command: [node, late.mjs, "\${TOKEN}"], timeout: 1m } }
        when: once
  dev:
    extends: base
    x-own: { a: 1 }
    postgres:
      port: \${DEV_PORT:-5433}
      database: "\${PREFIX:-my}_\${POSTSTACK_ENVIRONMENT}"
      password: { env: DEV_PASSWORD }
      parameters: { auto_explain.log_min_duration: 1s }
      roles: { reporting: { connection_limit: 3 } }
    variables:
      LEVEL: \${LEVEL:-debug}
      PORT: 3000
      URL: redis://:\${DB_PASSWORD}@\${DB_HOST}
      KEY: "\${TOKEN}"
      DB_HOST: elsewhere
    deployment: { processes: { web: { environment: { ONLY: "\${GREETING}!" } } } }
  far:
    extends: root
    postgres: { url: "postgres://admin:canary-url@db.invalid:6000/postgres", user: reporting, password: }
    deployment: { processes: { web: { ready: { command: ["true"] } } } }
`,
  Procfile: "web: node web.mjs\nworker: node worker.mjs\n",
  "environments/dev.env": "API_KEY=canary-key\nLEVEL=trace\n",
};

describe("one value", () => {
  test.each<[string, string, string]>([
    [
      "of a single layer",
      "postgres.parameters.shared_buffers",
      "= 64MB | from environment root at .poststack.yml:2:19",
    ],
    [
      "of three layers, with a variable of the shell",
      "postgres.port",
      "= 5440 | from environment dev at .poststack.yml:33:13 | written as ${DEV_PORT:-5433} | DEV_PORT = 5440 from the shell" +
        " | overrides 5501 from environment base at .poststack.yml:23:13 | overrides 5500 from environment root at .poststack.yml:8:13",
    ],
    [
      "of variables that are not set, with their defaults",
      "postgres.database",
      "= my_dev | from environment dev at .poststack.yml:34:17 | written as ${PREFIX:-my}_${POSTSTACK_ENVIRONMENT}" +
        " | PREFIX: not set | POSTSTACK_ENVIRONMENT = dev from Poststack itself",
    ],
    [
      "of a list that replaces another",
      "postgres.extensions[0]",
      "= pg_trgm | from environment base at .poststack.yml:24:20 | overrides `postgres.extensions` from environment root at .poststack.yml:11:7",
    ],
    [
      "with dots in its name",
      "postgres.parameters.auto_explain.log_min_duration",
      "= 1s | from environment dev at .poststack.yml:36:52",
    ],
    [
      "with quotes around its name",
      'postgres.parameters["auto_explain.log_min_duration"]',
      "= 1s | from environment dev at .poststack.yml:36:52",
    ],
    [
      "of an alternative that drops another",
      "postgres.password.env",
      "= DEV_PASSWORD | from environment dev at .poststack.yml:35:24 | overrides secrets/root from environment root at .poststack.yml:9:25",
    ],
    [
      "that was dropped",
      "postgres.password.file",
      "has no value | not written | overrides secrets/root from environment root at .poststack.yml:9:25",
    ],
    ["that is nobody's but the environment's", "extends", "= base | from environment dev at .poststack.yml:30:14"],
    ["that a template does not hand down", "template", "= false | default: false"],
    ["of an empty key", "protected", "= false | default: false"],
    ["of a default", "postgres.user", "= shop_dev | default: <project>_<environment>, hyphens as underscores"],
    [
      "of a default that depends on the data",
      "postgres.version",
      "has no value | default: the one of the data; for new data 17",
    ],
    ["that has no default", "users", "has no value | not written"],
    ["of a role's default", "postgres.roles.reporting.inherit", "= true | default: true"],
    ["of a name alone", "postgres.roles.bare", "= {} | from environment root at .poststack.yml:14:9"],
    ["of an empty list", "init[0].inputs", "= [] | from environment base at .poststack.yml:26:62"],
    [
      "a literal password",
      "postgres.roles.reporting.password",
      "= «secret» | from environment root at .poststack.yml:13:45",
    ],
    [
      "of a variable",
      "variables.GREETING",
      "= «secret» | from environment root at .poststack.yml:15:41 | written as hello ${LEVEL}" +
        " | LEVEL = «secret» from `variables:` at .poststack.yml:39:14, written as ${LEVEL:-debug}; hides «secret» from an env file at environments/dev.env:2:1",
    ],
    [
      "of a variable that means its weaker self",
      "variables.LEVEL",
      "= «secret» | from environment dev at .poststack.yml:39:14 | written as ${LEVEL:-debug}" +
        " | LEVEL = «secret» from an env file at environments/dev.env:2:1 | overrides info from environment root at .poststack.yml:15:25",
    ],
    [
      "of what a process waits for",
      "deployment.processes.web.ready.tcp",
      "= 3000 | from environment root at .poststack.yml:16:73 | written as ${PORT} | PORT = 3000 from `variables:` at .poststack.yml:40:13",
    ],
    [
      "made of a secret",
      "variables.URL",
      "= «secret» | from environment dev at .poststack.yml:41:12 | written as redis://:${DB_PASSWORD}@${DB_HOST}" +
        " | DB_PASSWORD = «secret» from Poststack itself" +
        " | DB_HOST = 127.0.0.1 from Poststack itself; hides elsewhere from `variables:` at .poststack.yml:43:16",
    ],
    [
      "of a job, from its step",
      "init[1].run.warm.when",
      "= once | default: `init[1].when` from environment base at .poststack.yml:28:15",
    ],
    ["of a job that has its own", "init[1].run.late.timeout", "= 1m | from environment base at .poststack.yml:27:109"],
    ["that the step has not either", "init[1].run.warm.timeout", "has no value | default: the step's"],
    [
      "that leads to another file",
      "deployment.procfile",
      "= Procfile | from environment root at .poststack.yml:16:29 | leads to web at Procfile:1:1 | leads to worker at Procfile:2:1",
    ],
    ["that only another file names", "deployment.processes.worker", "= {} | from Procfile:2:1"],
    ["of what only another file names", "deployment.processes.worker.replicas", "= 1 | default: 1"],
    [
      "a note",
      "x-own",
      "has no value | from environment dev at .poststack.yml:31:5; a note of yours, which Poststack does not look at",
    ],
    [
      "in a note, inherited",
      "x-team",
      "has no value | from environment root at .poststack.yml:17:13; a note of yours, which Poststack does not look at",
    ],
    [
      "inside of a note",
      "x-own.a",
      "has no value | from environment dev at .poststack.yml:31:17; a note of yours, which Poststack does not look at",
    ],
    [
      "a note of the whole file",
      "x-notes",
      "has no value | from .poststack.yml:1:1; a note of yours, which Poststack does not look at",
    ],
    [
      "inside of such a note",
      "x-notes.shared_buffers",
      "has no value | from .poststack.yml:2:19; a note of yours, which Poststack does not look at",
    ],
    ["for all environments", "project.name", "= shop | from .poststack.yml:3:18"],
    ["for all environments, by default", "project.migrations", "= ./migrations | default: ./migrations"],
  ])("%s: %s", async (_what, name, expected) => {
    const lines = (await answer(name, "dev", shop)).split("\n").map((line) => line.trim());
    const shown = name.replace(/\["(.*)"\]/, ".$1");
    expect(lines.join(" | ")).toBe(`${shown} ${expected}`);
  });

  test("of another environment, by its full name", async () => {
    expect(await answer("environments.base.postgres.port", "base", shop)).toBe(
      "postgres.port = 5501\n  from environment base at .poststack.yml:23:13\n  overrides 5500 from environment root at .poststack.yml:8:13",
    );
  });

  test("of an external server: its url says what it is", async () => {
    expect(await answer("postgres.host", "far", shop)).toContain(
      "has no value\n  default: where one on `bind` answers on this machine, or the host of `url`",
    );
    const url = "project: { name: shop }\nenvironments: { far: { postgres: { url: { env: ADMIN_URL } } } }\n";
    expect(await answer("postgres.port", "far", { ".poststack.yml": url })).toBe(
      "postgres.port has no value\n  default: 5432, or the port of `url`",
    );
    expect(await answer("postgres.url", "far", shop)).toMatch(
      /^postgres\.url = postgres:\/\/admin:«secret»@db\.invalid/,
    );
  });

  test.each([
    ["::", "::1"],
    ["*", "127.0.0.1"],
    ["192.0.2.7", "192.0.2.7"],
  ])("of a server that listens on %s: %s", async (bind, host) => {
    const text = `project: { name: shop }\nenvironments: { dev: { postgres: { bind: "${bind}" } } }\n`;
    expect(await answer("postgres.host", "dev", { ".poststack.yml": text })).toContain(`postgres.host = ${host}\n`);
  });

  test("of an owner that stands among the roles, too", async () => {
    const owned = {
      ...shop,
      ".poststack.yml":
        "project: { name: shop }\nenvironments:\n  dev: { postgres: { user: me, roles: { me: { password: { env: MINE } } } } }\n",
    };
    expect(await answer("postgres.password", "dev", owned)).toContain(
      "default: `postgres.roles.me.password` from environment dev",
    );
  });

  test("of a variable without a value is told as far as it goes", async () => {
    const broken = {
      ".poststack.yml": "project: { name: shop }\nenvironments:\n  dev:\n    postgres: { database: $NOWHERE }\n",
    };
    expect(await answer("postgres.database", "dev", broken)).toBe(
      "postgres.database has no value\n  from environment dev at .poststack.yml:4:27\n  written as $NOWHERE\n  NOWHERE: not set",
    );
  });

  test("with a value of the shell, when asked for", async () => {
    expect(await answer("variables.GREETING", "dev", shop, true)).toContain("variables.GREETING = hello trace");
    expect(await answer("init[1].run.late.command[2]", "dev", shop, true)).toContain("= canary-token");
    expect(await answer("init[1].run.late.command[2]", "dev", shop)).not.toContain("canary");
  });
});

describe("a map or a list", () => {
  test("is told value by value", async () => {
    expect(await answer("init[0]", "dev", shop)).toBe(`init[0]
  from environment base at .poststack.yml:26:9
  init[0].run[0]   node      base .poststack.yml:26:17
  init[0].run[1]   seed.mjs  base .poststack.yml:26:23
  init[0].run[2]   «secret»  base .poststack.yml:26:33
  init[0].timeout  5m        base .poststack.yml:26:58
  init[0].inputs   []        base .poststack.yml:26:62`);
  });

  test("names all that it was merged from, and what env files add", async () => {
    const [, first, second, ...rest] = (await answer("variables", "dev", shop)).split("\n");
    expect([first, second]).toEqual([
      "  from environment dev at .poststack.yml:38:5",
      "  and environment root at .poststack.yml:15:5",
    ]);
    expect(rest).toContain("  leads to API_KEY at environments/dev.env:1:1");
  });

  test("never shows a secret", async () => {
    for (const name of ["environments.dev", "environments.far", "environments.root"]) {
      const [, , environment = ""] = /^(.*)\.(.*)$/.exec(name) ?? [];
      expect(await answer(name, environment, shop, true)).not.toMatch(/canary-(?!token)/);
      expect(await answer(name, environment, shop)).not.toContain("canary");
    }
  });
});

describe("a password in plain text", () => {
  const careless: Files = {
    ".poststack.yml": `project: { name: shop }
environments:
  base:
    template: true
    postgres: { password: canary-one, roles: { reporting: { password: canary-two } } }
  dev:
    extends: base
    postgres:
      password: pre-$PART
      roles: { reporting: { password: auto_generated } }
    variables: { PART: canary-three }
`,
  };

  test("is hidden with the text and the variables that it is made of, and what it replaces is", async () => {
    expect(await answer("postgres.password", "dev", careless, true)).toBe(`postgres.password = «secret»
  from environment dev at .poststack.yml:9:17
  PART = «secret» from \`variables:\` at .poststack.yml:11:24
  overrides «secret» from environment base at .poststack.yml:5:27`);
  });

  test("is hidden where a generated one replaces it", async () => {
    expect(await answer("postgres.roles.reporting.password", "dev", careless))
      .toBe(`postgres.roles.reporting.password = auto_generated
  from environment dev at .poststack.yml:10:39
  made once and kept in the state of the environment
  overrides «secret» from environment base at .poststack.yml:5:71`);
  });
});

describe("what is not there", () => {
  test.each([
    ["postgres.prot", "CONFIG_UNKNOWN_KEY .poststack.yml:32:5", "did you mean `postgres.port`?"],
    ["postgres.roles.reprting", "CONFIG_UNKNOWN_KEY .poststack.yml:37:7", "did you mean `postgres.roles.reporting`?"],
    ["postgres.roles.reporting.login.x", "CONFIG_UNKNOWN_KEY .poststack.yml:13:29", "there is none to name"],
    ["init[2].run", "CONFIG_UNKNOWN_KEY .poststack.yml:25:5", "its items are [0] to [1]"],
    ["init[x]", "CONFIG_UNKNOWN_KEY .poststack.yml:25:5", "its items are [0] to [1]"],
    ["postgres..port", "CONFIG_UNKNOWN_KEY .poststack.yml:32:5", "did you mean `postgres.port`?"],
    [
      "deployment.processes.wroker",
      "CONFIG_UNKNOWN_KEY .poststack.yml:44:19",
      "did you mean `deployment.processes.worker`?",
    ],
    ["environments.dve.init", "CONFIG_UNKNOWN_KEY .poststack.yml:4:1", "did you mean `environments.dev`?"],
    ["environments", "CONFIG_UNKNOWN_KEY .poststack.yml:4:1", "known are root, base, dev, far"],
    ["environments.far.init", "USAGE", "leave the environment out, or ask for `init` in dev"],
    ["project.nam", "CONFIG_UNKNOWN_KEY .poststack.yml:3:1", "did you mean `project.name`?"],
    ["x-notes.b", "CONFIG_UNKNOWN_KEY .poststack.yml:1:1", "there is none to name"],
    ["x-note", "CONFIG_UNKNOWN_KEY .poststack.yml:29:3", "known are"],
    ["x-own.b", "CONFIG_UNKNOWN_KEY .poststack.yml:31:5", "there is none to name"],
    ["__proto__", "CONFIG_UNKNOWN_KEY .poststack.yml:29:3", "known are"],
  ])("%s", (name, expected, next) => {
    const ask = (): unknown => {
      const { subject, path } = subjectOf(name, "dev", shop);
      return findPath(path, subject);
    };
    expect(told(ask)).toEqual([expected]);
    expect(errorsIn(ask)[0]?.facts.next).toContain(next);
  });
});

describe("every value of the effective configuration", () => {
  const quickstart = Object.fromEntries(
    [".poststack.yml", "Procfile", "environments/dev.env"].map((path) => [
      path,
      readFileSync(join(projectRoot, "examples/quickstart", path), "utf8"),
    ]),
  );

  const everyKey: Files = {
    ".poststack.yml": readFileSync(join(projectRoot, ".poststack.yml.example"), "utf8"),
    Procfile: "web: node web.mjs\nworker: node worker.mjs\n",
    "deploy/init-compose.yml": "",
    "deploy/migrate-pod.yaml": "",
    "deploy/app-compose.yml": "",
  };

  test.each([
    ["every key", "environments.dev", everyKey],
    ["every key", "environments.staging", everyKey],
    ["every key", "environments.production", everyKey],
    ["every key", "environments.containers", everyKey],
    ["the quickstart", "environments.dev", quickstart],
    ["the quickstart", "environments.staging", quickstart],
    ["the quickstart", "environments.base", quickstart],
    ["the quickstart", "project", quickstart],
    ["extends, anchors, notes and variables", "environments.dev", shop],
    ["extends, anchors, notes and variables", "environments.base", shop],
    ["an external server", "environments.far", shop],
  ])("%s, %s: where it comes from is the text that sets it", (_what, name, contents) => {
    const { subject } = subjectOf(name, undefined, contents);
    const source = contents[".poststack.yml"] ?? "";
    let writtenCount = 0;
    for (const leaf of leavesOf(subject.value)) {
      const explanation = explainPath(leaf, subject);
      if (isPart(explanation)) throw new Error(`${explanation.path} is no single value`);
      const { path, origin, place, value } = explanation;
      if (origin !== "written" || place === undefined) {
        // A default says what it is, and another file's name stands in that file.
        expect([path, explanation.because ?? place?.file]).not.toContain(undefined);
        continue;
      }
      writtenCount++;
      if (typeof value === "object") expect(textAt(source, place)).toMatch(new RegExp(`^"?${String(leaf.at(-1))}\\b`));
      else
        expect({ path, ...effectOf(edited(source, place), leaf, name, contents, subject, place) }).toEqual({
          path,
          changes: true,
        });
    }
    expect(writtenCount).toBeGreaterThan(1);
  });
});

/** Whether a value is another one in the edited file, or the place is named as the mistake. */
function effectOf(
  text: string,
  leaf: readonly (string | number)[],
  name: string,
  contents: Files,
  before: Subject,
  place: Place,
) {
  let after: Subject | undefined;
  const mistakes = told(() => {
    ({ subject: after } = subjectOf(name, undefined, {
      ...contents,
      ".poststack.yml": text,
    }));
  });
  const isNamed = mistakes.some((mistake) => mistake.endsWith(` ${renderPlace(place)}`));
  if (after === undefined) return { changes: isNamed, ...(isNamed ? {} : { mistakes }) };
  // A secret is never shown, so it is the file's own text that has to be another one.
  const values = [before, after].map((subject) => JSON.stringify(rawOf(subject, leaf)));
  return { changes: values[0] !== values[1] };
}

const rawOf = ({ config, value }: Subject, leaf: readonly (string | number)[]): unknown =>
  valueAt(config as never, leaf) ?? valueAt(value, leaf);

const textAt = (source: string, { line, column }: Place): string =>
  (source.split("\n")[line - 1] ?? "").slice(column - 1);

/** The one scalar at a place made another one: a number, a flag, or a text with one more letter. */
function edited(source: string, place: Place): string {
  const rest = textAt(source, place);
  const [token = ""] =
    /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|(?:\$\{[^}]*\}|[^,\]}\n#])*?(?=\s*(?:[,\]}#]|$)))/.exec(rest) ?? [];
  const other = /^\d+$/.test(token)
    ? String(Number(token) + 1000)
    : token === "true" || token === "false"
      ? String(token !== "true")
      : token.startsWith("${")
        ? "5999"
        : token.replace(/(?=["']?$)/, "x");
  const lines = source.split("\n");
  const line = lines[place.line - 1] ?? "";
  lines[place.line - 1] = line.slice(0, place.column - 1) + other + line.slice(place.column - 1 + token.length);
  return lines.join("\n");
}

test("completion offers variables, what is written and what could be", () => {
  const names = explainableNames(readTree(opened(shop)));
  expect(names.slice(0, 2)).toEqual(["LEVEL", "GREETING"]);
  for (const name of [
    "postgres.port",
    "init[1].run.late.command[0]",
    "postgres.sslmode",
    "watch.replay_migrations",
    "project.name",
  ]) {
    expect(names).toContain(name);
  }
  expect(names.filter((name) => name.includes("x-") || name.includes("undefined"))).toEqual([]);
});
