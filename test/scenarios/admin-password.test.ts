import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCluster, type Cluster } from "../support/cluster.ts";
import { errorsOf, type Ended } from "../support/command.ts";
import { forThisTest, newProject } from "../support/scenario.ts";

// Poststack never changes the password of the login that it works with, so it cannot cut itself off. When another hand
// does, or a file is ahead of the server: POSTGRES_LOGIN, nothing is changed, and either side can be put right.
const place = { file: ".poststack.yml", line: 4, column: 5 };
const told = (ended: Ended): unknown => ({ code: ended.code, errors: errorsOf(ended), text: ended.text });
const refusal = (next: string): object => ({
  code: 1,
  errors: [{ code: "POSTGRES_LOGIN", where: place, next: expect.stringContaining(next) as unknown }],
});

async function as(url: string, sql: string): Promise<readonly object[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 60_000);
afterAll(() => cluster.stop());

test("an external server whose admin has another password than the file, from either side", async () => {
  const files = {
    ".poststack.yml":
      "project: { name: far }\nenvironments:\n  prod:\n    postgres: { url: { file: admin.url }, sslmode: disable }\n",
    "migrations/001_a.sql": "create table a (id int);\n",
  };
  const project = await forThisTest(newProject(files));
  const url = (password: string): string => `postgres://cloud:${password}@127.0.0.1:${cluster.port}/postgres`;
  const root = `postgres://postgres:${cluster.password}@127.0.0.1:${cluster.port}/postgres`;
  const facts =
    "select (select count(*)::int from pg_roles) as roles, (select count(*)::int from pg_database) as databases";
  await as(root, "create role cloud login createdb createrole password 'old'");
  project.write("admin.url", url("old"), 0o600);
  await project.ok("apply", "--yes");
  const before = await as(root, facts);

  // The file is ahead of the server.
  project.write("migrations/002_b.sql", "create table b (id int);\n");
  project.write("admin.url", url("new"), 0o600);
  expect(told(await project.run("apply", "--yes", "--json"))).toMatchObject(refusal("check user and password"));
  expect(await as(root, facts)).toEqual(before);
  await as(root, "alter role cloud password 'new'");
  await project.ok("apply", "--yes");

  // The server is ahead of the file.
  await as(root, "alter role cloud password 'newest'");
  expect(told(await project.run("apply", "--yes", "--json"))).toMatchObject(refusal("check user and password"));
  project.write("admin.url", url("newest"), 0o600);
  await project.ok("apply", "--yes");
  expect(await project.plan()).toEqual([]);
});

test("an embedded server whose superuser was given another password by hand", async () => {
  const files = {
    ".poststack.yml": "project: { name: shop }\nenvironments:\n  dev:\n    postgres: { port: PORT0, version: 17 }\n",
  };
  const project = await forThisTest(newProject(files));
  await project.ok("apply", "--yes");
  const url = async (): Promise<URL> =>
    new URL((await project.ok("db", "url", "--admin", "--show-password")).stdout.trim());
  await as((await url()).href, "alter role postgres password 'by hand'");

  project.write("migrations/001_a.sql", "create table a (id int);\n");
  const refused = await project.run("apply", "--yes", "--json");
  expect(told(refused)).toMatchObject(refusal("poststack db url --admin --show-password"));

  const printed = await url();
  const byHand = new URL(printed);
  byHand.password = "by hand";
  await as(byHand.href, `alter role postgres password '${printed.password}'`);
  await project.ok("apply", "--yes");
  expect(await project.plan()).toEqual([]);
});
