import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { projectRoot } from "../support/build.ts";
import { cliProject, type CliProject } from "../support/cli.ts";
import { freePort } from "../support/cluster.ts";
import { misfits } from "../support/schemas.ts";

// Nothing here needs a server: one project, in which nothing is ever applied.
let project: CliProject;
let ports: { readonly dev: number; readonly web: number };

beforeAll(async () => {
  ports = { dev: await freePort(), web: await freePort() };
  project = cliProject({
    ".poststack.yml": `
project:
  name: shop
  default_environment: dev
environments:
  base:
    template: true
    deployment:
      procfile: Procfile
      processes:
        web: { ready: { tcp: "\${PORT}" }, environment: { ONLY_WEB: "\${GREETING}!" } }
    variables: { GREETING: hello, LEVEL: "\${LEVEL:-info}" }
  dev:
    extends: base
    postgres: { port: ${ports.dev}, password: hunter2-canary, roles: { report: { login: true, password: canary-two } } }
    variables: { PORT: "${ports.web}" }
    init:
      - { run: [node, seed.mjs], name: seed, environment: { ROWS: "3" } }
      - run: { warm: { command: [node, warm.mjs], environment: { DEEP: "yes" } } }
  far:
    extends: base
    protected: true
    postgres: { provider: external, url: "postgres://admin:canary-three@db.invalid:6000/postgres" }
`,
    Procfile: "web: node web.mjs\nworker: node worker.mjs\n",
    "environments/dev.env": "LEVEL=debug\nAPI_KEY=canary-four\n",
    "migrations/001_one.sql": "select 1;\n",
    "migrations/001_one.rollback.sql": "",
    "migrations/002_two.sql": "select 2;\n",
  });
});
afterAll(() => project.dispose());

const canaries = ["hunter2-canary", "canary-two", "canary-three", "canary-four"];

describe("version", () => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { version: string };

  test("as text it is the version alone", async () => {
    expect((await project.poststack(["version"])).stdout).toBe(`${version}\n`);
  });

  test("as JSON it tells what it runs on", async () => {
    const { json } = await project.poststack(["version", "--json"]);
    expect(json).toEqual({ version, node: process.version, platform: process.platform, arch: process.arch });
    expect(misfits("answers/version", json)).toEqual([]);
  });
});

describe("words that no command takes", () => {
  test.each<[string, readonly string[], string]>([
    ["a command", ["aply"], "unknown command 'aply'; did you mean apply?"],
    ["a command of a group", ["env", "strt"], "unknown command 'strt'; did you mean start?"],
    ["a command after an option", ["--no-color", "aply"], "unknown command 'aply'; did you mean apply?"],
    ["an option", ["plan", "-x"], "unknown option '-x'"],
    ["a missing argument", ["config", "explain"], "missing required argument 'name'"],
    ["a value", ["plan", "--log-level", "loud"], "option '--log-level <level>' argument 'loud' is invalid"],
  ])("%s", async (_what, words, said) => {
    const [text, json] = await Promise.all([project.poststack(words), project.poststack([...words, "--json"])]);
    expect(text).toMatchObject({ code: 1, stdout: "" });
    expect(text.stderr).toContain(`error USAGE: ${said}`);
    expect(text.stderr.match(/unknown|missing|invalid/g)).toHaveLength(1);
    expect(json).toMatchObject({ code: 1, stderr: "" });
    expect(json.json).toMatchObject({ errors: [{ code: "USAGE", what: expect.stringContaining(said) as string }] });
    expect(misfits("error", json.json)).toEqual([]);
  });

  test("no command at all", async () => {
    const [text, json] = await Promise.all([project.poststack([]), project.poststack(["--json"])]);
    expect(text.code).toBe(1);
    expect(text.stderr).toContain("Usage: poststack <command>");
    expect(json.json).toMatchObject({ errors: [{ code: "USAGE" }] });
  });

  test("the help of a command lists what every command takes", async () => {
    const { code, stdout } = await project.poststack(["plan", "--help"]);
    expect(code).toBe(0);
    for (const option of ["--project-dir", "--env-file", "--json", "--out"]) expect(stdout).toContain(option);
  });

  test("a group is known by its other name, too", async () => {
    const [short, long] = await Promise.all([
      project.poststack(["db", "--help"]),
      project.poststack(["database", "--help"]),
    ]);
    expect(short.stdout).toContain("migrations");
    expect(long.stdout).toBe(short.stdout);
  });

  test.each(["nosuch.plan", "no/such/folder/x.plan", "x.json"])("the plan %s, which is not there", async (name) => {
    const { code, stderr } = await project.poststack(["apply", name, "--yes"]);
    expect(code).toBe(1);
    expect(stderr).toContain(`error FILE_MISSING: there is no file ${name}`);
  });
});

describe("env list", () => {
  test("marks the default, templates and what is protected", async () => {
    const { stdout, code } = await project.poststack(["env", "list"]);
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => line.replaceAll(/ {2,}/g, " | "));
    expect(lines).toEqual([
      "ENVIRONMENT | POSTGRES | DEPLOYMENT | RUNNING",
      "base | template | Procfile",
      `dev (default) | embedded 127.0.0.1:${ports.dev} | Procfile | no Postgres, 0 processes`,
      "far (protected) | external db.invalid:6000 | Procfile | 0 processes",
    ]);
  });

  test("as JSON it is as documented", async () => {
    const { json } = await project.poststack(["env", "list", "--json"]);
    expect(misfits("answers/env list", json)).toEqual([]);
  });
});

