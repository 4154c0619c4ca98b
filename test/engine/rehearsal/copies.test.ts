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
import { checksumOf } from "../../../controller/resources/migration/text.ts";
import { asRestored, away, beside, kitchenSink } from "../../core/catalog/kit.ts";
import { sandbox } from "../../support/embedded.ts";
import { somebody, test } from "../../support/postgres.ts";

const ports = { postgres: postgres("poststack-test"), clock, parser: sqlParser, passwords } as unknown as EnginePorts;
const nothing = { extensions: [], texts: new Map<string, string>(), rowStatements: [] };

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
  const all = { ...ports, files: { read: () => text }, progress: () => undefined } as unknown as EnginePorts;
  const migration = {
    id: resourceId("migration", "1"),
    ...{ order: "1", version: "1", name: "1", file: "1.sql", transactional: true },
    checksum: checksumOf(Buffer.from(text)),
  };
  const original = { endpoint: { ...endpoint, admin }, catalog, ...nothing };
  const { uncovered, failure, seen } = await besideLive(original, all, signal, async (copy) => ({
    uncovered: copy.uncovered,
    failure: await copy.forward([migration]),
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
