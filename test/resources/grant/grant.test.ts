import { expect } from "vitest";
import { resourceId, type ResourceId } from "../../../controller/core/id.ts";
import type { Server } from "../../../controller/core/ports/postgres.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { quoteIdentifier } from "../../../controller/core/sql.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { apply } from "../../../controller/resources/grant/apply.ts";
import { content } from "../../../controller/resources/grant/content.ts";
import { diff } from "../../../controller/resources/grant/diff.ts";
import type { DesiredGrant, GrantTarget } from "../../../controller/resources/grant/model.ts";
import { observe } from "../../../controller/resources/grant/observe.ts";
import { test, type TestDatabase } from "../../support/postgres.ts";
import { kindIn, place } from "../role/kit.ts";

const grants = (database: TestDatabase, server: Server = database.server) =>
  kindIn({ observe, diff, content, apply }, server, database.signal);

interface Wish extends Omit<Partial<DesiredGrant>, "on"> {
  readonly on: GrantTarget | ((database: TestDatabase) => GrantTarget);
  readonly privileges: readonly string[];
}

const desired = (database: TestDatabase, { on, ...given }: Wish): DesiredGrant => ({
  id: resourceId("grant", "reader"),
  to: database.unique("reader"),
  withGrantOption: false,
  forFuture: false,
  owner: database.owner,
  dependsOn: [],
  place,
  ...given,
  on: typeof on === "function" ? on(database) : on,
});

/** A schema of the owner's with some of everything, one role to grant to, and the ledger. */
async function furnish(database: TestDatabase): Promise<string> {
  await database.createLedger();
  const reader = database.unique("reader");
  await database.query(`
    create role "${reader}" login password 'pw'; set role "${database.owner}";
    create schema app; create table app.orders (id int primary key); create table app."Odd ""Table" (n int);
    create view app.report as select 1 as n; create materialized view app.totals as select 1 as n;
    create table app.parts (n int) partition by list (n); create sequence app.numbers; create sequence app."Odd.Numbers";
    create function app.total(int, text) returns int language sql as 'select 1';
    create function app.total(int) returns int language sql as 'select 1';
    create procedure app.tidy() language sql as 'select 1';
    create aggregate app.product(int) (sfunc = int4mul, stype = int, initcond = '1');
    create type app.colour as enum ('red'); create function app.paint(app.colour[], numeric) returns int language sql as 'select 1';
    reset role; create type public.mood as enum ('ok'); grant usage on type public.mood to public;
    set role "${database.owner}"; create function app.cheer(public.mood, int) returns int language sql as 'select 1'; reset role`);
  return reader;
}

const tables = (names: "all" | readonly string[]): GrantTarget => ({ type: "table", schema: "app", names });
const sequences = (names: "all" | readonly string[]): GrantTarget => ({ type: "sequence", schema: "app", names });
const functions = (names: "all" | readonly string[]): GrantTarget => ({ type: "function", schema: "app", names });
const schema: GrantTarget = { type: "schema", schema: "app" };
const itself = (database: TestDatabase): GrantTarget => ({ type: "database", name: database.name });
const everyTablePrivilege = ["delete", "insert", "references", "select", "trigger", "truncate", "update"];