describe("config", () => {
  test.each([
    ["env", "config"],
    ["config", "show"],
  ])("%s %s fills in defaults and hides passwords", async (...words) => {
    const { stdout, code } = await project.poststack([...words, "dev"]);
    expect(code).toBe(0);
    expect(stdout).toContain("database: shop_dev");
    expect(stdout).toContain("provider: embedded");
    expect(stdout).toContain("password: «secret»");
    expect(stdout).toContain("procfile: Procfile");
    for (const canary of canaries) expect(stdout).not.toContain(canary);
  });

  test("the password of a URL is hidden, too", async () => {
    const { json, stdout } = await project.poststack(["config", "show", "far", "--json"]);
    expect(misfits("answers/config show", json)).toEqual([]);
    expect(stdout).toContain("postgres://admin:«secret»@db.invalid:6000/postgres");
    expect(stdout).not.toContain("canary");
  });

  test("explain names the value's source and the weaker ones", async () => {
    const { stdout } = await project.poststack(["config", "explain", "LEVEL", "--show-value"], {
      environment: { LEVEL: "shouting" },
    });
    expect(stdout.split("\n").slice(0, 4)).toEqual([
      "LEVEL = shouting",
      "  from `variables:` at .poststack.yml:12:42",
      "  hides shouting from the shell",
      "  hides debug from an env file at environments/dev.env:1:1",
    ]);
  });

  test("explain knows what Poststack injects, and never shows a password", async () => {
    const [port, password] = await Promise.all([
      project.poststack(["config", "explain", "DB_PORT", "dev", "--json"]),
      project.poststack(["config", "explain", "DB_PASSWORD", "dev"]),
    ]);
    expect(port.json).toMatchObject({ name: "DB_PORT", value: String(ports.dev), layer: "injected" });
    expect(misfits("answers/config explain", port.json)).toEqual([]);
    expect(password.stdout).toContain("DB_PASSWORD = «secret»");
  });

  test("explain refuses a name that nothing defines", async () => {
    const { code, stderr } = await project.poststack(["config", "explain", "NOWHERE"]);
    expect(code).toBe(1);
    expect(stderr).toContain("error VARIABLE_UNDEFINED: variable NOWHERE has no value");
  });

  test.each([
    ["one value", ["postgres.port", "--env", "dev"], { environment: "dev", path: "postgres.port", origin: "written" }],
    ["a default", ["postgres.database", "dev"], { origin: "default", value: "shop_dev" }],
    ["what is worked in late", ["deployment.processes.web.ready.tcp"], { variables: [{ name: "PORT" }] }],
    ["a map", ["environments.far.postgres"], { environment: "far", path: "postgres", overrides: [] }],
    ["a template", ["environments.base.variables.GREETING"], { environment: "base", value: "hello", from: "base" }],
    ["what all environments share", ["project.name"], { path: "project.name", value: "shop" }],
  ])("explain knows a key: %s", async (_what, words, expected) => {
    const [json, text] = await Promise.all([
      project.poststack(["config", "explain", ...words, "--json"]),
      project.poststack(["config", "explain", ...words]),
    ]);
    expect([json.code, text.code]).toEqual([0, 0]);
    expect(json.json).toMatchObject(expected);
    expect(misfits("answers/config explain", json.json)).toEqual([]);
    expect(json.stdout + text.stdout).not.toContain("canary");
  });

  test("explain takes the variable where a key has the same name", async () => {
    const { json } = await project.poststack(["config", "explain", "init", "--json"], {
      environment: { init: "mine" },
    });
    expect(json).toMatchObject({ name: "init", layer: "shell" });
  });

  test.each([
    ["an unknown key", ["postgres.prot"], "CONFIG_UNKNOWN_KEY", "did you mean `postgres.port`?"],
    ["an unknown word", ["postgre"], "CONFIG_UNKNOWN_KEY", "did you mean `postgres`?"],
    ["two environments", ["init", "dev", "--env", "far"], "USAGE", "name one of them"],
  ])("explain refuses %s", async (_what, words, code, next) => {
    const refused = await project.poststack(["config", "explain", ...words]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(`error ${code}: `);
    expect(refused.stderr).toContain(next);
  });

  test("completion offers the paths of keys", async () => {
    const { stdout } = await project.poststack(["complete", "--", "config", "explain", "postgres.ro"]);
    expect(stdout).toContain("postgres.roles.report.login");
  });

  test("validate says that all is well", async () => {
    const { stdout, code } = await project.poststack(["config", "validate"]);
    expect({ stdout, code }).toEqual({ stdout: "Valid: 2 environments: dev, far.\n", code: 0 });
  });

  test("validate tells every error of every environment by its place, each once", async () => {
    const broken = cliProject({
      ".poststack.yml": `project: { name: shop, migrations: sql }
environments:
  base: { template: true, deployment: { procfile: Procfile }, postgres: { port: 5999 } }
  one: { extends: base, variables: { A: "\${MISSING_ONE}" } }
  two: { extends: base, postgres: { port: 6001, password: { env: MISSING_TWO } } }
`,
      Procfile: "not a process\n",
      "sql/nonsense.sql": "",
    });
    onTestFinished(() => broken.dispose());
    const [text, asJson] = await Promise.all([
      broken.poststack(["config", "validate"]),
      broken.poststack(["config", "validate", "--json"]),
    ]);
    expect([text.code, asJson.code]).toEqual([1, 1]);
    expect(misfits("answers/config validate", asJson.json)).toEqual([]);
    const { errors } = asJson.json as { errors: { code: string; where: { file: string; line: number } }[] };
    const codes = errors.map(({ code, where }) => `${code} ${where.file}:${where.line}`);
    expect(codes).toEqual([...new Set(codes)]);
    expect(codes).toContain("SECRET_UNREADABLE .poststack.yml:5");
    expect(text.stdout).toContain(`${errors.length} error`);
    for (const { code } of errors) expect(text.stdout).toContain(`error ${code}: `);
  });
});

describe("env dry-run", () => {
  test("lists for each job and process what it would get, and from where", async () => {
    const { json, stdout } = await project.poststack(["env", "dry-run", "--json"], {
      environment: { LEVEL: undefined },
    });
    expect(misfits("answers/env dry-run", json)).toEqual([]);
    const { consumers } = json as {
      consumers: { id: string; variables: { name: string; value: string; layer: string; place?: object }[] }[];
    };
    expect(consumers.map(({ id }) => id)).toEqual(["job:seed", "job:warm", "process:web", "process:worker"]);
    const of = (id: string, name: string): unknown => {
      const found = consumers.find((one) => one.id === id)?.variables.find((variable) => variable.name === name);
      return found && [found.value, found.layer];
    };
    expect(of("job:seed", "ROWS")).toEqual(["3", "variables"]);
    expect(of("job:warm", "DEEP")).toEqual(["yes", "variables"]);
    expect(of("job:warm", "ROWS")).toBeUndefined();
    expect(of("process:web", "ONLY_WEB")).toEqual(["hello!", "variables"]);
    expect(of("process:worker", "ONLY_WEB")).toBeUndefined();
    expect(of("process:web", "PORT")).toEqual([String(ports.web), "injected"]);
    expect(of("process:web", "LEVEL")).toEqual(["«secret»", "variables"]);
    expect(of("process:web", "API_KEY")).toEqual(["«secret»", "env file"]);
    expect(of("process:web", "DB_PASSWORD")).toEqual(["«secret»", "injected"]);
    for (const canary of canaries) expect(stdout).not.toContain(canary);
  });

  test("of a service it tells the line of its file, and the variables that a value is made of", async () => {
    const own = cliProject({
      ".poststack.yml": `project: { name: shop }
environments:
  dev:
    postgres: { provider: embedded, port: ${ports.dev} }
    deployment: { compose: compose.yml }
    variables: { LEVEL: debug }
`,
      "compose.yml": `services:
  web:
    image: busybox
    env_file: [web.env]
    environment:
      LEVEL: "\${LEVEL}-\${SHELLED}"
      PLAIN: text
`,
      "web.env": "TOKEN=abc\n",
    });
    onTestFinished(() => own.dispose());
    const { json } = await own.poststack(["env", "dry-run", "--json"], { environment: { SHELLED: "x" } });
    expect(misfits("answers/env dry-run", json)).toEqual([]);
    const layer = "Compose file";
    const from = [
      { name: "LEVEL", layer: "variables", place: { file: ".poststack.yml", line: 6, column: 25 } },
      { name: "SHELLED", layer: "shell" },
    ];
    expect((json as { consumers: { variables: unknown }[] }).consumers[0]?.variables).toEqual([
      { name: "TOKEN", value: "«secret»", layer, place: { file: "web.env", line: 1, column: 1 } },
      { name: "LEVEL", value: "«secret»", layer, place: { file: "compose.yml", line: 6, column: 14 }, from },
      { name: "PLAIN", value: "text", layer, place: { file: "compose.yml", line: 7, column: 14 } },
    ]);
    const { stdout } = await own.poststack(["env", "dry-run"], { environment: { SHELLED: "x" } });
    expect(stdout).toContain(
      "Compose file compose.yml:6:14, LEVEL from variables .poststack.yml:6:25, SHELLED from shell",
    );
  });

  test("of a job in a container and what runs beside it, too: a step of `init` may say more of its variables", async () => {
    const own = cliProject({
      ".poststack.yml": `project: { name: shop }
environments:
  dev:
    postgres: { provider: embedded, port: ${ports.dev} }
    init:
      - { compose: init.yml, environment: { ROWS: 3 } }
      - { compose: init.yml, name: again, environment: { ROWS: 4 } }
    variables: { ROWS: 1, LEVEL: debug }
`,
      "init.yml": `services:
  seed:
    image: shop/seed
    depends_on: { cache: { condition: service_healthy } }
    environment: { ROWS: "\${ROWS}" }
  cache:
    image: shop/cache
    healthcheck: { test: "true" }
    environment: { LEVEL: "\${LEVEL}" }
`,
    });
    onTestFinished(() => own.dispose());
    const { json } = await own.poststack(["env", "dry-run", "--json"]);
    expect(misfits("answers/env dry-run", json)).toEqual([]);
    const inFile = (line: number, column: number): object => ({ file: "init.yml", line, column });
    const inConfig = (line: number, column: number): object => ({ file: ".poststack.yml", line, column });
    const layer = "Compose file";
    const cache = { from: [{ name: "LEVEL", layer: "variables", place: inConfig(8, 34) }], place: inFile(9, 27) };
    const rows = (line: number, column: number): object => ({
      ...{ name: "ROWS", layer, place: inFile(5, 26) },
      from: [{ name: "ROWS", layer: "variables", place: inConfig(line, column) }],
    });
    expect((json as { consumers: unknown }).consumers).toEqual([
      { id: "job:init-cache", image: "shop/cache", variables: [{ name: "LEVEL", value: "debug", layer, ...cache }] },
      { id: "job:again-cache", image: "shop/cache", variables: [{ name: "LEVEL", value: "debug", layer, ...cache }] },
      { id: "job:init-seed", image: "shop/seed", variables: [{ value: "3", ...rows(6, 51) }] },
      { id: "job:again-seed", image: "shop/seed", variables: [{ value: "4", ...rows(7, 64) }] },
    ]);
  });
});

describe("values that do not stand in the configuration file", () => {
  let own: CliProject;
  beforeAll(async () => {
    own = cliProject({
      ".poststack.yml": `
project: { name: shop }
environments:
  dev:
    postgres:
      port: ${ports.dev}
      password: "\${OWNER_PASSWORD}"
      roles: { report: { login: true, password: { env: REPORT_PASSWORD } } }
    variables: { PAID: "\${STRIPE}", OPEN: "in the open", LOGIN: "me:\${REPORT_PASSWORD}", ALSO: "-\${OWNER_PASSWORD}-" }
    init: [{ run: [echo, "\${STRIPE}"], name: pay, environment: { OWN: "\${STRIPE}" } }]
    deployment: { procfile: Procfile, processes: { web: { environment: { OWN: "\${SHELLED}" } } } }
`,
      Procfile: "web: node web.mjs\n",
      "environments/dev.env":
        "STRIPE=canary-stripe\nREPORT_PASSWORD=canary-report\nOWNER_PASSWORD=canary-owner\nAGAIN=${REPORT_PASSWORD}\n",
    });
  });
  afterAll(() => own.dispose());
  const environment = { SHELLED: "canary-shell" };

  test.each([["env", "dry-run"], ["config", "show"], ["env", "config"], ["status"], ["plan"], ["config", "validate"]])(
    "are not told by %s %s",
    async (...command) => {
      for (const form of [[], ["--json"], ["-vv"]]) {
        const words = command.filter((word): word is string => typeof word === "string");
        const { code, stdout, stderr } = await own.poststack([...words, ...form], { environment });
        expect({ code, stderr }).toMatchObject({ code: 0 });
        expect(stdout + stderr).not.toContain("canary");
      }
    },
  );

  test("plan --out makes no folder, and says what to do instead", async () => {
    const words = ["plan", "--out", "nowhere/x.plan", "--json"];
    const { code, stdout } = await own.poststack(words, { environment });
    expect(code).toBe(1);
    const error = { code: "FILE_UNREADABLE", next: "make the folder first, or correct the path" };
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ errors: [error] });
    expect(existsSync(join(own.root, "nowhere"))).toBe(false);
  });

  test("dry-run shows what stands there", async () => {
    const { stdout } = await own.poststack(["env", "dry-run"], { environment });
    expect(stdout).toMatch(/OPEN +in the open +variables/);
    expect(stdout).toMatch(/PAID +«secret» +variables/);
    expect(stdout).toMatch(/^job:pay {2}«secret»$/m);
    expect(stdout).toMatch(/^process:web {2}.*node web\.mjs$/m);
  });

  test.each(["REPORT_PASSWORD", "LOGIN", "AGAIN", "OWNER_PASSWORD", "ALSO"])(
    "explain hides the secret in %s",
    async (name) => {
      for (const form of [[], ["--json"], ["--show-value"], ["--show-value", "--json"]]) {
        const { stdout } = await own.poststack(["config", "explain", name, ...form]);
        expect(stdout).toContain("«secret»");
        expect(stdout).not.toContain("canary");
      }
    },
  );

  test("explain shows them only when asked to, and what stands in the file at once", async () => {
    const explained = async (...words: readonly string[]): Promise<string | undefined> =>
      (await own.poststack(["config", "explain", ...words])).stdout.split("\n")[0];
    expect(await explained("PAID")).toBe("PAID = «secret»");
    expect(await explained("STRIPE")).toBe("STRIPE = «secret»");
    expect(await explained("PAID", "--show-value")).toBe("PAID = canary-stripe");
    expect(await explained("STRIPE", "--show-value")).toBe("STRIPE = canary-stripe");
    expect(await explained("OPEN")).toBe("OPEN = in the open");
  });
});

