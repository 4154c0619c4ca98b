import { describe, expect } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { passwords } from "../../../controller/adapters/scram.ts";
import { postgres } from "../../../controller/adapters/postgres.ts";
import { sqlParser } from "../../../controller/adapters/sql-parser.ts";
import { compareCatalogs } from "../../../controller/core/catalog/compare.ts";
import { describeDifference } from "../../../controller/core/catalog/describe.ts";
import { readCatalog } from "../../../controller/core/catalog/read.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { resourceId } from "../../../controller/core/id.ts";
import { quoteIdentifier } from "../../../controller/core/sql.ts";
import type { Endpoint } from "../../../controller/core/ports/postgres.ts";
import type { EnginePorts } from "../../../controller/engine/converge.ts";
import type { Seen } from "../../../controller/engine/look.ts";
import { beside as besideLive } from "../../../controller/engine/rehearsal/beside.ts";
import { onCopies } from "../../../controller/engine/rehearsal/on-copies.ts";
import type { MigrationFile } from "../../../controller/resources/migration/model.ts";
import { checksumOf } from "../../../controller/resources/migration/text.ts";
import { asRestored, away, beside, kitchenSink } from "../../core/catalog/kit.ts";
import { sandbox } from "../../support/embedded.ts";
import { somebody, test } from "../../support/postgres.ts";

const ports = { postgres: postgres("poststack-test"), clock, parser: sqlParser, passwords } as unknown as EnginePorts;
const nothing = { extensions: [], texts: new Map<string, string>(), rowStatements: [] };

/** Every file holds this text. */
const reading = (text: string): EnginePorts =>
  ({ ...ports, files: { read: () => text }, progress: () => undefined }) as unknown as EnginePorts;

const migration = (text: string): MigrationFile => ({
  id: resourceId("migration", "1"),
  ...{ order: "1", version: "1", name: "1", file: "1.sql", transactional: true },
  checksum: checksumOf(Buffer.from(text)),
});

const hostile = `
create schema "a b";
create type "a b"."Mood; drop" as enum ('it''s', E'new\\nline');
create table "a b"."select" (
  "Ünïcode" int generated always as identity primary key,
  "quote""d" "a b"."Mood; drop" not null default 'it''s',
  "$$" text check ("$$" <> '$1; --')
);
create function "a b"."f(x)"("In" int) returns int language sql as $body$ select "In" + 1 $body$;
create view "a b"."new
line" as select "quote""d" as "x;y" from "a b"."select";
comment on table "a b"."select" is 'it''s \\ E''\\n''';
`;

describe("a copy has what the original has", () => {
  test("of one owner, under names that need quotes", async ({ database }) => {
    const { endpoint, signal } = database;
    const live = await beside(database, "live", "owner");
    try {
      await live.run(hostile);
      // As somebody writes it who wants more than a path.
      await live.run(`select set_config('search_path', '"a b",Public,"",a;drop', true);
        alter database ${quoteIdentifier(live.name)} set search_path from current`);
      const catalog = await live.catalog();
      const own = { ...endpoint, database: live.name };
      const copied = await besideLive({ endpoint: own, catalog, ...nothing }, ports, signal, (copy) => copy.catalog());
      expect(compareCatalogs(asRestored(catalog), asRestored(copied)).map(describeDifference)).toEqual([]);
      // Else a name without a schema would mean another table in the rehearsal.
      const settings = copied.objects.find(({ kind }) => kind === "database")?.facts["settings"];
      expect(settings).toContain("search_path = 'a b', 'public', '', 'a;drop'");
    } finally {
      await away(database, live);
    }
  });

  test("every kind of object, of several owners, with extensions", async ({ database }) => {
    const { endpoint, signal } = database;
    const live = await beside(database, "live");
    try {
      await live.run(await kitchenSink(database));
      const catalog = await live.catalog();
      const own: Endpoint = { ...endpoint, database: live.name, owner: somebody(endpoint) };
      const copied = await besideLive({ endpoint: own, catalog, ...nothing }, ports, signal, (copy) => copy.catalog());
      expect(compareCatalogs(asRestored(catalog), asRestored(copied)).map(describeDifference)).toEqual([]);
    } finally {
      await away(database, live);
    }
  });
});

