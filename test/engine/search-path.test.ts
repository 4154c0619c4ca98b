import { expect } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { postgres } from "../../controller/adapters/postgres.ts";
import { resourceId } from "../../controller/core/id.ts";
import type { Ports } from "../../controller/core/ports.ts";
import type { Session } from "../../controller/core/ports/postgres.ts";
import { Secret } from "../../controller/core/secret.ts";
import { passServer } from "../../controller/engine/server.ts";
import { writerLock } from "../../controller/engine/writer-lock.ts";
import { observe as observeExtensions } from "../../controller/resources/extension/observe.ts";
import type { DesiredGrant } from "../../controller/resources/grant/model.ts";
import { observe as observeGrants } from "../../controller/resources/grant/observe.ts";
import { readSettings } from "../../controller/resources/instance/asking.ts";
import type { Name } from "../../controller/resources/migration/lint/names.ts";
import { readCatalogFacts } from "../../controller/resources/migration/impact/live.ts";
import { somebody, test, type TestDatabase } from "../support/postgres.ts";
import { isSuperuser, layTraps } from "../support/traps.ts";

// The owner of a database decides what lies on its search path, and is no superuser.

const place = { file: ".poststack.yml", line: 1, column: 1 };
const portsOf = ({ server }: TestDatabase): Ports => ({ server }) as unknown as Ports;
const none = {
  relations: [],
  types: [],
  domains: [],
  schemas: [],
  reaching: [],
  functions: new Set<string>(),
  cascades: false,
};

test.for<[string, (database: TestDatabase) => Promise<unknown>]>([
  [
    "a look at privileges",
    (database) => {
      const on = { type: "function", schema: "public", names: "all" } as const;
      const given = {
        to: database.owner,
        on,
        privileges: ["execute"],
        withGrantOption: false,
        forFuture: false,
      } as const;
      const wish = { ...given, id: resourceId("grant", "g"), owner: database.owner, dependsOn: [], place };
      return observeGrants([wish satisfies DesiredGrant], portsOf(database), database.signal);
    },
  ],
  [
    "a look at extensions",
    (database) => {
      const wish = { id: resourceId("extension", "hstore"), name: "hstore", dependsOn: [], place };
      return observeExtensions([wish], portsOf(database), database.signal);
    },
  ],
  [
    "a look at what a migration does",
    async ({ server, signal }) => {
      const asked = { ...none, relations: [{ name: "orders" }], functions: new Set(["lower"]) };
      return readCatalogFacts(await server.admin(signal), asked, signal);
    },
  ],
  [
    "taking the lock, and the fence",
    async ({ endpoint, name, signal }) => {
      const driver = postgres("poststack-test");
      // The other database, where the lock is, may be anybody's as well.
      const own = { ...endpoint, maintenanceDatabase: name };
      const ends = { onWait: () => undefined, onLost: () => undefined };
      const lock = writerLock({ endpoint: own, postgres: driver, clock, name, timeoutMs: 30_000, ...ends });
      const server = passServer(own, driver, lock);
      await server.database(signal);
      expect(server.fence()).toBe(1);
      await server.close();
    },
  ],
])("%s runs nothing that the database's owner has written", async ([, look], { database }) => {
  await database.createLedger();
  await layTraps(database);
  await look(database);
  expect(await isSuperuser(database)).toBe(false);
});

test("the admin has the system's names alone, and everybody else those of the database", async ({ database }) => {
  const { endpoint, name, signal } = database;
  await database.query(`create schema app authorization "${database.owner}"; create table app.t (n int)`);
  await database.query(`alter database "${name}" set search_path = app, public`);
  const meaning = async (login: typeof endpoint.admin): Promise<unknown> => {
    const session = await postgres("poststack-test").connect(endpoint, login, name, signal);
    const [row] = await session.query(
      "select to_regclass('t')::text as t, current_schemas(true)::text[] as path",
      [],
      signal,
    );
    await session.close();
    return row;
  };
  expect(await meaning(endpoint.admin)).toEqual({ t: null, path: ["pg_catalog"] });
  expect(await meaning(somebody(endpoint))).toEqual({ t: "t", path: ["pg_catalog", "app", "public"] });
  expect(await meaning(endpoint.owner)).toMatchObject({ path: ["pg_catalog", "app", "public"] });
});

