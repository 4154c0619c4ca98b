import { expect, test } from "vitest";
import { forThisTest, newProject, type Project } from "../support/scenario.ts";

const config = (user: string): string => `project: { name: shop }
environments:
  dev:
    postgres:
      port: PORT0
      version: 17
      user: ${user}
      roles: { reporting: { login: true, password: auto_generated } }
      grants:
        - { to: reporting, on: { schema: app }, privileges: [usage] }
        - { to: reporting, on: { schema: app, tables: all }, privileges: [select], default: true }
        - { to: reporting, on: { schema: app, sequences: all }, privileges: [usage], default: true }
`;

const files = {
  ".poststack.yml": config("shop_a"),
  "migrations/001_a.sql": `create schema app;
create table app.orders (id int generated always as identity primary key, total int);
create sequence app.numbers;
create type app.color as enum ('red');
create function app.total() returns bigint language sql as 'select sum(total) from app.orders';
alter default privileges revoke execute on functions from public;
alter default privileges in schema app grant insert on tables to reporting;
insert into app.orders (total) values (1), (2);
`,
};

/** As the file's own user. */
async function asOwner(project: Project, user: string, sql: string): Promise<unknown> {
  const url = (await project.ok("db", "url", "--show-password")).stdout.trim();
  expect(url).toContain(`//${user}:`);
  const { Client } = await import("pg");
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const rename = (project: Project): void => project.edit(".poststack.yml", "user: shop_a", "user: shop_b");
const ownersSql = `select distinct pg_get_userbyid(owner) as owner from (
  select relowner as owner from pg_class where relnamespace = 'app'::regnamespace
  union all select proowner from pg_proc where pronamespace = 'app'::regnamespace
  union all select typowner from pg_type where typnamespace = 'app'::regnamespace
  union all select nspowner from pg_namespace where nspname = 'app'
  union all select defaclrole from pg_default_acl
  union all select datdba from pg_database where datname = current_database()) o`;

test("another postgres.user takes over what the one before owned, which then goes; the second plan is empty", async () => {
  const project = await forThisTest(newProject(files));
  await project.ok("apply", "--yes");
  await project.ok("apply", "--yes");
  const defaults =
    "select defaclobjtype, defaclnamespace, replace(defaclacl::text, 'shop_b', 'shop_a') as acl from pg_default_acl order by 1, 2";
  const before = await project.sql(defaults, { database: "shop_dev" });
  rename(project);
  const plan = (await project.plan()).join("\n");
  expect(plan).toContain("owner shop_a → shop_b, with what shop_a owns in it");
  expect(plan).toContain("drop role:shop_a");
  await project.ok("apply", "--yes");
  expect(await project.plan()).toEqual([]);

  expect(await project.sql("select 1 from pg_roles where rolname = 'shop_a'")).toEqual([]);
  expect(await project.sql(ownersSql, { database: "shop_dev" })).toEqual([{ owner: "shop_b" }]);
  expect(await project.sql(defaults, { database: "shop_dev" })).toEqual(before);
  expect(
    await asOwner(project, "shop_b", "select app.total()::int as total, nextval('app.numbers')::int as n"),
  ).toEqual([{ total: 3, n: 1 }]);
  // Later objects are the new owner's, and what reporting may do with them is as before.
  project.write("migrations/002_b.sql", "alter table app.orders add note text;\ncreate table app.later (id int);\n");
  await project.ok("apply", "--yes");
  const may = "select has_table_privilege('reporting', 'app.later', 'select, insert') as may";
  expect(await project.sql(may, { database: "shop_dev" })).toEqual([{ may: true }]);
  expect(await project.plan()).toEqual([]);
}, 240_000);

test("a user before that owns something elsewhere is not dropped, and nothing of it is taken from there", async () => {
  const project = await forThisTest(newProject(files));
  await project.ok("apply", "--yes");
  await project.sql("create database elsewhere owner shop_a");
  rename(project);
  const refused = await project.run("apply", "--yes");
  expect(refused.code).toBe(1);
  expect(refused.text).toContain("ROLE_OWNS_OBJECTS");

  // Kept in the file it may go on owning that.
  project.edit(".poststack.yml", "roles: {", "roles: { shop_a: { login: true, password: auto_generated },");
  await project.ok("apply", "--yes");
  expect(await project.plan()).toEqual([]);
  expect(await project.sql(ownersSql, { database: "shop_dev" })).toEqual([{ owner: "shop_b" }]);
  expect(
    await project.sql("select pg_get_userbyid(datdba) as owner from pg_database where datname = 'elsewhere'"),
  ).toEqual([{ owner: "shop_a" }]);
}, 240_000);

test("a user before that the file calls absent goes last, after the processes have the new one", async () => {
  const project = await forThisTest(
    newProject({
      ".poststack.yml": `project: { name: shop }
environments:
  dev:
    postgres: { port: PORT0, version: 17, user: shop_a }
    deployment: { procfile: Procfile }
`,
      Procfile: "web: sleep 1000\n",
    }),
  );
  await project.ok("apply", "--yes");
  project.edit(".poststack.yml", "user: shop_a", "user: shop_b, roles: { shop_a: { ensure: absent } }");
  const plan = (await project.plan()).map((line) => line.trim().split(/\s+/).slice(0, 2).join(" "));
  expect(plan).toEqual(["create role:shop_b", "update database:shop_dev", "replace process:web", "drop role:shop_a"]);
  await project.ok("apply", "--yes");
  expect(await project.plan()).toEqual([]);
}, 240_000);
