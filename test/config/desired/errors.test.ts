import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorsOf, projectOf, told, wishOf } from "./wish.ts";

const procfile = { Procfile: "web: node web.mjs\nworker: node worker.mjs\n" };

describe("bad input is told with its place, and nothing is made", () => {
  test.each<[string, string, Readonly<Record<string, string | Buffer>>, readonly string[]]>([
    [
      "an undefined variable of every process, at once",
      "deployment: { procfile: Procfile }\nvariables:\n  A: $NOWHERE",
      { Procfile: "web: x" },
      ["VARIABLE_UNDEFINED .poststack.yml:6:10"],
    ],
    [
      "an undefined variable in a command",
      "init:\n  - run: [echo, $NOWHERE]",
      {},
      ["VARIABLE_UNDEFINED .poststack.yml:5:21"],
    ],
    [
      "a secret in a command",
      "init:\n  - run: [psql, $POSTSTACK_DATABASE_URL]",
      {},
      ["SECRET_EXPOSED .poststack.yml:5:21"],
    ],
    [
      "a secret in a probe",
      'deployment:\n  procfile: Procfile\n  processes:\n    web: { ready: { http: "http://h/$DB_PASSWORD" } }',
      procfile,
      ["SECRET_EXPOSED .poststack.yml:7:31"],
    ],
    [
      "a probe that is no URL",
      "deployment:\n  procfile: Procfile\n  processes:\n    web: { ready: { http: health } }",
      procfile,
      ["CONFIG_TYPE .poststack.yml:7:31"],
    ],
    [
      "a probe of no port",
      "deployment:\n  procfile: Procfile\n  processes:\n    web: { ready: { tcp: $DB_HOST } }",
      procfile,
      ["CONFIG_TYPE .poststack.yml:7:30"],
    ],
    [
      "a process that the Procfile does not have",
      "deployment:\n  procfile: Procfile\n  processes:\n    wbe: { replicas: 2 }",
      procfile,
      ["CONFIG_UNKNOWN_KEY .poststack.yml:7:9"],
    ],
    [
      "a dependency that the Procfile does not have",
      "deployment:\n  procfile: Procfile\n  processes:\n    web: { depends_on: [wroker] }",
      procfile,
      ["CONFIG_TYPE .poststack.yml:7:29"],
    ],
    [
      "a broken Procfile",
      "deployment: { procfile: Procfile }",
      { Procfile: "web: x\nweb" },
      ["PROCFILE_SYNTAX Procfile:2:1"],
    ],
    ["a missing folder", "init:\n  - run: [x]\n    cwd: gone", {}, ["FILE_MISSING .poststack.yml:6:14"]],
    ["a missing input", "init:\n  - run: [x]\n    inputs: [gone.csv]", {}, ["FILE_MISSING .poststack.yml:6:9"]],
    ["a folder outside", "init:\n  - run: [x]\n    cwd: ..", {}, ["PATH_OUTSIDE .poststack.yml:6:14"]],
    ["an input outside", "init:\n  - run: [x]\n    inputs: [../*]", {}, ["PATH_OUTSIDE .poststack.yml:6:9"]],
    [
      "two jobs of one name",
      "init:\n  - { run: [x], name: a }\n  - { run: [y], name: a }",
      {},
      ["CONFIG_CLASH .poststack.yml:6:27"],
    ],
    [
      "PORT that is none",
      "deployment: { procfile: Procfile }\nvariables: { PORT: http }",
      { Procfile: "web: x" },
      ["CONFIG_TYPE .poststack.yml:5:24"],
    ],
    [
      "PORT that leaves no room",
      "deployment: { procfile: Procfile }\nvariables: { PORT: 65500 }",
      procfile,
      ["CONFIG_TYPE Procfile:2:1"],
    ],
    [
      "a bad migration and a broken Procfile, at once",
      "deployment: { procfile: Procfile }",
      { Procfile: "x", "migrations/a.sql": "" },
      ["PROCFILE_SYNTAX Procfile:1:1", "MIGRATION_NAME migrations/a.sql:1:1"],
    ],
    ["the superuser as the owner", "postgres: { user: postgres }", {}, ["CONFIG_TYPE .poststack.yml:4:23"]],
    [
      "a name that Postgres keeps",
      "postgres:\n  roles: { pg_x: { login: true } }",
      {},
      ["CONFIG_TYPE .poststack.yml:5:16"],
    ],
    [
      "an owner that may not log in",
      "postgres:\n  user: app\n  roles: { app: { login: false } }",
      {},
      ["CONFIG_TYPE .poststack.yml:6:16"],
    ],
    [
      "a privilege that does not fit",
      "postgres:\n  grants:\n    - { to: public, on: { schema: public }, privileges: [select] }",
      {},
      ["CONFIG_TYPE .poststack.yml:6:11"],
    ],
    [
      "a default privilege on a schema",
      "postgres:\n  grants:\n    - { to: public, on: { schema: public }, privileges: [usage], default: true }",
      {},
      ["CONFIG_TYPE .poststack.yml:6:11"],
    ],
    ["a broken env file", "{}", { "environments/dev.env": "A B=1" }, ["ENV_FILE_SYNTAX environments/dev.env:1:3"]],
  ])("%s", async (_name, body, files, expected) => {
    expect(await told(wishOf(projectOf(body, files)))).toEqual(expected);
  });

  test("a migrations folder that is named and missing", async () => {
    const project = projectOf("{}");
    project.write(".poststack.yml", "project:\n  name: app\n  migrations: ./sql\nenvironments: { dev: {} }\n");
    expect(await told(wishOf(project))).toEqual(["FILE_MISSING .poststack.yml:3:15"]);
  });

  test("a migration that leads out of the project by a link", async () => {
    const project = projectOf("{}");
    mkdirSync(join(project.root, "migrations"));
    symlinkSync("/etc/hostname", join(project.root, "migrations/001_a.sql"));
    expect(await told(wishOf(project))).toEqual(["PATH_OUTSIDE .poststack.yml:1:1"]);
  });
});