const every: readonly (readonly [string, Wish])[] = [
  ...everyTablePrivilege.map((one) => [`${one} on a table`, { on: tables(["orders"]), privileges: [one] }] as const),
  ...["select", "update", "usage"].map(
    (one) => [`${one} on a sequence`, { on: sequences(["numbers"]), privileges: [one] }] as const,
  ),
  ...["create", "usage"].map((one) => [`${one} on a schema`, { on: schema, privileges: [one] }] as const),
  ...["connect", "create", "temporary"].map(
    (one) => [`${one} on the database`, { on: itself, privileges: [one] }] as const,
  ),
  ["execute on a function by its arguments", { on: functions(["total(int4, text)"]), privileges: ["execute"] }],
  ["execute on all functions of a name", { on: functions(["total"]), privileges: ["execute"] }],
  ["execute on odd arguments", { on: functions(["paint(app.colour[], decimal)"]), privileges: ["execute"] }],
  ["execute on arguments of public", { on: functions(["cheer(mood, int)"]), privileges: ["execute"] }],
  ["the same with the schema written", { on: functions(["cheer(public.mood, int)"]), privileges: ["execute"] }],
  ["execute on a procedure and an aggregate", { on: functions(["tidy()", "product(int)"]), privileges: ["execute"] }],
  ["all privileges on odd names", { on: tables([`Odd "Table`]), privileges: everyTablePrivilege }],
  ["views and partitioned tables", { on: tables(["report", "totals", "parts"]), privileges: ["select"] }],
  ["a sequence with a dot", { on: sequences(["Odd.Numbers"]), privileges: ["usage"] }],
  ["all tables", { on: tables("all"), privileges: ["insert", "select"] }],
  ["all sequences", { on: sequences("all"), privileges: ["usage"] }],
  ["all functions", { on: functions("all"), privileges: ["execute"] }],
  ["tables to come", { on: tables("all"), privileges: ["select", "update"], forFuture: true }],
  ["sequences to come", { on: sequences("all"), privileges: ["usage"], forFuture: true }],
  ["functions to come", { on: functions("all"), privileges: ["execute"], forFuture: true }],
  ["the grant option on tables", { on: tables("all"), privileges: ["select"], withGrantOption: true, forFuture: true }],
  ["the grant option on the schema", { on: schema, privileges: ["usage"], withGrantOption: true }],
  ["the grant option on the database", { on: itself, privileges: ["create"], withGrantOption: true }],
  ["the grant option on functions", { on: functions("all"), privileges: ["execute"], withGrantOption: true }],
  ["PUBLIC", { to: "public", on: tables("all"), privileges: ["select"], forFuture: true }],
  ["PUBLIC on the schema", { to: "public", on: schema, privileges: ["usage"] }],
];

/** Every ACL of the database, as the catalog has it. */
const acls = (database: TestDatabase): Promise<readonly unknown[]> =>
  database.column(`select format('%s %s', oid::regclass, relacl) from pg_class where relnamespace = 'app'::regnamespace
    union all select format('%s %s', oid::regprocedure, proacl) from pg_proc where pronamespace = 'app'::regnamespace
    union all select format('%s %s', nspname, nspacl) from pg_namespace where nspname = 'app'
    union all select format('%s %s', datname, datacl) from pg_database where datname = current_database()
    union all select format('%s %s', defaclobjtype, defaclacl) from pg_default_acl order by 1`);
const holders = async (database: TestDatabase): Promise<string> =>
  (await acls(database)).filter((line) => /=/.test(String(line))).join("\n");

test.for(every)("%s: granted, observed, nothing left; and taken away with the wish", async ([, wish], { database }) => {
  const reader = await furnish(database);
  const { reconcile, plan, repeat } = grants(database);
  const wishes = [desired(database, wish)];
  expect(await reconcile(wishes)).toMatch(/^create grant:reader {2}/);
  expect(await plan(wishes)).toBe("");
  expect(await database.column("select count(*)::int > 0 from poststack.privileges where ours")).toEqual([true]);
  await repeat([]);
  expect(await plan([])).toBe("");
  expect(await database.column("select count(*)::int from poststack.privileges where ours")).toEqual([0]);
  if (wish.to !== "public") expect(await holders(database)).not.toContain(reader);
});

test("maintain, since 17", async ({ database }) => {
  await furnish(database);
  const { reconcile, plan } = grants(database);
  const wishes = [desired(database, { on: tables("all"), privileges: ["maintain"], forFuture: true })];
  if (database.admin.version < 170_000) {
    expect(await plan(wishes)).toContain("maintain came with Postgres 17, and this server is");
    return;
  }
  await reconcile(wishes);
  expect(await plan(wishes)).toBe("");
});

test("the granted works for the role, also on a table that the owner makes later, and ends with the wish", async ({
  database,
}) => {
  const reader = await furnish(database);
  const { reconcile, plan } = grants(database);
  const wishes = [
    desired(database, { id: resourceId("grant", "a"), on: schema, privileges: ["usage"] }),
    desired(database, { id: resourceId("grant", "b"), on: tables("all"), privileges: ["select"], forFuture: true }),
  ];
  await reconcile(wishes);
  await (await database.server.owner(database.signal)).query("create table app.later (n int)", [], database.signal);
  const session = await database.server.login(
    { user: reader, password: new Secret("pw") },
    database.name,
    database.signal,
  );
  for (const table of ["orders", "later"]) await session.query(`select from app.${table}`, [], database.signal);
  expect(await plan(wishes)).toBe("");
  expect(await reconcile(wishes.slice(0, 1))).toContain(
    "no longer in the files: - select on later tables in schema app; - select on table",
  );
  expect(await plan(wishes.slice(0, 1))).toBe("");
  await expect(session.query("select from app.later", [], database.signal)).rejects.toThrow("permission denied");
  await session.close();
});

