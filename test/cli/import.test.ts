import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { cliProject, type CliProject, type Ran } from "../support/cli.ts";
import { misfits } from "../support/schemas.ts";

// A database that dbmate has kept until today. The tests go through its move in order.
let project: CliProject;
const database = `import_${randomBytes(4).toString("hex")}`;

const adminUrl = (): string => {
  const { port, password } = inject("postgres");
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
};
const poststack = (...args: readonly string[]): Promise<Ran> =>
  project.poststack(args, { environment: { ADMIN_URL: adminUrl() } });

const config = (migrations: string): string => `
project: { name: far, migrations: ${migrations} }
environments:
  prod:
    postgres:
      provider: external
      url: { env: ADMIN_URL }
      database: ${database}
      user: ${database}
`;

const users = "-- migrate:up\ncreate table users (id int);\n\n-- migrate:down\ndrop table users;\n";
const index =
  "-- migrate:up transaction:false\ncreate index concurrently users_id on users (id);\n\n-- migrate:down\ndrop index users_id;\n";

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

beforeAll(async () => {
  project = cliProject({ ".poststack.yml": config("db/migrations"), "db/migrations/.keep": "" });
  const { code, stderr } = await poststack("apply", "--yes");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  await ask("create table users (id int)");
  await ask("create table schema_migrations (version varchar(128) primary key)");
  await ask("insert into schema_migrations values ('20240101000000')");
  project.write("db/migrations/20240101000000_users.sql", users);
  project.write("db/migrations/20240102000000_index.sql", index);
});

afterAll(async () => {
  await ask(`drop database if exists ${database} with (force)`, adminUrl());
  await ask(`drop role if exists ${database}`, adminUrl());
  project.dispose();
});

test("db import tells what is there and changes nothing", async () => {
  const { code, json } = await poststack("db", "import", "--json");
  expect(code).toBe(0);
  expect(misfits("answers/db import", json)).toEqual([]);
  expect(json).toMatchObject({
    ...{ format: "dbmate", folder: "db/migrations", migrations: 2, withRollback: 2, outsideTransaction: 1 },
    takeOver: "take over one version from dbmate's public.schema_migrations; nothing runs",
    ...{ pending: 1, errors: [], written: [] },
    config: { directory: "db/migrations", format: "dbmate" },
  });
  const { stdout, stderr } = await poststack("db", "import");
  expect(stdout).toContain("db/migrations: 2 migrations of dbmate, 2 with a way back, 1 outside of a transaction.");
  expect(stderr).toContain("migrations: { directory: db/migrations, format: dbmate }");
  expect(await ask("select version from poststack.schema_migrations")).toEqual([]);
});

test.each([[[]], [["--from", "dbmate"]], [["--from", "dbmate", "--write", "moved"]]])(
  "a folder that is not there has no migrations of anybody: db import %j",
  async (options) => {
    const empty = cliProject({ ".poststack.yml": config("migrations") });
    onTestFinished(() => empty.dispose());
    const { code, stdout, stderr } = await empty.poststack(["db", "import", ...options], {
      environment: { ADMIN_URL: adminUrl() },
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /error FILE_MISSING: the migrations folder migrations does not exist\n.*at \.poststack\.yml:2/,
    );
  },
);

test("in their own form they are taken over and go on", async () => {
  project.write(".poststack.yml", config("{ directory: db/migrations, format: dbmate }"));
  const planned = await poststack("plan");
  expect(planned.stdout).toMatch(
    /~ migration:all +import +take over one version from dbmate's public\.schema_migrations; nothing runs/,
  );
  expect(planned.stdout).toMatch(/▸ migration:20240102000000_index +apply /);
  expect((await poststack("apply", "--yes")).code).toBe(0);
  expect(await ask("select version, state from poststack.schema_migrations order by 1")).toEqual([
    { version: "20240101000000", state: "applied" },
    { version: "20240102000000", state: "applied" },
  ]);
  expect(await ask("select indisvalid from pg_index where indexrelid = 'users_id'::regclass")).toEqual([
    { indisvalid: true },
  ]);
  expect((await poststack("plan", "--detailed-exitcode")).code).toBe(0);
  expect((await poststack("db", "verify")).code).toBe(0);
});

test("back runs what stands behind the mark of down, and an error has its line", async () => {
  expect((await poststack("db", "rollback", "--yes")).code).toBe(0);
  expect(await ask("select to_regclass('users_id') is null as gone")).toEqual([{ gone: true }]);
  project.write(
    "db/migrations/20240103000000_bad.sql",
    "-- migrate:up\n\nselect 1;\nselect nothing;\n-- migrate:down\n",
  );
  const { code, stderr } = await poststack("apply", "--yes");
  expect(code).toBe(1);
  expect(stderr).toContain("db/migrations/20240103000000_bad.sql:4:8");
  project.write("db/migrations/20240103000000_bad.sql", "-- migrate:up\nselect 1;\n-- migrate:down\n");
  expect((await poststack("apply", "--yes")).code).toBe(0);
});

test("db new writes one more as dbmate would have it", async () => {
  const { stdout, code } = await poststack("db", "new", "posts", "--sql", "create table posts (id int)");
  expect(code).toBe(0);
  const text = readFileSync(join(project.root, stdout.trim()), "utf8");
  expect(text).toContain("-- migrate:up\ncreate table posts (id int)\n");
  expect(text).toContain("-- migrate:down\n");
  expect(text).toContain("drop table posts;");
  expect((await poststack("apply", "--yes")).code).toBe(0);
});

test("as ordinary files they are the same: nothing is to be done", async () => {
  const { code, json } = await poststack("db", "import", "--write", "migrations", "--json");
  expect(code).toBe(0);
  expect(json).toMatchObject({ config: { directory: "migrations", ledger: "dbmate" } });
  expect(readdirSync(join(project.root, "migrations"))).toHaveLength(8);
  expect(readdirSync(join(project.root, "db/migrations"))).toHaveLength(5);
  project.write(".poststack.yml", config("{ directory: migrations, ledger: dbmate }"));
  expect((await poststack("plan", "--detailed-exitcode")).code).toBe(0);
  expect((await poststack("db", "verify")).code).toBe(0);
  const again = await poststack("db", "import", "--from", "dbmate", "--write", "migrations");
  expect(again.code).toBe(1);
});

test("a view that changes runs again, is listed and is no drift", async () => {
  project.write("migrations/repeatable/ids.sql", "create or replace view ids as select id from users;\n");
  expect((await poststack("plan")).stdout).toMatch(/▸ migration:repeatable\/ids +repeat +has not run yet/);
  expect((await poststack("apply", "--yes")).code).toBe(0);
  const status = await poststack("db", "status", "--json");
  expect(misfits("answers/db status", status.json)).toEqual([]);
  expect(JSON.stringify(status.json)).toContain('"name":"repeatable/ids","state":"applied"');
  expect((await poststack("plan", "--detailed-exitcode")).code).toBe(0);
  const drift = await poststack("db", "drift", "--json");
  expect(JSON.stringify(drift.json)).not.toContain("ids");
});
