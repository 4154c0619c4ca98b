import { expect } from "vitest";
import { resourceId } from "../../../controller/core/id.ts";
import type { Server } from "../../../controller/core/ports/postgres.ts";
import { apply } from "../../../controller/resources/extension/apply.ts";
import { content } from "../../../controller/resources/extension/content.ts";
import { diff } from "../../../controller/resources/extension/diff.ts";
import type { DesiredExtension } from "../../../controller/resources/extension/model.ts";
import { observe } from "../../../controller/resources/extension/observe.ts";
import { test, type TestDatabase } from "../../support/postgres.ts";
import { kindIn, place } from "../role/kit.ts";

const desired = (name: string, given: Partial<DesiredExtension> = {}): DesiredExtension => ({
  id: resourceId("extension", name),
  name,
  dependsOn: [],
  place,
  ...given,
});
const extensions = (database: TestDatabase, server: Server = database.server) =>
  kindIn({ observe, diff, content, apply }, server, database.signal);
const rows = (database: TestDatabase): Promise<readonly unknown[]> =>
  database.column("select name from poststack.objects where kind = 'extension' order by 1");

test.for([
  ["nothing said", desired("hstore")],
  ["a version", desired("hstore", { version: "1.7" })],
  ["a schema that does not exist", desired("hstore", { schema: `Ext "1"` })],
  ["a schema that exists", desired("hstore", { schema: "public" })],
  ["version and schema", desired("hstore", { version: "1.7", schema: "ext" })],
  ["a name with a dash", desired("uuid-ossp")],
] as const)(
  "%s: created, observed, nothing left; and dropped when nobody wishes it",
  async ([, wish], { database }) => {
    await database.createLedger();
    const { reconcile, plan, repeat } = extensions(database);
    expect(await reconcile([wish])).toMatch(/^create extension:\S+ {2}not installed/);
    expect(await plan([wish])).toBe("");
    expect(await rows(database)).toEqual([wish.name]);
    await repeat([]);
    expect(await plan([])).toBe("");
    expect(await rows(database)).toEqual([]);
  },
);

test("a schema made for an extension belongs to the owner of the database", async ({ database }) => {
  await database.createLedger();
  await extensions(database).reconcile([desired("hstore", { schema: "ext" })]);
  expect(await database.column("select nspowner::regrole::text from pg_namespace where nspname = 'ext'")).toEqual([
    database.owner,
  ]);
});

test("version and schema follow the files", async ({ database }) => {
  await database.createLedger();
  const { reconcile, plan, repeat } = extensions(database);
  await reconcile([desired("hstore", { version: "1.6" })]);
  const wish = [desired("hstore", { version: "1.8", schema: "ext" })];
  expect(await plan(wish)).toBe("update extension:hstore  schema public → ext; version 1.6 → 1.8");
  await repeat(wish);
  expect(await plan(wish)).toBe("");
});

test("each creation twice at once and once more", async ({ database }) => {
  await database.createLedger();
  const wish = [desired("hstore"), desired("citext", { schema: "ext" })];
  await extensions(database).repeat(wish);
  expect(await extensions(database).plan(wish)).toBe("");
});

test("five sessions create one extension at once", async ({ database }) => {
  await database.createLedger();
  const { server, endpoint, signal } = database;
  const sessions = await Promise.all(
    Array.from({ length: 5 }, () => server.login(endpoint.admin, database.name, signal)),
  );
  await Promise.all(
    sessions.map((session) =>
      extensions(database, { ...server, database: () => Promise.resolve(session) }).reconcile([desired("hstore")]),
    ),
  );
  expect(await rows(database)).toEqual(["hstore"]);
});

test("what an extension needs comes along and goes after it", async ({ database }) => {
  await database.createLedger();
  const { reconcile, plan, repeat } = extensions(database);
  const both = [desired("earthdistance"), desired("cube")];
  await reconcile(both);
  expect(await plan(both)).toBe("");
  expect(await rows(database)).toEqual(["cube", "earthdistance"]);
  await repeat(both);
  expect(await plan([desired("earthdistance")])).toBe("");
  expect(await reconcile([])).toBe("drop extension:earthdistance  no longer in the files  [deletes-data]");
  expect(await reconcile([])).toBe("drop extension:cube  no longer in the files  [deletes-data]");
  expect(await plan([])).toBe("");
});