test("what is taken away without a wish waits for the database, and so for a server that restarts", async ({
  database,
}) => {
  await furnish(database);
  const { reconcile, actions } = grants(database);
  await reconcile([desired(database, { on: schema, privileges: ["usage"] })]);
  expect(await actions([])).toMatchObject([{ verb: "revoke", dependsOn: [`database:${database.name}`] }]);
});

test("what others granted is enough, and stays when the wish goes", async ({ database }) => {
  const reader = await furnish(database);
  await database.query(`grant select on app.orders to "${reader}"; grant usage on schema app to "${reader}"`);
  const { reconcile, plan } = grants(database);
  const wish = desired(database, { on: tables(["orders"]), privileges: ["select"] });
  expect(
    await plan([wish, desired(database, { id: resourceId("grant", "s"), on: schema, privileges: ["usage"] })]),
  ).toBe("");
  const more = { ...wish, privileges: ["insert", "select"], on: tables("all"), forFuture: true };
  expect(await reconcile([more])).toMatch(
    /^update grant:reader {2}\+ insert on later tables in schema app; .* and \d+ more$/,
  );
  expect(await plan([more])).toBe("");
  await reconcile([]);
  expect(await plan([])).toBe("");
  expect(await database.column("select has_table_privilege($1, 'app.orders', 'select')", [reader])).toEqual([true]);
  expect(await database.column("select has_table_privilege($1, 'app.orders', 'insert')", [reader])).toEqual([false]);
  expect((await acls(database)).filter((line) => String(line).includes(reader))).toHaveLength(2);
});

test("a grant option that others gave stays; ours goes alone", async ({ database }) => {
  const reader = await furnish(database);
  await database.query(`grant select on app.orders to "${reader}"`);
  const { reconcile, plan } = grants(database);
  const wish = desired(database, { on: tables(["orders"]), privileges: ["select"], withGrantOption: true });
  expect(await reconcile([wish])).toBe("update grant:reader  + grant option for select on table app.orders");
  expect(await plan([wish])).toBe("");
  expect(await reconcile([])).toContain("no longer in the files: - grant option for select on table app.orders");
  expect(await plan([])).toBe("");
  const [row] = await database.query(
    "select has_table_privilege($1, 'app.orders', 'select') as granted, has_table_privilege($1, 'app.orders', 'select with grant option') as option",
    [reader],
  );
  expect(row).toEqual({ granted: true, option: false });
});

test("a wish that shrinks loses exactly what nobody else wishes", async ({ database }) => {
  await furnish(database);
  const { reconcile, plan } = grants(database);
  const all = desired(database, {
    id: resourceId("grant", "a"),
    on: tables("all"),
    privileges: ["select", "update"],
    withGrantOption: true,
  });
  const one = desired(database, { id: resourceId("grant", "b"), on: tables(["orders"]), privileges: ["update"] });
  await reconcile([all, one]);
  expect(await plan([all, one])).toBe("");
  const less = [{ ...all, privileges: ["select"], withGrantOption: false }, one];
  const text = await reconcile(less);
  expect(text).toContain("- grant option for select on table");
  expect(await plan(less)).toBe("");
  const reader = database.unique("reader");
  expect(await database.column("select has_table_privilege($1, 'app.orders', 'update')", [reader])).toEqual([true]);
  expect(await database.column("select has_table_privilege($1, 'app.report', 'update')", [reader])).toEqual([false]);
});

