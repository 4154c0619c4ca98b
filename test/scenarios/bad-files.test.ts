import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { errorsOf } from "../support/command.ts";
import { freePort } from "../support/scenario-ports.ts";
import { newProject, type Project } from "../support/scenario.ts";

// Issue "Bad input and faults", what is wrong with files before there is a server: a code, a place, a next step, exit 1,
// and nothing is made. Every form of each mistake is a row in test/config: yaml (syntax, duplicates, bombs, sizes),
// validate (unknown keys, types, prototype names), load (environments, clashes), variables and interpolate (undefined
// ones), desired/errors (files that are missing or lead outside, secrets), migrations (names). Faults of migrations in a
// database: bad-migrations; of state, server and disk: bad-state, bad-server.

const good = `project: { name: shop }
environments:
  dev:
    postgres: { port: PORT0, version: 17 }
    deployment: { procfile: Procfile }
`;
const migration = "create table a (id int);\n";

interface Row {
  readonly name: string;
  /** What is wrong: files that are added or replaced. */
  readonly files?: Readonly<Record<string, string>>;
  readonly prepare?: (project: Project) => void;
  readonly args?: readonly string[];
  /** Code and place. */
  readonly errors: readonly string[];
}

const outside = join(import.meta.dirname, "bad-files.test.ts");
const bomb = [
  'a0: &a0 ["x","x","x","x","x","x","x","x","x"]',
  ...Array.from(
    { length: 30 },
    (_, n) => `a${n + 1}: &a${n + 1} [${Array.from({ length: 9 }, () => `*a${n}`).join()}]`,
  ),
].join("\n");
const config = (line: string): Readonly<Record<string, string>> => ({ ".poststack.yml": `${good}${line}\n` });

const rows: readonly Row[] = [
  { name: "broken YAML", files: config("    variables: { A: [1"), errors: ["CONFIG_SYNTAX .poststack.yml:7:1"] },
  {
    name: "a duplicate key",
    files: config("    deployment: { procfile: Other }"),
    errors: ["CONFIG_DUPLICATE_KEY .poststack.yml:6:5"],
  },
  { name: "an unknown key", files: config("    postgers: {}"), errors: ["CONFIG_UNKNOWN_KEY .poststack.yml:6:5"] },
  { name: "a wrong type", files: config("    protected: maybe"), errors: ["CONFIG_TYPE .poststack.yml:6:16"] },
  { name: "an unknown environment", args: ["prod"], errors: ["ENVIRONMENT_UNKNOWN .poststack.yml:1:1"] },
  {
    name: "an undefined variable",
    files: config("    variables: { A: '${NOWHERE}' }"),
    errors: ["VARIABLE_UNDEFINED .poststack.yml:6:21"],
  },
  {
    name: "a missing deploy file",
    files: { ".poststack.yml": good.replace("Procfile", "Missing") },
    errors: ["FILE_MISSING .poststack.yml:5:29"],
  },
  {
    name: "two environments on one port",
    files: config("  staging: { postgres: { port: PORT0 } }"),
    errors: ["CONFIG_CLASH .poststack.yml:6:32"],
  },
  {
    name: "a bad version",
    files: { ".poststack.yml": good.replace("version: 17", "version: seventeen") },
    errors: ["CONFIG_TYPE .poststack.yml:4:39"],
  },
  {
    name: "a version of long ago",
    files: { ".poststack.yml": good.replace("version: 17", "version: 9") },
    errors: ["CONFIG_TYPE .poststack.yml:4:39"],
  },
  { name: "a Procfile that is none", files: { Procfile: "web node\n" }, errors: ["PROCFILE_SYNTAX Procfile:1:1"] },
  {
    name: "a migration of no version",
    files: { "migrations/first.sql": migration },
    errors: ["MIGRATION_NAME migrations/first.sql:1:1"],
  },
  {
    name: "a version twice",
    files: { "migrations/001_b.sql": migration },
    errors: ["MIGRATION_NAME migrations/001_b.sql:1:1"],
  },
  {
    name: "a migration that is too large",
    files: { "migrations/002_large.sql": "-- ".padEnd(17 * 1024 * 1024, "x") },
    errors: ["FILE_UNREADABLE .poststack.yml:1:1"],
  },
  {
    name: "a migration that leads out of the project by a link",
    prepare: (project) => symlinkSync(outside, project.path("migrations/002_b.sql")),
    errors: ["PATH_OUTSIDE .poststack.yml:1:1"],
  },
  {
    name: "a Procfile that leads out of the project by a link",
    files: { ".poststack.yml": good.replace("Procfile", "Linked") },
    prepare: (project) => symlinkSync(outside, project.path("Linked")),
    errors: ["PATH_OUTSIDE .poststack.yml:5:29"],
  },
  { name: "a YAML bomb", files: { ".poststack.yml": bomb }, errors: ["CONFIG_LIMIT .poststack.yml:13:17"] },
  {
    name: "a file of 10 MB",
    files: { ".poststack.yml": `${good}# `.padEnd(10 * 1024 * 1024, "x") },
    errors: ["CONFIG_LIMIT .poststack.yml:1:1"],
  },
  {
    name: "__proto__ as the name of an environment",
    files: { ".poststack.yml": good.replace("dev:", "__proto__:") },
    errors: ["CONFIG_TYPE .poststack.yml:3:3"],
  },
  {
    name: "__proto__ as a key",
    files: config("    __proto__: { protected: true }"),
    errors: ["CONFIG_UNKNOWN_KEY .poststack.yml:6:5"],
  },
  {
    name: "a secret's file that does not exist",
    files: { ".poststack.yml": good.replace("version: 17", "password: { file: secret }") },
    errors: ["SECRET_UNREADABLE .poststack.yml:4:30"],
  },
  {
    name: "a secret's file that others can read",
    files: { ".poststack.yml": good.replace("version: 17", "password: { file: secret }"), secret: "s3cret" },
    errors: ["SECRET_EXPOSED .poststack.yml:4:30"],
  },
];

const opened: Project[] = [];
let port: number;
beforeAll(async () => {
  port = await freePort();
});
afterAll(async () => {
  for (const project of opened) await project.dispose();
});

test.each(rows)("$name: an error with its place and the way out, and nothing is made", async (row) => {
  const files = { ".poststack.yml": good, Procfile: "web: true\n", "migrations/001_a.sql": migration, ...row.files };
  const withPort = Object.entries(files).map(([path, text]) => [path, text.replaceAll("PORT0", String(port))]);
  const project = await newProject(Object.fromEntries(withPort));
  opened.push(project);
  row.prepare?.(project);

  const json = await project.run("apply", ...(row.args ?? []), "--yes", "--json");
  const errors = errorsOf(json);
  expect(errors.map(({ code, where }) => `${code} ${where?.file}:${where?.line}:${where?.column}`)).toEqual(row.errors);
  expect(json.code).toBe(1);
  expect(errors.every(({ next = "" }) => next.length > 0)).toBe(true);

  const text = await project.run("apply", ...(row.args ?? []), "--yes");
  expect(text.stderr).toContain(`error ${row.errors[0]?.replace(/ .*/, "")}: `);
  expect(text.stderr).toMatch(/^ {2}next: ./m);
  expect(existsSync(project.path(".poststack"))).toBe(false);
});
