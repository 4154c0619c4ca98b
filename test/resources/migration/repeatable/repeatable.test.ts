// Files that run again when they have changed, on a real server.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { readRepeatables, namesOfRepeatables } from "../../../../controller/config/desired/repeatable.ts";
import { gatherProblems } from "../../../../controller/config/problems.ts";
import { errorsOf } from "../../../../controller/core/errors.ts";
import { apply } from "../../../../controller/resources/migration/apply.ts";
import type { LintPolicy } from "../../../../controller/resources/migration/lint/level.ts";
import type { DesiredMigrations, MigrationAction } from "../../../../controller/resources/migration/model.ts";
import { test, type TestDatabase } from "../../../support/postgres.ts";
import { failureOf, migrations, pass, planOf, render, world, type World } from "../kit.ts";

const files = {
  "001_users.sql": "create table users (id int, active boolean);",
  "repeatable/active.sql": "create or replace view active as select id from users where active;",
  "repeatable/a_count.sql": "create or replace view a_count as select count(*) as n from active;",
};

const wish = ({ ports }: World): Partial<DesiredMigrations> => {
  const problems = gatherProblems();
  const repeatable = readRepeatables(
    ports.files,
    "migrations",
    namesOfRepeatables(ports.files, "migrations"),
    problems,
  );
  problems.throwAny();
  return { repeatable };
};
const plans = async (it: World): Promise<readonly string[]> => render(await planOf(it, wish(it)));
const passes = async (it: World): Promise<readonly string[]> => render(await pass(it, wish(it)));
const reasons = async (it: World): Promise<readonly string[]> =>
  (await planOf(it, wish(it))).map(({ reason }) => reason);
const ledger = (database: TestDatabase): Promise<readonly unknown[]> =>
  database.column("select name from poststack.repeatable_migrations order by name");

async function staged(database: TestDatabase, more: Readonly<Record<string, string>> = {}): Promise<World> {
  await database.createLedger();
  return world(database, migrations({ ...files, ...more }));
}