describe("--env-file", () => {
  const explained = async (typed: string, cwd: string): Promise<string> => {
    const { stdout, stderr } = await project.poststack(
      ["config", "explain", "TYPED", "dev", "--show-value", "--env-file", typed],
      {
        cwd: join(project.root, cwd),
      },
    );
    return (stdout + stderr).split("\n").slice(0, 2).join("\n");
  };
  let outside: CliProject;
  beforeAll(() => {
    outside = cliProject({ "typed.env": "TYPED=outside\n" });
    project.write("typed.env", "TYPED=above\n");
    project.write("below/typed.env", "TYPED=below\n");
    symlinkSync(join(outside.root, "typed.env"), join(project.root, "below/linked.env"));
  });
  afterAll(() => {
    outside.dispose();
    for (const path of ["typed.env", "below"]) rmSync(join(project.root, path), { recursive: true });
  });

  test("means what it means where it is typed, and its place is told from the project", async () => {
    expect(await explained("typed.env", "")).toBe("TYPED = above\n  from an env file at typed.env:1:1");
    expect(await explained("typed.env", "below")).toBe("TYPED = below\n  from an env file at below/typed.env:1:1");
    expect(await explained("../typed.env", "below")).toBe("TYPED = above\n  from an env file at typed.env:1:1");
  });

  test("may lie outside of the project, or be a link that leads there", async () => {
    const path = join(outside.root, "typed.env");
    expect(await explained(path, "")).toBe(`TYPED = outside\n  from an env file at ${path}:1:1`);
    expect(await explained(relative(project.root, path), "")).toContain("TYPED = outside");
    expect(await explained("linked.env", "below")).toContain("TYPED = outside");
  });

  test("a missing one is told", async () => {
    // Most versions of Node look for the file of this option themselves, also behind the script, and refuse first.
    expect(await explained("nowhere.env", "below")).toMatch(/FILE_MISSING|nowhere\.env: not found/);
  });
});