test("drift by hand is named and healed", async ({ database }) => {
  const reader = await furnish(database);
  const { reconcile, plan } = grants(database);
  const wishes = [desired(database, { on: tables("all"), privileges: ["select"], forFuture: true })];
  await reconcile(wishes);
  await database.query(`revoke select on app.orders from "${reader}"; create table app.by_hand (n int)`);
  expect(await reconcile(wishes)).toBe(
    "update grant:reader  + select on table app.by_hand; + select on table app.orders",
  );
  expect(await plan(wishes)).toBe("");
  await database.query(
    `alter default privileges for role "${database.owner}" in schema app revoke select on tables from "${reader}"`,
  );
  expect(await reconcile(wishes)).toBe("update grant:reader  + select on later tables in schema app");
  expect(await plan(wishes)).toBe("");
});

test("what we granted, others took away and others granted again is theirs", async ({ database }) => {
  const reader = await furnish(database);
  const { reconcile, plan } = grants(database);
  const wish = desired(database, { on: tables(["orders"]), privileges: ["select"] });
  await reconcile([wish]);
  await database.query(`revoke select on app.orders from "${reader}"`);
  // Any grant of ours sweeps the ledger.
  const other = desired(database, { id: resourceId("grant", "s"), on: schema, privileges: ["usage"] });
  await reconcile([other]);
  await database.query(`grant select on app.orders to "${reader}"`);
  expect(await plan([other])).toBe("");
});

test("a renamed table keeps its privileges, a new one under the old name is not taken for it", async ({ database }) => {
  const reader = await furnish(database);
  const { reconcile, plan } = grants(database);
  const wish = desired(database, { on: tables(["orders"]), privileges: ["select"] });
  await reconcile([wish]);
  await database.query(
    `alter table app.orders rename to old_orders; create table app.orders (n int); grant select on app.orders to "${reader}"`,
  );
  expect(await reconcile([wish])).toBe("update grant:reader  - select on table app.old_orders");
  expect(await reconcile([])).toBe("");
  expect(await plan([])).toBe("");
});

test("a new owner of the database: defaults are granted for the new one and taken from the old", async ({
  database,
}) => {
  await furnish(database);
  const next = database.unique("next");
  await database.query(`create role "${next}"`);
  const { reconcile, plan } = grants(database);
  const wish = desired(database, { on: tables("all"), privileges: ["select"], forFuture: true });
  await reconcile([wish]);
  expect(await reconcile([{ ...wish, owner: next }])).toBe(
    "update grant:reader  + select on later tables in schema app; - select on later tables in schema app",
  );
  expect(await plan([{ ...wish, owner: next }])).toBe("");
});

test("members of extensions are left out of all, and can be named", async ({ database }) => {
  await furnish(database);
  await database.query("create extension pg_stat_statements schema app");
  const { reconcile, plan } = grants(database);
  const wish = desired(database, { on: tables("all"), privileges: ["insert"] });
  await reconcile([wish]);
  expect(await plan([wish])).toBe("");
  expect(
    await reconcile([
      wish,
      desired(database, { id: resourceId("grant", "x"), on: tables(["pg_stat_statements"]), privileges: ["insert"] }),
    ]),
  ).toBe("create grant:x  insert on table app.pg_stat_statements");
});

test("each action twice at once and once more, and five sessions at once", async ({ database }) => {
  await furnish(database);
  const wishes = [
    desired(database, { id: resourceId("grant", "a"), on: tables("all"), privileges: ["select"], forFuture: true }),
    desired(database, { id: resourceId("grant", "b"), on: schema, privileges: ["usage"], withGrantOption: true }),
  ];
  await grants(database).repeat(wishes);
  expect(await grants(database).plan(wishes)).toBe("");
  const { server, endpoint, signal } = database;
  const sessions = await Promise.all(
    Array.from({ length: 5 }, () => server.login(endpoint.admin, database.name, signal)),
  );
  const each = sessions.map((session) => grants(database, { ...server, database: () => Promise.resolve(session) }));
  await Promise.all(each.map(({ reconcile }) => reconcile([])));
  expect(await grants(database).plan([])).toBe("");
  await Promise.all(each.map(({ reconcile }) => reconcile(wishes)));
  expect(await grants(database).plan(wishes)).toBe("");
});

test("on an empty machine everything is to be created", async ({ database }) => {
  const nowhere = { ...database.server, database: () => Promise.resolve(undefined) };
  const wishes = every.map(([, wish], index) => desired(database, { ...wish, id: resourceId("grant", `g${index}`) }));
  const actions = await grants(database, nowhere).actions(wishes);
  expect(actions.map(({ verb }) => verb)).toEqual(wishes.map(() => "create"));
});