const password = (reference: string) => `postgres:\n  password: ${reference}`;

describe("secrets", () => {
  test.each<[string, string, readonly string[]]>([
    ["a missing file", "{ file: gone }", ["SECRET_UNREADABLE .poststack.yml:5:7"]],
    ["a folder", "{ file: . }", ["SECRET_UNREADABLE .poststack.yml:5:7"]],
    ["an unset variable", "{ env: NOPE }", ["SECRET_UNREADABLE .poststack.yml:5:7"]],
    [
      "a command that does not exist",
      "{ command: [poststack-no-such-program] }",
      ["SECRET_UNREADABLE .poststack.yml:5:7"],
    ],
    ["a command that fails", "{ command: [sh, -c, 'echo canary; exit 3'] }", ["SECRET_UNREADABLE .poststack.yml:5:7"]],
    ["a command that says nothing", "{ command: ['true'] }", ["SECRET_UNREADABLE .poststack.yml:5:7"]],
  ])("%s is an error", async (_name, reference, expected) => {
    const found = await errorsOf(wishOf(projectOf(password(reference))));
    expect(
      found.map(({ code, facts }) => `${code} ${facts.where?.file}:${facts.where?.line}:${facts.where?.column}`),
    ).toEqual(expected);
    expect(JSON.stringify(found.map(({ facts }) => facts))).not.toContain("canary");
  });

  test.each([
    ["others", 0o604],
    ["the group", 0o640],
    ["all, by a mode that only lets them write", 0o622],
  ])("a file that is open to %s is an error that does not tell the secret", async (_name, mode) => {
    const project = projectOf(password("{ file: secret }"));
    chmodSync(project.write("secret", "canary\n"), mode);
    const [error] = await errorsOf(wishOf(project));
    expect(error?.facts).toMatchObject({ code: "SECRET_EXPOSED", where: { file: ".poststack.yml", line: 5 } });
    expect(JSON.stringify(error?.facts)).not.toContain("canary");
  });

  test("another environment's secrets are not looked at", async () => {
    const project = projectOf("{}");
    project.write(
      ".poststack.yml",
      "project: { name: app }\nenvironments:\n  dev: { postgres: { port: 1 } }\n  prod: { postgres: { password: { file: gone } } }\n",
    );
    expect(await told(wishOf(project))).toEqual([]);
  });

  test("a file outside the project may hold one", async () => {
    const outside = projectOf("{}").write("secret", "canary", 0o600);
    expect(outside.startsWith(tmpdir())).toBe(true);
    expect(await told(wishOf(projectOf(password(`{ file: ${outside} }`))))).toEqual([]);
  });
});