describe("db new", () => {
  const sandboxWith = (files: Readonly<Record<string, string>>): CliProject => {
    const own = cliProject({
      ".poststack.yml": "project: { name: shop }\nenvironments: { dev: { } }\n",
      ...files,
    });
    onTestFinished(() => own.dispose());
    return own;
  };

  test("continues the numbers of the folder, with both files", async () => {
    const own = sandboxWith({ "migrations/0009_nine.sql": "" });
    const { json } = await own.poststack(["db", "new", "add_users", "--json"]);
    expect(misfits("answers/db new", json)).toEqual([]);
    expect(json).toMatchObject({ files: ["migrations/0010_add_users.sql", "migrations/0010_add_users.rollback.sql"] });
    expect(readFileSync(join(own.root, "migrations/0010_add_users.sql"), "utf8")).toMatch(/^-- add users\n/);
    expect((await own.poststack(["db", "new", "next"])).stdout).toContain("migrations/0011_next.sql");
  });

  test("goes into the folder of an environment that has its own, in its manner", async () => {
    const own = sandboxWith({
      ".poststack.yml":
        "project: { name: shop }\nenvironments: { dev: { }, far: { postgres: { port: 5433 }, migrations: { directory: db, format: dbmate } } }\n",
    });
    expect((await own.poststack(["db", "new", "a"])).stdout).toMatch(/^migrations\/001_a\.sql\n/);
    expect((await own.poststack(["db", "new", "a", "--environment", "far"])).stdout).toMatch(/^db\/\d{14}_a\.sql\n$/);
    expect((await own.poststack(["db", "new", "b", "--environment", "gone"])).stderr).toContain("ENVIRONMENT_UNKNOWN");
  });

  test("keeps the endings of the folder", async () => {
    const own = sandboxWith({ "migrations/1_one.up.sql": "", "migrations/1_one.down.sql": "" });
    expect((await own.poststack(["db", "new", "two"])).stdout).toBe(
      "migrations/2_two.up.sql\nmigrations/2_two.down.sql\n",
    );
  });

  test("gives timestamps that differ, however quickly they are asked for", async () => {
    const own = sandboxWith({});
    const first = await own.poststack(["db", "new", "a", "--timestamp"]);
    const second = await own.poststack(["db", "new", "b"]);
    const versions = [first, second].map(({ stdout }) => /\/(\d{14})_/.exec(stdout)?.[1] ?? "");
    expect(versions[0] && versions[1] && versions[0] < versions[1]).toBe(true);
    expect((await own.poststack(["config", "validate"])).code).toBe(0);
  });

  test("derives the way back from the statements", async () => {
    const own = sandboxWith({});
    const sql = "create table users (id int); create index concurrently users_id on users (id)";
    const { json } = await own.poststack(["db", "new", "users", "--sql", sql, "--json"]);
    expect(misfits("answers/db new", json)).toEqual([]);
    expect(json).toMatchObject({ rollback: "complete" });
    expect(readFileSync(join(own.root, "migrations/001_users.sql"), "utf8")).toBe(
      `-- poststack: no-transaction\n${sql}\n`,
    );
    expect(readFileSync(join(own.root, "migrations/001_users.rollback.sql"), "utf8")).toBe(
      "-- Takes back 001_users.sql.\n\ndrop table users;\n",
    );
  });

  test("derives it for a file that is there, and never over another", async () => {
    const own = sandboxWith({ "migrations/004_a.sql": "alter table users add name text;\ndrop table old;\n" });
    const { json } = await own.poststack(["db", "new", "--rollback-for", "4", "--json"]);
    expect(misfits("answers/db new", json)).toEqual([]);
    expect(json).toMatchObject({ files: ["migrations/004_a.rollback.sql"], rollback: "partial" });
    expect(readFileSync(join(own.root, "migrations/004_a.rollback.sql"), "utf8")).toMatch(
      /^-- Takes back .*\n\n-- not derived: drop table old\n--   .*\nalter table users drop column name;\n$/,
    );
    const again = await own.poststack(["db", "new", "--rollback-for", "4"]);
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toContain("FILE_EXISTS");
  });

  test.each<[string, readonly string[]]>([
    ["a name and --rollback-for", ["users", "--rollback-for", "4"]],
    ["two sources", ["users", "--sql", "select 1", "--from", "x.sql"]],
    ["no name", []],
    ["an open quote", ["users", "--sql", "select 'x"]],
  ])("refuses %s", async (_name, words) => {
    const own = sandboxWith({ "migrations/004_a.sql": "select 1;" });
    const { code, stderr } = await own.poststack(["db", "new", ...words]);
    expect(code).toBe(1);
    expect(stderr).toContain("error USAGE");
  });

  test.each(["add users", "../escape", "", "-x", "001.sql", "down.sql", "a_rollback"])(
    "refuses the name %j and writes nothing",
    async (name) => {
      const own = sandboxWith({});
      const { code, stderr } = await own.poststack(["db", "new", "--", name]);
      expect(code).toBe(1);
      expect(stderr).toContain("is no name for a migration");
      expect(existsSync(join(own.root, "migrations"))).toBe(false);
    },
  );
});

