import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cliProject, type CliProject } from "../support/cli.ts";
import { freePort } from "../support/cluster.ts";
import { misfits } from "../support/schemas.ts";

// Nothing here needs a server: one project, in which nothing is ever applied.
let project: CliProject;

beforeAll(async () => {
  const port = await freePort();
  project = cliProject({
    ".poststack.yml": `
project: { name: shop, default_environment: dev }
environments:
  dev:
    postgres: { port: ${port} }
  strict:
    postgres: { port: ${await freePort()} }
    policy: { lint: { rules: { drop-not-null: error, index-not-concurrent: off } } }
`,
    "migrations/001_orders.sql": "create table orders (id bigint primary key, note text not null);\n",
    "migrations/002_index.sql": "create index on orders (note);\n",
    "migrations/003_null.sql": "alter table orders alter note drop not null;\n",
    "migrations/repeatable/fresh.sql":
      "-- poststack: allow truncate the rows are made anew below\ntruncate cache;\ntruncate seen;\n",
  });
});
afterAll(() => project.dispose());

const rulesOf = (json: unknown): readonly string[] =>
  (
    json as { readonly findings: readonly { readonly rule: string; readonly place: { readonly file: string } }[] }
  ).findings.map(({ rule, place }) => `${place.file.slice("migrations/".length, -".sql".length)} ${rule}`);

describe("db lint", () => {
  test("what is pending is one run: nobody waits for what it makes", async () => {
    const { json, code } = await project.poststack(["db", "lint", "--json"]);
    expect(misfits("answers/db lint", json)).toEqual([]);
    expect([code, rulesOf(json)]).toEqual([0, ["repeatable/fresh truncate"]]);
  });

  test.each([
    ["--since 001", 1, ["002_index index-not-concurrent", "003_null drop-not-null", "repeatable/fresh truncate"]],
    ["--since 0", 0, ["repeatable/fresh truncate"]],
    ["--all", 1, ["002_index index-not-concurrent", "003_null drop-not-null", "repeatable/fresh truncate"]],
    ["--offline", 1, ["002_index index-not-concurrent", "003_null drop-not-null", "repeatable/fresh truncate"]],
    ["migrations/repeatable/fresh.sql", 0, ["repeatable/fresh truncate"]],
    ["dev migrations/003_null.sql", 0, ["003_null drop-not-null"]],
    ["migrations/003_null.sql", 0, ["003_null drop-not-null"]],
    ["migrations/003_null.sql --max-warnings 0", 1, ["003_null drop-not-null"]],
    ["strict --all", 1, ["003_null drop-not-null", "repeatable/fresh truncate"]],
  ])("%s", async (words, code, expected) => {
    const answer = await project.poststack(["db", "lint", ...words.split(" "), "--json"]);
    expect([answer.code, rulesOf(answer.json)]).toEqual([code, expected]);
  });

  test("as text it ends with a count", async () => {
    const { stdout, code } = await project.poststack(["db", "lint", "--since", "001"]);
    expect(code).toBe(1);
    expect(stdout).toContain("INDEX CONCURRENTLY on orders (note);");
    expect(stdout).toMatch(/\n3 migrations: 1 error, 2 warnings\.\n$/);
  });

  test("in the form of a workflow of GitHub", async () => {
    const { stdout } = await project.poststack(["db", "lint", "--since", "001", "--format", "github"]);
    expect(stdout).toMatch(/^::error file=migrations\/002_index\.sql,line=1,col=1,title=index-not-concurrent::/);
  });

  test.each([
    ["--since 001 --all", "three ways to choose"],
    ["migrations/9.sql", "is no migration of this project"],
    ["--since 9", "no migration has the version 9"],
    ["--max-warnings few", "is no number"],
  ])("%s is told", async (words, what) => {
    const { stderr, code } = await project.poststack(["db", "lint", ...words.split(" ")]);
    expect(code).toBe(1);
    expect(stderr).toContain(what);
  });
});
