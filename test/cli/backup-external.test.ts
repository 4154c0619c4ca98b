import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { cliProject, type CliProject, type Ran } from "../support/cli.ts";
import { machineProgram } from "../support/cluster.ts";

// Somebody else's server, whose admin login may make roles and databases and is no superuser (docs/deploying.md).
let project: CliProject;
const tag = randomBytes(4).toString("hex");
const [database, admin] = [`backup_${tag}`, `admin_${tag}`];

const url = (user: string, password: string): string =>
  `postgres://${user}:${password}@127.0.0.1:${inject("postgres").port}/postgres`;
const superuser = (): string => url("postgres", inject("postgres").password);
const poststack = (...args: readonly string[]): Promise<Ran> =>
  project.poststack(args, { environment: { ADMIN_URL: url(admin, "pw") } });

const ask = async (sql: string, to = superuser()): Promise<readonly Record<string, unknown>[]> => {
  const { Client } = (await import("pg")).default;
  const client = new Client(to);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};
const inDatabase = (sql: string) => ask(sql, superuser().replace(/postgres$/, database));

beforeAll(async () => {
  await ask(`create role ${admin} login createrole createdb password 'pw'`);
  project = cliProject({
    ".poststack.yml": `
project: { name: far }
environments:
  prod:
    postgres: { provider: external, url: { env: ADMIN_URL }, database: ${database}, user: ${database} }
`,
    "migrations/001_things.sql": "create table things (id int);\ninsert into things values (1);\n",
  });
});

afterAll(async () => {
  for (const { datname } of await ask(`select datname from pg_database where datname like '${database}%'`))
    await ask(`drop database "${String(datname)}" with (force)`);
  for (const role of [database, admin]) await ask(`drop role if exists ${role}`);
  project.dispose();
});

test.skipIf(machineProgram("pg_dump") === undefined)(
  "an admin that is no superuser takes a backup and restores it, and gets no more power by it",
  async () => {
    expect(await poststack("apply", "--yes")).toMatchObject({ code: 0 });
    expect(await poststack("backup", "take", "--output", "a.dump", "--yes")).toMatchObject({ code: 0 });
    await inDatabase("delete from things");
    const restored = await poststack("db", "restore", "prod", "a.dump", "--yes");
    expect(restored, restored.stderr).toMatchObject({ code: 0 });
    expect(await inDatabase("select id from things")).toEqual([{ id: 1 }]);
    expect(await poststack("plan", "--detailed-exitcode")).toMatchObject({ code: 0 });
    expect(
      await inDatabase("select nspowner::regrole::text as owner from pg_namespace where nspname = 'poststack'"),
    ).toEqual([{ owner: admin }]);
  },
  60_000,
);