describe("db import", () => {
  const sandboxWith = (files: Readonly<Record<string, string>>): CliProject => {
    const own = cliProject({
      ".poststack.yml": "project: { name: shop }\nenvironments: { dev: { } }\n",
      ...files,
    });
    onTestFinished(() => own.dispose());
    return own;
  };

  test("tells whose folder it is, also while no server can be asked", async () => {
    const own = sandboxWith({ "migrations/V1__a.sql": "select 1;", "migrations/R__b.sql": "select 1;" });
    const { code, json } = await own.poststack(["db", "import", "--json"]);
    expect(code).toBe(0);
    expect(misfits("answers/db import", json)).toEqual([]);
    expect(json).toMatchObject({ format: "flyway", migrations: 1, repeatable: 1, takeOver: null });
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ["nobody's folder", { "migrations/001_a.sql": "select 1;" }, "the folder of no tool"],
    ["two tools' folder", { "migrations/V1__a.sql": "", "migrations/1_a.up.sql": "" }, "could be one of"],
    ["a program among them", { "migrations/V1__a.sql": "", "migrations/V2__b.java": "" }, "only Flyway can run"],
  ])("refuses %s", async (_name, files, words) => {
    const { code, stderr } = await sandboxWith(files).poststack(["db", "import"]);
    expect(code).toBe(1);
    expect(stderr).toContain(words);
  });
});