test("sessions of the owner begin in a copy with what they begin with in the original, and what cannot be is told", async ({
  database,
}) => {
  const { endpoint, signal, name, owner } = database;
  const admin = { user: database.unique("admin"), password: new Secret("admin") };
  await database.query(`create role ${admin.user} createdb login password 'admin' in role ${owner}`);
  for (const words of [
    `database ${name} set datestyle = 'German, DMY'`,
    `database ${name} set log_min_duration_statement = 5`,
    `database ${name} set app.key = 'canary'`,
    `role ${owner} in database ${name} set standard_conforming_strings = off`,
    `role ${owner} in database ${name} set log_statement_stats = on`,
    `role postgres in database ${name} set datestyle = 'SQL, MDY'`,
  ])
    await database.query(`alter ${words}`);
  const catalog = await readCatalog(database.admin, signal);
  const text = `do $$ begin
    assert current_setting('datestyle') = 'German, DMY' and current_setting('standard_conforming_strings') = 'off';
  end $$`;
  const original = { endpoint: { ...endpoint, admin }, catalog, ...nothing };
  const { uncovered, failure, seen } = await besideLive(original, reading(text), signal, async (copy) => ({
    uncovered: copy.uncovered,
    failure: await copy.forward([migration(text)]),
    seen: await copy.catalog(),
  }));
  expect(failure).toBeUndefined();
  expect(seen.objects.find(({ kind }) => kind === "database")?.facts["roleSettings"]).toEqual([
    `role ${owner} set standard_conforming_strings = 'off'`,
  ]);
  const denied = "permission denied to set parameter";
  expect(uncovered).toEqual([
    'setting "app.key" of the database, whose value stays in the database',
    `setting log_min_duration_statement of the database: ${denied} "log_min_duration_statement"`,
    `setting log_statement_stats of role ${owner} in it: ${denied} "log_statement_stats"`,
  ]);
});

test("nothing leads out of a copy: other servers, untrusted code, also where a trigger fires it", async ({
  database,
}) => {
  const { endpoint, signal, name, owner } = database;
  const { host, port } = endpoint;
  const way = `host=${host} port=${port} dbname=${name} user=${owner} password=pw-${name.slice("test_".length)}`;
  await database.query(`create extension dblink; create extension postgres_fdw`);
  await database.query(`create server away foreign data wrapper postgres_fdw options (host '${host}', port '${port}', dbname '${name}');
    grant usage on foreign server away to ${owner};
    create function untold() returns trigger language c as '$libdir/insert_username', 'insert_username'`);
  const session = await database.server.owner(signal);
  await session.pipeline(
    [
      `create user mapping for ${owner} server away options (user '${owner}');
       create table told (what text);
       create foreign table told_away (what text) server away options (table_name 'told');
       create table a (id int); create table b (id int); create table c (who text);
       create function tell() returns trigger language plpgsql as $$ begin
         perform dblink_exec('${way}', 'insert into told values (''by dblink'')'); return new; end $$;
       create function tell_away() returns trigger language plpgsql as $$ begin
         insert into told_away values ('by a foreign table'); return new; end $$;
       create trigger tell before insert on a for each row execute function tell();
       create trigger tell before insert on b for each row execute function tell_away();
       create trigger untold before insert on c for each row execute function untold(who)`,
    ],
    signal,
  );
  const catalog = await readCatalog(database.admin, signal);
  const failureOf = (text: string): Promise<string | undefined> =>
    besideLive({ endpoint, catalog, ...nothing }, reading(text), signal, async (copy) => {
      expect(copy.uncovered).toEqual([
        "foreign data wrapper postgres_fdw, which leads out of the copy",
        "function public.untold(), which leads out of the copy",
        "functions of extension dblink, which lead out of the copy",
        "trigger untold on public.c, which leads out of the copy",
      ]);
      return (await copy.forward([migration(text)]))?.error.what;
    });
  expect(await failureOf("insert into a values (1)")).toBe("1: permission denied for function dblink_exec");
  expect(await failureOf("insert into b values (1)")).toBe('1: foreign-data wrapper "postgres_fdw" has no handler');
  expect(
    await failureOf("insert into c values ('me'); do $$ begin assert (select who = 'me' from c); end $$"),
  ).toBeUndefined();
  expect(await database.column("select what from told")).toEqual([]);
  // They are what they were.
  await session.query("insert into a values (1)", [], signal);
  expect(await database.column("select what from told")).toEqual(["by dblink"]);
});

test("an admin that may not make databases: the copy is on a server of its own, with the roles of the other", async ({
  database,
}) => {
  const { endpoint, signal, server } = database;
  const reader = database.unique("reader");
  await database.query(`create role ${reader}`);
  await database.query("create table t (id int)");
  await database.query(`grant select on t to ${reader}`);
  const catalog = await readCatalog(database.admin, signal);
  const box = await sandbox(Math.floor(database.admin.version / 10_000));
  try {
    const lesser = { ...endpoint, admin: endpoint.owner };
    const seen = {
      desired: { resources: { role: [], instance: [] } },
      observation: { observed: { instance: [{ server: "up" }] } },
      ports: { server },
    } as unknown as Seen;
    const all = { ...ports, embedded: box.servers };
    const { place, withCopy } = onCopies({ endpoint: lesser, catalog, ...nothing }, undefined, seen, all, signal);
    const copied = await withCopy((copy) => copy.catalog());
    expect(place()).toEqual({ on: "temporary-server", because: "the admin login may not make a shadow database" });
    expect(compareCatalogs(asRestored(catalog), asRestored(copied)).map(describeDifference)).toEqual([]);
  } finally {
    await box.dispose();
  }
}, 60_000);
