import { expect } from "vitest";
import { postgres } from "../../controller/adapters/postgres.ts";
import { Secret } from "../../controller/core/secret.ts";
import { seal, type Sealed } from "../../controller/core/shadow/seal.ts";
import { sqlFailure } from "../../controller/core/sql.ts";
import { test } from "../support/postgres.ts";

/** What the admin could not close, by extension; an error by its SQLSTATE. */
const told = async (sealed: Promise<Sealed>): Promise<unknown> =>
  sealed.then(
    ({ ends, open }) => ({ ends, open: [...new Set(open.map(({ name }) => name))] }),
    (error: unknown) => sqlFailure(error)?.sqlState,
  );

const closed = { ends: [], open: [] };
const wrapper = "create extension postgres_fdw";
const linked = "functions of extension dblink";

test.for<[what: string, made: string, lesser: unknown, superuser: unknown]>([
  ["nothing", "select 1", closed, closed],
  ["a wrapper that the owner may not use", wrapper, closed, { ends: ["foreign data wrapper postgres_fdw"], open: [] }],
  [
    "one with a server",
    `${wrapper}; create server away foreign data wrapper postgres_fdw`,
    "42501",
    { ends: ["foreign data wrapper postgres_fdw"], open: [] },
  ],
  [
    "one that the owner may make a server with",
    `${wrapper}; grant usage on foreign data wrapper postgres_fdw to OWNER`,
    "42501",
    { ends: ["foreign data wrapper postgres_fdw"], open: [] },
  ],
  [
    "functions that a superuser made",
    "create extension dblink",
    { ends: [], open: [linked] },
    { ends: [linked], open: [] },
  ],
  [
    "those that nobody may call",
    "create extension dblink; revoke all on all functions in schema public from public",
    closed,
    { ends: [linked], open: [] },
  ],
])("%s: what an admin that is no superuser can close, and what a superuser", async (row, { database }) => {
  const [, made, lesser, superuser] = row;
  const { endpoint, signal, name, owner } = database;
  const admin = { user: database.unique("admin"), password: new Secret("admin") };
  await database.query(`create role ${admin.user} createdb login password 'admin' in role ${owner}`);
  await database.admin.pipeline([made.replace("OWNER", owner)], signal);
  const session = await postgres("poststack-test").connect(endpoint, admin, name, signal);
  try {
    expect(await told(seal(session, owner, signal))).toEqual(lesser);
  } finally {
    await session.close();
  }
  expect(await told(seal(database.admin, owner, signal))).toEqual(superuser);
});

test("what stays open is told by its name, and not what the owner may not call anyway", async ({ database }) => {
  const { endpoint, signal, name, owner } = database;
  await database.query("create extension dblink");
  const session = await postgres("poststack-test").connect(endpoint, endpoint.owner, name, signal);
  try {
    const { open } = await seal(session, owner, signal);
    expect(open).toContainEqual({ name: linked, routine: "dblink_exec" });
    expect(open.map(({ routine }) => routine)).not.toContain("dblink_connect_u");
  } finally {
    await session.close();
  }
});