describe("before the first apply", () => {
  test("status says that nothing is made yet, and exits with 0", async () => {
    const { json, code } = await project.poststack(["status", "dev", "--json"]);
    expect(code).toBe(0);
    expect(misfits("status", json)).toEqual([]);
    expect(json).toMatchObject({
      environments: [{ environment: "dev", server: { state: "absent" }, migrations: { known: true, pending: 2 } }],
    });
  });

  test("db status lists all as pending", async () => {
    const { json } = await project.poststack(["db", "status", "dev", "--json"]);
    expect(misfits("answers/db status", json)).toEqual([]);
    expect(json).toMatchObject({ migrations: [{ state: "pending" }, { state: "pending" }] });
  });

  test.each([
    ["db", "url"],
    ["db", "shell"],
    ["db", "test-connection"],
  ])("%s %s has no password to give", async (...words) => {
    const own = cliProject({ ".poststack.yml": "project: { name: shop }\nenvironments: { dev: { } }\n" });
    onTestFinished(() => own.dispose());
    const { code, stderr } = await own.poststack(words);
    expect(code).toBe(1);
    expect(stderr).toContain("next: run `poststack apply dev`");
  });

  test("an external server can be tried before the first apply", async () => {
    const own = cliProject({
      ".poststack.yml": `project: { name: shop }
environments: { prod: { postgres: { provider: external, url: { env: ADMIN_URL } } } }
`,
    });
    onTestFinished(() => own.dispose());
    const { port, password } = inject("postgres");
    const environment = { ADMIN_URL: `postgres://postgres:${password}@127.0.0.1:${port}/postgres` };
    const { json, stdout, code } = await own.poststack(["db", "test-connection", "--json"], { environment });
    expect(misfits("answers/db test-connection", json)).toEqual([]);
    expect(code).toBe(1);
    expect(json).toMatchObject({
      attempts: [
        { as: "owner", error: { code: "SECRET_UNREADABLE" } },
        { as: "admin", user: "postgres", tls: false },
      ],
    });
    expect(stdout).not.toContain(password);
  });

  test("a server that does not answer is an answer", async () => {
    const own = cliProject({
      ".poststack.yml": `project: { name: shop }
environments: { prod: { postgres: { provider: external, url: "postgres://a@127.0.0.1:${ports.dev}/x" } } }
`,
    });
    onTestFinished(() => own.dispose());
    const { json, code } = await own.poststack(["status", "--json"]);
    expect(code).toBe(0);
    expect(misfits("status", json)).toEqual([]);
    expect(json).toMatchObject({
      environments: [
        { server: { state: "down", error: { code: "POSTGRES_UNREACHABLE" } }, migrations: { known: false } },
      ],
    });
  });

  test("db rollback has nothing to do", async () => {
    const { code, stderr } = await project.poststack(["db", "rollback", "dev"]);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("Nothing to roll back") as string,
    });
  });

  test("there are no logs", async () => {
    const { json } = await project.poststack(["logs", "list", "dev", "--json"]);
    expect(json).toEqual({ version: 1, environment: "dev", logs: [] });
    const { code, stderr } = await project.poststack(["logs", "show", "web", "dev"]);
    expect(code).toBe(1);
    expect(stderr).toContain("error TARGET_UNKNOWN");
  });

  test("nothing was written by any of these", () => {
    expect(existsSync(join(project.root, ".poststack"))).toBe(false);
  });
});