test("a schema and a table that a migration will make are planned, and granted once they are there", async ({
  database,
}) => {
  await furnish(database);
  const { plan, actions, apply: carryOut } = grants(database);
  const inNew = desired(database, {
    on: { type: "table", schema: "new", names: "all" },
    privileges: ["select"],
    forFuture: true,
  });
  const named = desired(database, {
    id: resourceId("grant", "n"),
    on: tables(["later", "orders"]),
    privileges: ["select"],
  });
  expect(await plan([inNew])).toBe(
    "create grant:reader  select on all tables in schema new, also later ones; schema new does not exist yet",
  );
  expect(await plan([named])).toBe(
    "create grant:n  select on table app.later, app.orders; table app.later does not exist yet",
  );
  const planned = await actions([inNew, named]);
  for (const action of planned) await expect(carryOut([action])).rejects.toMatchObject({ code: "OBJECT_MISSING" });
  await database.query("create schema new; create table new.thing (n int); create table app.later (n int)");
  await carryOut(planned);
  expect(await plan([inNew, named])).toBe("");
});

test("what migrations of the plan may make is granted by the plan itself, behind them", async ({ database }) => {
  await furnish(database);
  const migration = resourceId("migration", "002_later");
  const wish = desired(database, { on: tables("all"), privileges: ["select"], dependsOn: [migration] });
  const beside = (changing: readonly ResourceId[]) =>
    kindIn(
      { observe, diff: (wishes, seen) => diff(wishes, seen, new Set(changing)), content, apply },
      database.server,
      database.signal,
    );
  const growing = beside([migration]);
  expect(await growing.plan([wish])).toBe(
    "create grant:reader  select on all tables in schema app; also tables of this plan's migrations",
  );
  await growing.reconcile([wish]);
  const [action] = await growing.actions([wish]);
  expect(renderActions(action === undefined ? [] : [action])).toBe(
    "update grant:reader  + tables of this plan's migrations",
  );
  await database.query("create table app.later (n int)");
  await growing.apply(action === undefined ? [] : [action]);
  expect(await beside([]).plan([wish]), "nothing is left for the plan after it").toBe("");
});

test.for<[string, Partial<DesiredGrant>]>([
  ["the migrations are done", { dependsOn: [resourceId("migration", "001_done")] }],
  ["later objects are granted by default", { forFuture: true }],
  ["single objects are named", { on: tables(["orders"]) }],
  ["it speaks of the schema", { on: schema, privileges: ["usage"] }],
])("nothing is to be granted for a plan's migrations where %s", async ([, given], { database }) => {
  await furnish(database);
  const pending = resourceId("migration", "002_later");
  const base = { on: tables("all"), privileges: ["select"], dependsOn: [pending] };
  const wishes = [desired(database, { ...base, ...given })];
  await grants(database).reconcile(wishes);
  expect(diff(wishes, await grants(database).observe(wishes), new Set([pending]))).toEqual([]);
});

test.for<readonly [string, Wish, string, string]>([
  [
    "our own schema",
    { on: { type: "table", schema: "poststack", names: "all" }, privileges: ["select"] },
    "NOT_PERMITTED",
    "schema poststack holds Poststack's own records",
  ],
  [
    "a privilege of another type",
    { on: tables("all"), privileges: ["execute", "select"] },
    "PRIVILEGE_UNKNOWN",
    "tables have no privilege execute",
  ],
  [
    "a default for single names",
    { on: tables(["orders"]), privileges: ["select"], forFuture: true },
    "CONFIG_TYPE",
    "`default` speaks of all later objects",
  ],
  [
    "a grant option for PUBLIC",
    { to: "public", on: schema, privileges: ["usage"], withGrantOption: true },
    "CONFIG_TYPE",
    "PUBLIC cannot have a grant option",
  ],
  [
    "a role that nobody makes",
    { to: "nobody_makes_me", on: schema, privileges: ["usage"] },
    "ROLE_MISSING",
    `role "nobody_makes_me" is to be given privileges`,
  ],
])("%s is refused, with its place", async ([, wish, code, what], { database }) => {
  await furnish(database);
  const [action] = await grants(database).actions([desired(database, wish)]);
  expect(action).toMatchObject({ verb: "refuse", error: { code, where: place, what: expect.stringContaining(what) } });
});

