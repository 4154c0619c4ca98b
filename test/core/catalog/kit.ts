import { somebody } from "../../support/postgres.ts";
import { readFileSync } from "node:fs";
import { postgres } from "../../../controller/adapters/postgres.ts";
import type { Catalog } from "../../../controller/core/catalog/model.ts";
import { readCatalog } from "../../../controller/core/catalog/read.ts";
import type { Session } from "../../../controller/core/ports/postgres.ts";
import { quoteIdentifier } from "../../../controller/core/sql.ts";
import type { TestDatabase } from "../../support/postgres.ts";

/** Another database of the same server and the same owner. */
export interface Beside {
  readonly name: string;
  readonly session: Session;
  run(sql: string): Promise<void>;
  catalog(): Promise<Catalog>;
  /** What `snapshot.sql` of the corpus, or another question for one text, gives. */
  text(sql: string): Promise<string>;
}

/** @param as whose objects they will be, and whose the database is: the superuser `postgres`, or the test's owner */
export async function beside(
  database: TestDatabase,
  stem: string,
  as: "admin" | "owner" = "admin",
  template = "template0",
): Promise<Beside> {
  const { endpoint } = database;
  const name = database.unique(stem);
  const { user } = as === "admin" ? endpoint.admin : endpoint.owner;
  await database.query(
    `create database ${quoteIdentifier(name)} template ${quoteIdentifier(template)} owner ${quoteIdentifier(user)}`,
  );
  return connected(database, name, as);
}

async function connected(database: TestDatabase, name: string, as: "admin" | "owner"): Promise<Beside> {
  const { endpoint, signal } = database;
  const login = as === "admin" ? somebody(endpoint) : endpoint.owner;
  const session = await postgres("poststack-test").connect(endpoint, login, name, signal);
  return {
    name,
    session,
    run: async (sql) => void (await session.pipeline([`begin; ${sql}`, "commit"], signal)),
    catalog: () => readCatalog(session, signal),
    text: async (sql) => String(Object.values((await session.query(sql, [], signal))[0] ?? {})[0]),
  };
}

/** Two databases that this has made: it runs once and is copied. */
export async function twins(database: TestDatabase, sql: string): Promise<readonly [Beside, Beside]> {
  const first = await beside(database, "reference");
  await first.run(sql);
  // Nobody may be connected to what is copied.
  await first.session.close();
  const second = await beside(database, "live", "admin", first.name);
  return [await connected(database, first.name, "admin"), second];
}

/** What a dump of it makes: as pg_dump's, it leaves materialized views empty, and the database's settings as they are. */
export const asRestored = (catalog: Catalog): Catalog => ({
  ...catalog,
  objects: catalog.objects.map((object) => {
    if (object.kind === "database") return { ...object, facts: {} };
    if (object.kind !== "materialized view") return object;
    return { ...object, facts: { ...object.facts, populated: "not populated" } };
  }),
});

/** Closes and drops them, in whatever state a test left them. */
export async function away(database: TestDatabase, ...all: readonly Beside[]): Promise<void> {
  for (const { name, session } of all) {
    await session.close();
    await database.query(`drop database if exists ${quoteIdentifier(name)} with (force)`);
  }
}

/** The kitchen sink, with roles that are this test's own. */
export async function kitchenSink(database: TestDatabase): Promise<string> {
  const roles = { writer: database.unique("writer"), reader: database.unique('Reader "x"') };
  for (const role of Object.values(roles)) await database.query(`create role ${quoteIdentifier(role)}`);
  return withRoles(readFileSync(new URL("kitchen-sink.sql", import.meta.url), "utf8"), database);
}

/** `writer` and `"Reader ""x"""` become roles of this test. */
export const withRoles = (sql: string, database: TestDatabase): string =>
  sql
    .replaceAll('"Reader ""x"""', quoteIdentifier(database.unique('Reader "x"')))
    .replaceAll(/\bwriter\b/g, database.unique("writer"));