describe("doctor", () => {
  test("is content with a machine that can run the project", async () => {
    const { stdout, json, code } = await project.poststack(["doctor", "dev", "--json"]);
    expect(misfits("answers/doctor", json)).toEqual([]);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    const names = (json as { checks: { name: string }[] }).checks.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "node",
        "user",
        "psql",
        "configuration",
        "state directory",
        "disk",
        "git",
        "dev: Postgres",
        `dev: port ${ports.dev}`,
        `dev: port ${ports.web}`,
      ]),
    );
  });

  test("names who holds a port, and exits with 1", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(ports.dev, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { stdout, code } = await project.poststack(["doctor", "dev"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`✘ dev: port ${ports.dev} +taken by .*pid ${process.pid}`));
    expect(stdout).toContain("next: end that program");
  });

  test("finds an env file with secrets that git would take", async () => {
    const own = cliProject({
      ".poststack.yml": "project: { name: shop }\nenvironments: { dev: { } }\n",
      "environments/dev.env": "API_TOKEN=abc\n",
    });
    onTestFinished(() => own.dispose());
    const { execFileSync } = await import("node:child_process");
    execFileSync("git", ["init", "-q"], { cwd: own.root });
    const before = await own.poststack(["doctor"]);
    expect(before.code).toBe(1);
    expect(before.stdout).toContain("environments/dev.env holds secrets, and git takes it");
    own.write(".gitignore", ".poststack/\nenvironments/*.env\n");
    expect((await own.poststack(["doctor"])).stdout).toContain("ignores state and secrets");
  });

  test("without a project it looks at the machine", async () => {
    const empty = cliProject();
    onTestFinished(() => empty.dispose());
    const { stdout, code } = await empty.poststack(["doctor"]);
    expect(code).toBe(0);
    expect(stdout).toContain("run `poststack init`");
  });

  test("a broken configuration is one of its findings", async () => {
    const own = cliProject({ ".poststack.yml": "project: [\n" });
    onTestFinished(() => own.dispose());
    const { stdout, code } = await own.poststack(["doctor"]);
    expect(code).toBe(1);
    expect(stdout).toContain("✘ configuration");
  });
});

describe("completion", () => {
  test.each(["bash", "zsh", "fish", "powershell"])("there is a script for %s that asks us back", async (shell) => {
    const { stdout, code } = await project.poststack(["completion", shell]);
    expect(code).toBe(0);
    expect(stdout).toContain("poststack complete");
  });

  test("the script for bash may be sourced twice", async () => {
    const { stdout } = await project.poststack(["completion", "bash"]);
    project.write("completion.bash", stdout);
    const twice = "source ./completion.bash && source ./completion.bash && declare -F __poststack_complete";
    const { status, stdout: said, stderr } = spawnSync("bash", ["-c", twice], { cwd: project.root, encoding: "utf8" });
    rmSync(join(project.root, "completion.bash"));
    expect({ status, said, stderr }).toEqual({ status: 0, said: "__poststack_complete\n", stderr: "" });
  });

  test("another shell is refused by name", async () => {
    const { code, stderr } = await project.poststack(["completion", "tcsh"]);
    expect(code).toBe(1);
    expect(stderr).toContain("name one of bash, zsh, fish, powershell");
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ["commands", ["env", "st"], ["start", "stop", "status"]],
    ["environments, without templates", ["env", "start", ""], ["dev", "far"]],
    ["services", ["restart", ""], ["web", "worker", "postgres"]],
    ["migrations", ["db", "baseline", ""], ["001", "002"]],
    ["the values of an option", ["plan", "--format", ""], ["text", "markdown", "json"]],
    ["environments after --env", ["restart", "web", "--env", ""], ["dev", "far"]],
    ["kinds after --target", ["plan", "--target", "con"], ["container"]],
    ["nothing where nothing fits", ["nonsense", ""], []],
  ])("offers %s", async (_what, words, expected) => {
    const { stdout, stderr, code } = await project.poststack(["complete", "--", ...words]);
    const offered = stdout.split("\n").filter((line) => line !== "" && !line.startsWith(":"));
    expect({ code, stderr, offered: offered.map((line) => line.split("\t")[0]) }).toEqual({
      code: 0,
      stderr: "",
      offered: expected,
    });
  });

  test("offers services of Compose files, as often as there may be one", async () => {
    const own = cliProject({
      ".poststack.yml":
        "project: { name: a }\nenvironments: { dev: { deployment: { compose: [one.yml, two.yml] } } }\n",
      "one.yml": "services: { web: { image: a }, cache: { image: b } }\n",
      "two.yml": "services: { web: { command: c }, worker: { image: d } }\n",
    });
    try {
      for (const words of [
        ["container", "stop", ""],
        ["container", "stop", "web", ""],
      ]) {
        const { stdout } = await own.poststack(["complete", "--", ...words]);
        expect(stdout.match(/^[a-z]+/gm)).toEqual(["web", "cache", "worker", "postgres"]);
      }
    } finally {
      own.dispose();
    }
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ["no project", {}],
    ["a broken one", { ".poststack.yml": "environments: [" }],
    ["odd types", { ".poststack.yml": "environments: 3\nproject: { migrations: { a: b } }\n" }],
  ])("with %s it stays silent", async (_what, files) => {
    const own = cliProject(files);
    onTestFinished(() => own.dispose());
    for (const words of [
      ["env", "start", ""],
      ["db", "baseline", ""],
      ["restart", ""],
    ]) {
      const { stderr, stdout, code } = await own.poststack(["complete", "--", ...words]);
      // The last line keeps the shell from offering files instead.
      expect({ stderr, code, last: stdout.split("\n").at(-2) }).toEqual({ stderr: "", code: 0, last: ":4" });
    }
  });
});