describe("repeatable files", () => {
  test("run after the versions, in the order of what they use, and then nothing is to be done", async ({
    database,
  }) => {
    const it = await staged(database);
    expect(await passes(it)).toEqual([
      "apply migration:001_users",
      "repeat migration:repeatable/active",
      "repeat migration:repeatable/a_count",
    ]);
    expect(await ledger(database)).toEqual(["a_count", "active"]);
    expect(await plans(it)).toEqual([]);
  });

  test("run again when their text has changed, and no others", async ({ database }) => {
    const it = await staged(database);
    await passes(it);
    it.project.write("migrations/repeatable/active.sql", "create or replace view active as select id from users;");
    expect(await reasons(it)).toEqual([expect.stringMatching(/^checksum changed, sha256 \w{8} → \w{8}$/)]);
    expect(await passes(it)).toEqual(["repeat migration:repeatable/active"]);
    expect(await plans(it)).toEqual([]);
    expect(await database.column("select pg_get_viewdef('active') like '%WHERE%'")).toEqual([false]);
  });

  test("that close a circle with one that stands are refused, and it goes on to work", async ({ database }) => {
    const it = await staged(database);
    await passes(it);
    it.project.write(
      "migrations/repeatable/active.sql",
      "create or replace view active as select id from users where exists (select from a_count);",
    );
    expect(await plans(it)).toEqual(["refuse migration:repeatable/active MIGRATION_ORDER"]);
    expect(await database.column("select n::int from a_count")).toEqual([0]);
  });

  test("with other line ends or a byte order mark are the same", async ({ database }) => {
    const it = await staged(database);
    await passes(it);
    it.project.write("migrations/repeatable/active.sql", `\u{FEFF}${files["repeatable/active.sql"]}`);
    expect(await plans(it)).toEqual([]);
  });

  test("that are gone are told once, and what they made stays", async ({ database }) => {
    const it = await staged(database);
    await passes(it);
    rmSync(join(it.project.root, "migrations/repeatable/a_count.sql"));
    expect(await reasons(it)).toEqual([
      "its file is gone: the ledger forgets it, and what it made stays in the database",
    ]);
    expect(await passes(it)).toEqual(["forget migration:repeatable/a_count"]);
    expect(await plans(it)).toEqual([]);
    expect(await database.column("select to_regclass('a_count') is not null")).toEqual([true]);
  });

  test("run after a version that comes in the same plan, which drops what they made", async ({ database }) => {
    const it = await staged(database);
    await passes(it);
    it.project.write("migrations/002_wide.sql", "drop view a_count, active; alter table users add name text;");
    it.project.write(
      "migrations/repeatable/active.sql",
      "create or replace view active as select id, name from users;",
    );
    it.project.write(
      "migrations/repeatable/a_count.sql",
      "create or replace view a_count as select count(name) from active;",
    );
    expect(await passes(it)).toEqual([
      "apply migration:002_wide",
      "repeat migration:repeatable/active",
      "repeat migration:repeatable/a_count",
    ]);
  });

  test("that fail leave nothing and are placed in their file; those before them stay", async ({ database }) => {
    const it = await staged(database, {
      "repeatable/broken.sql":
        "-- poststack: after a_count\ncreate table half (id int);\ncreate view broken as\n  select nothing from active;",
    });
    const error = await failureOf(passes(it));
    expect(error.code).toBe("MIGRATION_FAILED");
    expect(error.facts.where).toEqual({ file: "migrations/repeatable/broken.sql", line: 4, column: 10 });
    expect(await ledger(database)).toEqual(["a_count", "active"]);
    expect(await database.column("select to_regclass('half') is null")).toEqual([true]);
    expect(await plans(it)).toEqual(["repeat migration:repeatable/broken"]);
  });

  test("run as their header says, and only they", async ({ database }) => {
    const role = database.unique("views");
    await database.query(`create role ${role}; grant ${role} to "${database.owner}";
      create schema app authorization ${role}; grant usage on schema app to "${database.owner}"`);
    const seen =
      "select current_user::text as role, current_setting('lock_timeout') as lock, current_setting('search_path') as path";
    const header = `-- poststack: after a_count\n-- poststack: role ${role}\n-- poststack: lock-timeout 7s\n-- poststack: search-path app`;
    const it = await staged(database, {
      "repeatable/set.sql": `${header}\ncreate table if not exists one as ${seen};`,
      "repeatable/unset.sql": `create table if not exists two as ${seen};`,
    });
    expect((await passes(it)).slice(-2)).toEqual([
      "repeat migration:repeatable/set",
      "repeat migration:repeatable/unset",
    ]);
    expect(await database.query("select * from app.one")).toEqual([{ role, lock: "7s", path: "app" }]);
    expect(await database.query("select * from two")).toEqual([
      { role: database.owner, lock: "5s", path: '"$user", public' },
    ]);
    expect(await plans(it)).toEqual([]);
    it.project.write("migrations/repeatable/set.sql", `${header}\ncreate table if not exists three as ${seen};`);
    const [refused] = await planOf(it, { ...wish(it), roles: ["other"] });
    expect(refused?.verb === "refuse" ? refused.error : undefined).toMatchObject({
      code: "ROLE_MISSING",
      what: `set is to run as role "${role}", which the files do not declare`,
      where: { file: "migrations/repeatable/set.sql", line: 2 },
    });
    expect(render(await planOf(it, { ...wish(it), roles: [role] }))).toEqual(["repeat migration:repeatable/set"]);
  });

  test("with a header that is none are told what there is", async ({ database }) => {
    const it = await staged(database, { "repeatable/odd.sql": "-- poststack: phase contract\nselect 1;" });
    expect(() => wish(it)).toThrow("`-- poststack: phase contract` means nothing in a repeatable file");
    it.project.write("migrations/repeatable/odd.sql", "-- poststack: lock-timeout soon\nselect 1;");
    const problems = gatherProblems();
    readRepeatables(it.ports.files, "migrations", namesOfRepeatables(it.ports.files, "migrations"), problems);
    const thrown = ((): unknown => {
      try {
        problems.throwAny();
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(errorsOf(thrown).map(({ facts }) => facts.next)).toEqual([expect.stringContaining("takes a duration")]);
  });

  test("that end their own transaction are refused before anything runs", async ({ database }) => {
    const it = await staged(database, { "repeatable/ends.sql": "select 1; commit; select 2;" });
    expect(await plans(it)).toContain("refuse migration:repeatable/ends MIGRATION_TRANSACTION");
  });

  test("that change between plan and apply are not run", async ({ database }) => {
    const it = await staged(database);
    await pass(it);
    const action = (await planOf(it, wish(it))).find(({ verb }) => verb === "repeat") as MigrationAction;
    it.project.write("migrations/repeatable/active.sql", "drop table users;");
    expect((await failureOf(apply(action, it.ports, database.signal))).code).toBe("PLAN_STALE");
  });

  test("are done twice without harm, in a row and at once", async ({ database }) => {
    const it = await staged(database);
    await pass(it);
    const action = (await planOf(it, wish(it))).find(({ verb }) => verb === "repeat") as MigrationAction;
    await apply(action, it.ports, database.signal);
    await apply(action, it.ports, database.signal);
    expect(await ledger(database)).toEqual(["active"]);
  });
});

describe("the rules look at repeatable files, too", () => {
  const lint: LintPolicy = { rules: new Map([["truncate", "error"]]) };
  const linted = (it: World) => planOf(it, { ...wish(it), lint });

  test("what breaks one is refused at its place, with what each statement does", async ({ database }) => {
    const it = await staged(database);
    await passes(it);
    await database.query("insert into users values (1, true)");
    it.project.write("migrations/repeatable/active.sql", `${files["repeatable/active.sql"]}\ntruncate users cascade;`);
    const step = (await linted(it)).find(({ id }) => id === "migration:repeatable/active");
    expect(step).toMatchObject({
      verb: "refuse",
      error: { code: "LINT_FAILED", where: { file: "migrations/repeatable/active.sql", line: 2, column: 1 } },
    });
    expect(step?.statements).toHaveLength(2);
  });

  test("a warning stands below it, and an `allow` line takes it away", async ({ database }) => {
    const it = await staged(database);
    await passes(it);
    const text = `${files["repeatable/active.sql"]}\ndrop function if exists f();`;
    it.project.write("migrations/repeatable/active.sql", text);
    expect((await linted(it))[0]).toMatchObject({ notes: [expect.stringMatching(/^warning drop-object at /)] });
    it.project.write("migrations/repeatable/active.sql", `${text} -- poststack: allow drop-object nobody calls it`);
    expect((await linted(it))[0]).not.toHaveProperty("notes");
  });

  test("what versions of the same run make is nobody's yet", async ({ database }) => {
    const it = await staged(database);
    await passes(it);
    it.project.write("migrations/002_cache.sql", "create table cache (id int);");
    it.project.write(
      "migrations/repeatable/active.sql",
      `${files["repeatable/active.sql"]}\nrevoke all on cache from public;`,
    );
    expect((await linted(it)).map(({ notes }) => notes)).toEqual([undefined, undefined]);
  });

  test("in a database that nobody uses yet they find nothing", async ({ database }) => {
    const it = await staged(database, { "repeatable/fresh.sql": "truncate users cascade;" });
    expect(render(await linted(it))).toContain("repeat migration:repeatable/fresh");
  });
});