test("a role that this plan makes is not missing, and one that is not there when it is granted is", async ({
  database,
}) => {
  await furnish(database);
  const to = database.unique("coming");
  const wish = desired(database, { to, on: schema, privileges: ["usage"], dependsOn: [resourceId("role", to)] });
  const { actions, apply: carryOut, plan } = grants(database);
  const planned = await actions([wish]);
  await expect(carryOut(planned)).rejects.toMatchObject({ code: "ROLE_MISSING" });
  await database.query(`create role "${to}"`);
  await carryOut(planned);
  expect(await plan([wish])).toBe("");
});

test("a grant that the admin may not make says so instead of nothing", async ({ database }) => {
  await furnish(database);
  const user = database.unique("weak");
  await database.query(`create role "${user}" login createrole password 'pw'; grant usage on schema poststack to "${user}";
    grant all on all tables in schema poststack to "${user}"; grant usage on schema app to "${user}"; grant references on app.orders to "${user}"`);
  const session = await database.server.login({ user, password: new Secret("pw") }, database.name, database.signal);
  const { reconcile } = grants(database, { ...database.server, database: () => Promise.resolve(session) });
  for (const on of [tables(["orders"]), schema]) {
    await expect(
      reconcile([desired(database, { on, privileges: [on.type === "table" ? "select" : "create"] })]),
    ).rejects.toMatchObject({ code: "NOT_PERMITTED" });
  }
  // As a member of the owner it may.
  await database.query(`grant "${database.owner}" to "${user}"`);
  const wishes = [desired(database, { on: tables("all"), privileges: ["select"], forFuture: true })];
  const able = grants(database, { ...database.server, database: () => Promise.resolve(session) });
  await able.reconcile(wishes);
  expect(await able.plan(wishes)).toBe("");
});

test.for([
  ["no ledger", "drop schema poststack cascade"],
  ["a ledger of another shape", "drop table poststack.privileges; create table poststack.privileges (n int)"],
  [
    "rows without sense",
    "insert into poststack.privileges values ('', 0, 0, 0, '', true, true), (repeat('x', 2000), 4294967295, 7, 9, 'select', true, true), ('table', 'pg_class'::regclass, 0, 10, 'fly', true, true)",
  ],
] as const)("%s: nothing is ours and nothing breaks", async ([, sql], { database }) => {
  const reader = await furnish(database);
  await database.query(`grant select on app.orders to "${reader}"; ${sql}`);
  const { plan } = grants(database);
  expect(await plan([desired(database, { on: tables(["orders"]), privileges: ["select"] })])).toBe("");
  expect(await plan([])).toBe("");
});

test("a writer that slept while another took over writes nothing", async ({ database }) => {
  await furnish(database);
  await database.query("update poststack.system_info set value = '7' where key = 'fence'");
  const before = await acls(database);
  await expect(
    grants(database).reconcile([desired(database, { on: schema, privileges: ["usage"] })]),
  ).rejects.toMatchObject({ code: "FENCED" });
  expect(await acls(database)).toEqual(before);
});

test("odd role and schema names", async ({ database }) => {
  await database.createLedger();
  const to = database.unique(`%s "it's" $body$ \\`);
  const odd = `sch "%I' \\ ema`;
  await database.query(
    `create role ${quoteIdentifier(to)}; create schema ${quoteIdentifier(odd)} authorization "${database.owner}"; create table ${quoteIdentifier(odd)}.t (n int)`,
  );
  const { reconcile, plan } = grants(database);
  const wishes = [
    desired(database, { to, id: resourceId("grant", "a"), on: { type: "schema", schema: odd }, privileges: ["usage"] }),
    desired(database, {
      to,
      id: resourceId("grant", "b"),
      on: { type: "table", schema: odd, names: "all" },
      privileges: ["select"],
      forFuture: true,
      withGrantOption: true,
    }),
    desired(database, { to, id: resourceId("grant", "c"), on: itself(database), privileges: ["create"] }),
  ];
  await reconcile(wishes);
  expect(await plan(wishes)).toBe("");
  await reconcile([]);
  expect(await plan([])).toBe("");
});