describe("init", () => {
  test("refuses to overwrite, and writes nothing then", async () => {
    const own = cliProject({ Procfile: "mine: sleep 1\n", ".gitignore": "dist" });
    onTestFinished(() => own.dispose());
    const refused = await own.poststack(["init"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("error FILE_EXISTS: Procfile exists; nothing was written");
    expect(existsSync(join(own.root, ".poststack.yml"))).toBe(false);

    const { json } = await own.poststack(["init", "my-shop", "--force", "--json"]);
    expect(misfits("answers/init", json)).toEqual([]);
    expect(readFileSync(join(own.root, ".gitignore"), "utf8")).toBe("dist\n.poststack/\n");
    expect(readFileSync(join(own.root, ".poststack.yml"), "utf8")).toContain("name: my-shop");
    expect((await own.poststack(["config", "validate"])).code).toBe(0);
  });

  test.each(["My Shop", "-x", "a".repeat(32), ""])("refuses the name %j", async (name) => {
    const own = cliProject();
    onTestFinished(() => own.dispose());
    const { code } = await own.poststack(["init", "--", name]);
    expect(code).toBe(1);
  });

  test.each<[string, readonly string[]]>([
    ["migrations", []],
    ["environments", ["--force"]],
    ["Procfile", ["--force"]],
    [".gitignore", ["--force"]],
  ])("does not follow the link %s out of the project, and writes nothing then", async (link, options) => {
    const [own, elsewhere] = [cliProject(), cliProject({ Procfile: "theirs\n", ".gitignore": "theirs\n" })];
    onTestFinished(() => [own, elsewhere].forEach((one) => one.dispose()));
    symlinkSync(join(elsewhere.root, link.includes("file") || link.startsWith(".") ? link : ""), join(own.root, link));
    const { code, json } = await own.poststack(["init", "foo", "--json", ...options]);
    expect(code).toBe(1);
    expect(json).toMatchObject({ errors: [{ code: "PATH_OUTSIDE" }] });
    expect(readdirSync(own.root)).toEqual([link]);
    expect(readdirSync(elsewhere.root)).toEqual([".gitignore", "Procfile"]);
    for (const file of readdirSync(elsewhere.root)) {
      expect(readFileSync(join(elsewhere.root, file), "utf8")).toBe("theirs\n");
    }
  });

  test("follows a link that stays inside", async () => {
    const own = cliProject({ "sql/note.txt": "" });
    onTestFinished(() => own.dispose());
    symlinkSync("sql", join(own.root, "migrations"));
    expect(await own.poststack(["init", "foo"])).toMatchObject({ code: 0 });
    expect(existsSync(join(own.root, "sql/001_init.sql"))).toBe(true);
    expect(await own.poststack(["db", "new", "more"])).toMatchObject({ code: 0 });
    expect(existsSync(join(own.root, "sql/002_more.sql"))).toBe(true);
  });

  test("makes the folder that --project-dir names", async () => {
    const own = cliProject();
    onTestFinished(() => own.dispose());
    const { code, stderr } = await own.poststack(["init", "--project-dir", "deep/My Shop"]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(readFileSync(join(own.root, "deep/My Shop/.poststack.yml"), "utf8")).toContain("name: my-shop");
  });

  test("a name that YAML would take for something else is still a name", async () => {
    const own = cliProject();
    onTestFinished(() => own.dispose());
    for (const name of ["123", "null", "1e3"]) {
      expect((await own.poststack(["init", name, "--force"])).code).toBe(0);
      const { json } = await own.poststack(["env", "list", "--json"]);
      expect(json).toMatchObject({ project: name });
    }
  });
});
