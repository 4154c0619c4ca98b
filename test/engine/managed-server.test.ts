import { expect } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { postgres } from "../../controller/adapters/postgres.ts";
import { sqlParser } from "../../controller/adapters/sql-parser.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import type { Endpoint, Postgres } from "../../controller/core/ports/postgres.ts";
import { Secret } from "../../controller/core/secret.ts";
import type { EnginePorts } from "../../controller/engine/converge.ts";
import { beside } from "../../controller/engine/rehearsal/beside.ts";
import { replay } from "../../controller/engine/replay.ts";
import { somebody, test, type TestDatabase } from "../support/postgres.ts";

const driver = postgres("poststack-test");

/** As at a provider: whichever database the admin opens, a superuser has made these extensions in it. */
const managed = (endpoint: Endpoint, extensions: readonly string[]): Postgres => ({
  ...driver,
  async connect(to, login, database, signal) {
    if (database.startsWith("poststack_shadow_") && login.user === to.admin.user) {
      const root = await driver.connect(endpoint, somebody(endpoint), database, signal);
      try {
        for (const name of extensions) await root.query(`create extension if not exists ${name}`, [], signal);
      } finally {
        await root.close();
      }
    }
    return driver.connect(to, login, database, signal);
  },
});

/** Its admin login is no superuser. */
async function onManagedServer(
  database: TestDatabase,
  made: readonly string[],
): Promise<{ readonly ports: EnginePorts; readonly endpoint: Endpoint }> {
  const { endpoint, owner } = database;
  const admin = { user: database.unique("admin"), password: new Secret("admin") };
  await database.query(`create role ${admin.user} createdb login password 'admin' in role ${owner}`);
  const ports = { postgres: managed(endpoint, made), clock, parser: sqlParser } as unknown as EnginePorts;
  return { ports, endpoint: { ...endpoint, admin } };
}

const extensions = ["postgres_fdw", "dblink"].map((name) => ({ name, schema: undefined }));

const failureOf = (running: Promise<unknown>): Promise<string | undefined> =>
  running.then(
    () => undefined,
    (error: unknown) => (error instanceof PoststackError ? `${error.code} ${error.facts.what}` : String(error)),
  );

const defining =
  "create function call(way text) returns text language plpgsql as $$ begin return public.dblink_exec(way, 'select 1'); end $$";

test.for<[what: string, text: string, made: readonly string[], outcome: string | undefined]>([
  [
    "extensions that the admin may not make",
    "select 1",
    [],
    `SCHEMA_NOT_COPIED the admin login may not make a shadow of the schema: permission denied to create extension "postgres_fdw"`,
  ],
  ["a wrapper and functions that no migration uses", "create table t (id int)", ["postgres_fdw", "dblink"], undefined],
  [
    "a function that a migration speaks of",
    defining,
    ["postgres_fdw", "dblink"],
    "SCHEMA_NOT_COPIED 1.sql calls dblink_exec of the functions of extension dblink, which leads out of a shadow database, and which the admin login may not close there",
  ],
])("what migrations make, compared on a managed server: %s", async ([, text, made, outcome], { database }) => {
  const { ports, endpoint } = await onManagedServer(database, made);
  const migrations = [{ version: "1", order: "1", name: "1", file: "1.sql", text }];
  expect(await failureOf(replay({ migrations, extensions }, endpoint, ports, database.signal))).toBe(outcome);
});

test.for<[what: string, made: readonly string[], outcome: string | undefined]>([
  ["a wrapper that nothing uses does not lead out of it", ["postgres_fdw"], undefined],
  [
    "functions that cannot be closed do",
    ["dblink"],
    "NOT_PERMITTED the schema cannot be copied: the admin login may not close the functions of extension dblink, which would lead out of the copy",
  ],
])("a copy on a managed server: %s", async ([, made, outcome], { database }) => {
  const { ports, endpoint } = await onManagedServer(database, made);
  const declared = extensions.filter(({ name }) => made.includes(name));
  const original = { endpoint, extensions: declared, texts: new Map<string, string>(), rowStatements: [] };
  expect(await failureOf(beside(original, ports, database.signal, () => Promise.resolve()))).toBe(outcome);
});