test("what our own session sets is not taken for what the server was told", async ({ database }) => {
  const { server, signal } = database;
  const names = new Set(["search_path", "default_transaction_read_only"]);
  const { parameters } = await readSettings(await server.admin(signal), names, undefined, signal);
  expect(parameters.get("search_path")?.setting).toBe('"$user", public');
  await database.query(`alter database "${database.name}" set default_transaction_read_only = on`);
  await server.reset();
  const again = await readSettings(await server.admin(signal), names, undefined, signal);
  expect(again.parameters.get("default_transaction_read_only")?.setting).toBe("on");
});

test.for<[string, (database: TestDatabase) => string, string | undefined]>([
  ["nothing is set: $user and public", () => "", "mine.t"],
  ["the database's", ({ name }) => `alter database "${name}" set search_path = "Odd ""One", public`, 'Odd "One.t'],
  ["the owner's before it", (at) => `${atAll(at)}; alter role "${at.owner}" set search_path = public`, "public.t"],
  [
    "the owner's in this database before both",
    (at) => `${atAll(at)}; alter role "${at.owner}" in database "${at.name}" set search_path = nowhere, third`,
    "third.t",
  ],
  [
    "a schema that is not the owner's to use is none",
    ({ name }) => `${hidden}; alter database "${name}" set search_path = hidden, third`,
    "third.t",
  ],
  ["it is empty", ({ name }) => `alter database "${name}" set search_path = ''`, undefined],
  ["none has it", ({ name }) => `alter database "${name}" set search_path = nowhere`, undefined],
])("a name in a migration is looked for on its owner's search path: %s", async ([, set, found], { database }) => {
  await tablesCalledT(database);
  await database.query(set(database));
  expect(await meantBy({ name: "t" }, database)).toBe(found);
});

test("what an admin has as its own search path is not the owner's, and what it may not use is not found", async ({
  database,
}) => {
  const { endpoint, name, owner, signal } = database;
  const user = database.unique("lesser");
  await tablesCalledT(database);
  await database.query(`${hidden}; grant usage on schema hidden to "${owner}"; create type hidden.kind as enum ();
    create role "${user}" login password 'pw'; grant "${owner}" to "${user}"; alter role "${user}" set search_path = third`);
  const admin = { user, password: new Secret("pw") };
  const session = await postgres("poststack-test").connect({ ...endpoint, admin }, admin, name, signal);
  expect(await meantBy({ name: "t" }, database, session)).toBe("mine.t");
  await database.query(`revoke "${owner}" from "${user}"; alter database "${name}" set search_path = hidden`);
  expect(await meantBy({ name: "t" }, database, session)).toBe(undefined);
  expect(await meantBy({ schema: "hidden", name: "t" }, database, session)).toBe(undefined);
  await session.close();
});

/** One that only who made it may use. */
const hidden = "create schema hidden; create table hidden.t (n int)";

const tablesCalledT = ({ owner, ...database }: TestDatabase): Promise<unknown> =>
  database.query(
    ["public", `"${owner}"`, '"Odd ""One"', "third"]
      .map(
        (one) =>
          `create schema if not exists ${one}; create table ${one}.t (n int); grant usage on schema ${one} to "${owner}"`,
      )
      .join(";"),
  );

/** `schema.table`, where the owner's schema is `mine`. Asked along with a type that is nowhere, and one that may be hidden. */
async function meantBy(
  asked: Name,
  { owner, server, signal }: TestDatabase,
  as?: Session,
): Promise<string | undefined> {
  const types = ['"nowhere"', '"hidden"."kind"'].map((text) => ({ text, key: text }));
  const facts = await readCatalogFacts(
    as ?? (await server.admin(signal)),
    { ...none, relations: [asked], types },
    signal,
  );
  const [oid] = facts.named.values();
  const { schema, name } = facts.relations.find((one) => one.oid === oid)?.name ?? {};
  return oid === undefined ? undefined : `${schema === owner ? "mine" : String(schema)}.${String(name)}`;
}

/** For everybody who has nothing else. */
const atAll = ({ name }: TestDatabase): string => `alter database "${name}" set search_path = third`;
