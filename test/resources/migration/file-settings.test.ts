import { describe, expect, test as pure } from "vitest";
import { renderPlace } from "../../../controller/core/place.ts";
import { quoteIdentifier } from "../../../controller/core/sql.ts";
import { fileSetting, setStatements } from "../../../controller/resources/migration/file-settings.ts";
import { headersOf, searchPathOf, settingsOf } from "../../../controller/resources/migration/text.ts";
import { somebody, test, type TestDatabase } from "../../support/postgres.ts";
import { failureOf, migrations, pass, planOf, render, schemaOf, world } from "./kit.ts";

pure.for<[header: string, statement: string | undefined]>([
  ["lock-timeout 10s", "set local lock_timeout = '10s'"],
  ["lock-timeout  1.5 min", "set local lock_timeout = '1.5 min'"],
  ["lock-timeout 0", "set local lock_timeout = '0'"],
  ["lock-timeout 10", undefined],
  ["lock-timeout", undefined],
  ["lock-timeout 10s; drop table t", undefined],
  ["statement-timeout 250ms", "set local statement_timeout = '250ms'"],
  ["statement-timeout soon", undefined],
  ["role App_Owner", 'set local role "app_owner"'],
  ['role "App ""Owner"""', 'set local role "App ""Owner"""'],
  ["role one two", undefined],
  ["role", undefined],
  ["search-path app, public", 'set local search_path = "app", "public"'],
  ['search-path "$user", App', 'set local search_path = "$user", "app"'],
  ["search-path app,", undefined],
  ["timeout 10s", undefined],
])("%s", ([header, statement]) => {
  const setting = fileSetting(header, 1);
  expect(setting && setStatements([setting], true)[0]).toBe(statement);
});

pure("they stand among the comments at the top, beside the others", () => {
  const text = [
    "-- What it is for.",
    "-- poststack: no-transaction",
    "-- poststack: role app",
    "",
    "-- poststack: lock-timeout 2s",
    "select 1;",
    "-- poststack: role later",
  ].join("\n");
  expect(headersOf(Buffer.from(text))).toMatchObject({
    transactional: false,
    settings: [
      { name: "role", line: 3 },
      { name: "lock_timeout", line: 5 },
    ],
  });
  expect(searchPathOf('-- poststack: search-path "$user", App')).toEqual(["$user", "app"]);
  expect(settingsOf("select 1;\n-- poststack: role later")).toEqual([]);
  expect(headersOf(Buffer.from("-- poststack: rule app")).unknown?.text).toBe("rule app");
});

/** A role that may make tables in the schema, and that the owner may become. */
async function withRole(database: TestDatabase, isMember = true): Promise<string> {
  await database.createLedger();
  const role = database.unique("maker");
  await database.query(`create role ${role}; create schema app authorization ${role}`);
  if (isMember) await database.query(`grant ${role} to ${quoteIdentifier(database.owner)}`);
  return role;
}

const seen = `as select current_user::text as role, current_setting('lock_timeout') as lock,
  current_setting('statement_timeout') as statement, current_setting('search_path') as path`;
const plainOf = (database: TestDatabase) => ({
  role: database.owner,
  lock: "5s",
  statement: "0",
  path: '"$user", public',
});