test("an extension that somebody else installed is enough, and stays", async ({ database }) => {
  await database.createLedger();
  await database.query("create extension hstore version '1.6'");
  const { plan } = extensions(database);
  expect(await plan([desired("hstore")])).toBe("");
  expect(await plan([])).toBe("");
  expect(await plan([desired("hstore", { version: "1.8" })])).toContain("installed by somebody else");
});

test("an extension dropped and made again by hand is not ours any more", async ({ database }) => {
  await database.createLedger();
  const { reconcile, plan, actions, apply: carryOut } = extensions(database);
  await reconcile([desired("hstore")]);
  const pending = [...(await actions([])), ...(await actions([desired("hstore", { schema: "ext" })]))];
  await database.query("drop extension hstore");
  await database.query("create extension hstore; create table kept (h hstore)");
  expect(await plan([])).toBe("");
  await carryOut(pending.slice(0, 1));
  await expect(carryOut(pending.slice(1))).rejects.toThrow("was changed while this pass ran");
  expect(await database.column("select extname from pg_extension where extname = 'hstore'")).toEqual(["hstore"]);
});

test("an extension in use is not dropped, and its users are named", async ({ database }) => {
  await database.createLedger();
  const { reconcile } = extensions(database);
  await reconcile([desired("hstore")]);
  await database.query("create table kept (h hstore)");
  await expect(reconcile([])).rejects.toMatchObject({
    code: "EXTENSION_IN_USE",
    facts: { details: expect.arrayContaining([expect.stringContaining("column h of table public.kept")]) },
  });
  expect(await rows(database)).toEqual(["hstore"]);
});

test("an extension that the server does not have, before and after the database exists", async ({ database }) => {
  const { plan, actions } = extensions(database);
  const elsewhere = { ...database.server, database: () => Promise.resolve(undefined) };
  for (const kind of [extensions(database), extensions(database, elsewhere)]) {
    expect(await kind.plan([desired("pg-crypto")])).toBe(
      `refuse extension:pg-crypto  the server has no extension "pg-crypto"`,
    );
    expect(await kind.plan([desired("hstore")])).toBe("create extension:hstore  not installed");
    expect(await kind.plan([])).toBe("");
  }
  const [refusal] = await actions([desired("pg-crypto")]);
  expect(refusal).toMatchObject({ error: { code: "EXTENSION_MISSING", next: expect.stringContaining(`"pgcrypto"`) } });
  expect(await plan([desired("hstore", { version: "77" })])).toContain("not in version 77");
});

test("an extension that is missing when it is made, and one that may not move, say so", async ({ database }) => {
  await database.createLedger();
  const { apply: carryOut, plan, reconcile } = extensions(database);
  for (const wish of [desired("no_such_thing"), desired("hstore", { version: "77" })]) {
    await expect(carryOut(diff([wish], []))).rejects.toMatchObject({ code: "EXTENSION_MISSING" });
  }
  const [fixed] = await database.column(
    "select name from pg_available_extension_versions where not relocatable and name <> 'plpgsql' and requires is null and schema is null limit 1",
  );
  if (typeof fixed !== "string") return;
  await reconcile([desired(fixed)]);
  expect(await plan([desired(fixed, { schema: "elsewhere" })])).toContain("cannot be moved");
});

test.for([
  ["no ledger", "drop schema poststack cascade"],
  [
    "a table of another kind under its name",
    "drop table poststack.objects; create view poststack.objects as select null::text as kind, null::text as name, null::oid as oid",
  ],
  [
    "rows without sense",
    "insert into poststack.objects values ('extension', repeat('x', 2000), 0), ('extension', '', null)",
  ],
] as const)("%s: nothing is ours and nothing breaks", async ([, sql], { database }) => {
  await database.createLedger();
  await database.query(`create extension hstore; ${sql}`);
  expect(await extensions(database).plan([desired("hstore")])).toBe("");
  expect(await extensions(database).plan([])).toBe("");
});

test("a writer that slept while another took over writes nothing", async ({ database }) => {
  await database.createLedger();
  await database.query("update poststack.system_info set value = '7' where key = 'fence'");
  await expect(extensions(database).reconcile([desired("hstore")])).rejects.toMatchObject({ code: "FENCED" });
  expect(await database.column("select extname from pg_extension where extname = 'hstore'")).toEqual([]);
});
