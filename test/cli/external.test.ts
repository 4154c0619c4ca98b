import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { cliProject, type CliProject, type Ran } from "../support/cli.ts";
import { startPgbouncer } from "../support/poolers.ts";
import { misfits } from "../support/schemas.ts";

// An external server: the database and its roles are ours, the server is not.
let project: CliProject;
const tag = randomBytes(4).toString("hex");
const database = `cli_${tag}`;

const adminUrl = (): string => {
  const { port, password } = inject("postgres");
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
};
const poststack = (...args: readonly string[]): Promise<Ran> =>
  project.poststack(args, { environment: { ADMIN_URL: adminUrl() } });

beforeAll(() => {
  project = cliProject({
    ".poststack.yml": `
project: { name: far }
environments:
  prod:
    postgres:
      provider: external
      url: { env: ADMIN_URL }
      database: ${database}
      user: ${database}
`,
  });
});

afterAll(async () => {
  await ask(`drop database if exists ${database} with (force)`, adminUrl());
  await ask(`drop role if exists ${database}`, adminUrl());
  project.dispose();
});

const ask = async (sql: string, url?: string): Promise<readonly Record<string, unknown>[]> => {
  const { Client } = (await import("pg")).default;
  const client = new Client(url ?? (await poststack("db", "url", "--show-password")).stdout.trim());
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

test("baseline takes what is there for what the migrations made", async () => {
  const applied = await poststack("apply", "--yes");
  expect(applied).toMatchObject({ code: 0 });
  await ask("create table one (id int)");
  project.write("migrations/001_one.sql", "create table one (id int);\n");
  project.write("migrations/002_two.sql", "create table two (id int);\n");
  const refused = await poststack("apply", "--yes");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("error BASELINE_REQUIRED");

  const { code, stdout } = await poststack("db", "baseline", "001", "--yes");
  expect({ code, stdout }).toMatchObject({ code: 0 });
  expect((await poststack("db", "status", "--json")).json).toMatchObject({
    migrations: [{ state: "applied" }, { state: "pending" }],
  });
  expect((await poststack("db", "baseline", "001", "--yes")).code).toBe(0);
  expect((await poststack("db", "migrate", "--yes")).code).toBe(0);
  expect(await ask("select to_regclass('two')::text as name")).toEqual([{ name: "two" }]);
});

test("status and test-connection reach it", async () => {
  const status = await poststack("status", "--json");
  expect(misfits("status", status.json)).toEqual([]);
  expect(status.json).toMatchObject({
    environments: [{ server: { provider: "external", state: "up" }, drift: { settled: true } }],
  });
  expect(await poststack("db", "test-connection")).toMatchObject({ code: 0 });
  expect((await poststack("env", "list")).stdout).toMatch(/prod \(default\) +external/);
});

test("behind a pooler that keeps no sessions nothing is done, and the place of the address is told", async () => {
  const { port, password } = inject("postgres");
  const pooler = await startPgbouncer({ port }, "transaction", [{ user: "postgres", password }]);
  try {
    const environment = { ADMIN_URL: adminUrl().replace(`:${port}/`, `:${pooler.port}/`) };
    for (const command of [["plan"], ["apply", "--yes"], ["db", "test-connection"]]) {
      const { code, stdout, stderr } = await project.poststack([...command, "--json"], { environment });
      expect(stdout + stderr).toContain('"POOLER_DETECTED"');
      expect(stdout + stderr).toMatch(/"file": ?"\.poststack\.yml"/);
      expect(code).toBe(1);
    }
  } finally {
    await pooler.stop();
  }
});

test("reset makes the database anew and leaves the server's other databases alone", async () => {
  const others = (): Promise<readonly Record<string, unknown>[]> =>
    ask("select oid from pg_database where datname in ('postgres', 'template1')", adminUrl());
  const before = await others();
  await ask("insert into two values (1)");
  const [{ oid }] = (await ask(`select oid from pg_database where datname = '${database}'`)) as [{ oid: number }];
  const { code } = await poststack("db", "reset", "--delete-data", "--confirm", "prod");
  expect(code).toBe(0);
  expect(await ask("select count(*)::int as n from two")).toEqual([{ n: 0 }]);
  expect(await ask(`select oid from pg_database where datname = '${database}'`)).not.toEqual([{ oid }]);
  expect(await others()).toEqual(before);
});

test("the admin's password stands in no answer", async () => {
  const { password } = inject("postgres");
  for (const words of [
    ["config", "show"],
    ["status"],
    ["plan"],
    ["db", "url", "--admin"],
    ["doctor"],
    ["env", "list"],
  ]) {
    const { stdout, stderr } = await poststack(...words, "-vv");
    expect(stdout + stderr).not.toContain(password);
  }
});

test("destroy says of each role why it goes, and no address of what is gone", async () => {
  const { code, stdout } = await poststack("destroy", "--delete-data", "--confirm", "prod");
  expect({ code, stdout }).toMatchObject({ code: 0 });
  expect(stdout).toMatch(new RegExp(`role:${database} +drop +goes with its environment`));
  expect(stdout).not.toContain("postgresql://");
  expect(await ask(`select 1 from pg_roles where rolname = '${database}'`, adminUrl())).toEqual([]);
});