describe.for([[""], ["-- poststack: no-transaction\n"]] as const)("%j", ([first]) => {
  const header = (role: string): string =>
    `${first}-- poststack: role ${role}\n-- poststack: lock-timeout 7s\n-- poststack: statement-timeout 3min\n-- poststack: search-path app\n`;

  test("what a header sets holds for its file and ends with it", async ({ database }) => {
    const role = await withRole(database);
    const it = world(
      database,
      migrations({
        "001_set.sql": `${header(role)}create table one ${seen};\ncreate table two ${seen};`,
        "002_not.sql": `create table plain ${seen}`,
      }),
    );
    await pass(it);
    const expected = { role, lock: "7s", statement: "3min", path: "app" };
    expect(await database.query("select * from app.one union all select * from app.two")).toEqual([expected, expected]);
    expect(await database.query("select * from plain")).toEqual([plainOf(database)]);
    expect(await database.column("select tableowner::text from pg_tables where tablename in ('one', 'two')")).toEqual([
      role,
      role,
    ]);
    expect(await database.column("select distinct applied_by::text from poststack.schema_migrations")).toEqual([
      database.owner,
    ]);
    expect(render(await planOf(it))).toEqual([]);
  });

  test("a role that the owner may not take is told at its line, and nothing remains", async ({ database }) => {
    const role = await withRole(database, false);
    const it = world(database, migrations({ "001_set.sql": `${header(role)}create table one (n int);` }));
    const { facts } = await failureOf(pass(it));
    expect(facts.code).toBe("MIGRATION_FAILED");
    expect(facts.what).toContain(`permission denied to set role "${role}"`);
    expect(facts.where && renderPlace(facts.where)).toBe(`migrations/001_set.sql:${first === "" ? 1 : 2}:1`);
    expect(facts.next).toContain(`in_roles: [${role}]`);
    expect(await database.column("select name from poststack.schema_migrations")).toEqual([]);
    await database.query(`grant ${role} to ${quoteIdentifier(database.owner)}`);
    await pass(it);
    expect(await database.column("select to_regclass('app.one') is not null")).toEqual([true]);
  });

  test("a statement that takes longer than its file allows is ended, and told with the way out", async ({
    database,
  }) => {
    await database.createLedger();
    const sql = `${first}-- poststack: statement-timeout 500ms\nselect 1;\nselect pg_sleep(600);`;
    const it = world(database, migrations({ "001_slow.sql": sql }));
    const before = await schemaOf(database);
    const { facts } = await failureOf(pass(it));
    expect(facts.code).toBe("MIGRATION_FAILED");
    expect(facts.what).toContain("canceling statement due to statement timeout");
    expect(facts.next).toContain("statement-timeout");
    expect(facts.where && renderPlace(facts.where)).toBe(`migrations/001_slow.sql:${first === "" ? 3 : 4}:1`);
    expect(await schemaOf(database)).toBe(before);
  });
});

test("what runs outside of a transaction runs as the role of the file, and an index waits no longer than the file says", async ({
  database,
}) => {
  const role = await withRole(database);
  const header = `-- poststack: no-transaction\n-- poststack: role ${role}\n`;
  const limited = `${header}-- poststack: lock-timeout 50ms\ncreate index concurrently t_n on app.t (n);
do $$ begin create table app.made as select current_user::text as role; commit; end $$;`;
  const it = world(
    database,
    migrations({
      "001_t.sql": `-- poststack: role ${role}\ncreate table app.t (n int);`,
      "002_index.sql": limited,
      "002_index.rollback.sql": `${header}drop index concurrently app.t_n; drop table app.made;`,
    }),
  );
  await pass(it, { target: "1" });
  const { endpoint, signal } = database;
  const reader = await database.server.login(somebody(endpoint), endpoint.database, signal);
  await reader.pipeline(["begin", "insert into app.t values (1)"], signal);
  expect((await failureOf(pass(it))).code).toBe("MIGRATION_LOCKED");
  // What the failed build left cannot be dropped while the other one writes: it is known, and the next apply does it.
  expect(await database.column(`select statement_begun from poststack.schema_migrations where "order" = 2`)).toEqual([
    1,
  ]);
  await reader.close();
  await pass(it);
  expect(await database.column("select indisvalid from pg_index where indexrelid = 'app.t_n'::regclass")).toEqual([
    true,
  ]);
  expect(await database.column("select role from app.made")).toEqual([role]);
  await pass(it, { target: "1", rollback: true });
  expect(await database.column("select to_regclass('app.t_n') is null")).toEqual([true]);
});

test("of a replay, the new text begins with its own header and not with that of the rollback", async ({ database }) => {
  const role = await withRole(database);
  const it = world(
    database,
    migrations({
      "001_x.sql": "create table app_x (n int)",
      "001_x.rollback.sql": `-- poststack: role ${role}\n-- poststack: search-path app\n-- poststack: lock-timeout 9s\nselect 1`,
    }),
  );
  await pass(it);
  it.project.write("migrations/001_x.sql", `create table plain ${seen}`);
  await pass(it, { replay: true });
  expect(await database.query("select * from plain")).toEqual([plainOf(database)]);
});

test("a role that the files do not declare is refused in the plan", async ({ database }) => {
  const role = await withRole(database);
  const it = world(database, migrations({ "001_x.sql": `\n-- poststack: role ${role}\nselect 1` }));
  const [refusal] = await planOf(it, { roles: ["other"] });
  expect(refusal?.verb === "refuse" ? refusal.error : undefined).toMatchObject({
    code: "ROLE_MISSING",
    where: { file: "migrations/001_x.sql", line: 2 },
    next: expect.stringContaining(`in_roles: [${role}]`) as unknown,
  });
  expect(render(await planOf(it, { roles: [role] }))).toEqual(["apply migration:001_x"]);
});
