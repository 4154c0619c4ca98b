import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { errorsOf } from "../support/command.ts";
import { databaseFacts, filesIn } from "../support/scenario-facts.ts";
import { postmastersOf } from "../support/scenario-processes.ts";
import { newProject, type Project } from "../support/scenario.ts";
import { misfits } from "../support/schemas.ts";

// Issue "Bad input and faults", migrations that meet a database. Each form of each mistake is a row in
// test/resources/migration; here the whole command leaves files and database as they were.

const files = {
  ".poststack.yml": "project: { name: shop }\nenvironments:\n  dev:\n    postgres: { port: PORT0, version: 17 }\n",
  "migrations/001_a.sql": "create table a (id int primary key);\n",
  "migrations/001_a.rollback.sql": "drop table a;\n",
  "migrations/002_b.sql": "create table b (id int);\ninsert into b values (1);\n",
  "migrations/002_b.rollback.sql": "drop table b;\n",
};
const first = "migrations/001_a.sql";
const next = "migrations/003_c.sql";

interface Row {
  readonly name: string;
  readonly write?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
  readonly error: string;
  /** Part of what it says. */
  readonly says: string;
  /** Pending migrations of the plan that are not looked at before their turn comes. */
  readonly others?: readonly string[];
}

const rows: readonly Row[] = [
  {
    name: "edited",
    write: { [first]: "create table a (id bigint);\n" },
    error: `MIGRATION_EDITED ${first}:1:1`,
    says: "its file has changed",
  },
  {
    name: "missing",
    remove: [first, "migrations/001_a.rollback.sql"],
    error: "MIGRATION_MISSING .poststack.yml:1:1",
    says: "001_a",
  },
  {
    name: "the last one missing",
    remove: ["migrations/002_b.sql", "migrations/002_b.rollback.sql"],
    error: "MIGRATION_MISSING .poststack.yml:1:1",
    says: "ahead of the files",
  },
  {
    name: "reordered",
    write: { "migrations/000_c.sql": "select 1;\n" },
    error: "MIGRATION_ORDER migrations/000_c.sql:1:1",
    says: "sorts before",
  },
  {
    name: "a gap",
    write: { "migrations/004_c.sql": "select 1;\n" },
    error: "MIGRATION_GAP migrations/004_c.sql:1:1",
    says: "3",
  },
  {
    name: "duplicated",
    write: { "migrations/0002_c.sql": "select 1;\n" },
    error: "MIGRATION_NAME migrations/002_b.rollback.sql:1:1",
    says: "not named after",
  },
  {
    name: "COMMIT inside",
    write: { [next]: "create table c (id int);\n\n  COMMIT;\n" },
    error: `MIGRATION_TRANSACTION ${next}:3:3`,
    says: "would end the transaction",
  },
  {
    name: "COMMIT inside a block",
    write: { [next]: "create table c (id int);\ndo $$ begin commit; end $$;\n" },
    error: `MIGRATION_TRANSACTION ${next}:2:1`,
    says: "invalid transaction termination",
  },
  {
    name: "a psql command",
    write: { [next]: "create table c (id int);\n\\i other.sql\n" },
    error: `MIGRATION_META_COMMAND ${next}:2:1`,
    says: "command of psql",
  },
  {
    name: "failing in the middle",
    write: { [next]: "create table c (id int);\nselect 1,\n  1 / 0;\nselect 2;\n" },
    error: `MIGRATION_FAILED ${next}:2:1`,
    says: "division by zero",
  },
  {
    name: "not SQL",
    write: { [next]: "create table c (id int);\ncreate tabel d (id int);\n" },
    error: `MIGRATION_FAILED ${next}:2:8`,
    says: 'syntax error at or near "tabel"',
  },
  {
    name: "one word of a megabyte",
    write: { [next]: "x".repeat(1 << 20) },
    error: `MIGRATION_FAILED ${next}:1:1`,
    says: " … (1048",
  },
];

let project: Project;
beforeAll(async () => {
  project = await newProject(files);
  await project.ok("apply", "--yes");
}, 60_000);
afterAll(() => project.dispose());

test.each(rows)("$name: an error with its place, and files and database stay as they are", async (row) => {
  const before = [filesIn(project.path(".poststack")), await databaseFacts(project)];
  for (const [path, text] of Object.entries(row.write ?? {})) project.write(path, text);
  for (const path of row.remove ?? []) rmSync(project.path(path));
  try {
    const ended = await project.run("apply", "--yes", "--json");
    const [error] = errorsOf(ended);
    expect(`${error?.code} ${error?.where?.file}:${error?.where?.line}:${error?.where?.column}`).toBe(row.error);
    expect(error?.what).toContain(row.says);
    expect(error?.next).not.toBe(undefined);
    expect(ended.code).toBe(1);
    expect(ended.text.length).toBeLessThan(20_000);
    expect([filesIn(project.path(".poststack")), await databaseFacts(project)]).toEqual(before);
  } finally {
    for (const path of Object.keys(row.write ?? {})) rmSync(project.path(path));
    for (const [path, text] of Object.entries(files)) if (path !== ".poststack.yml") project.write(path, text);
  }
  expect(await project.plan()).toEqual([]);
});

test("a migration that comes late runs where the environment allows it; drift replays them as they ran", async () => {
  const late = "migrations/001.5_late.sql";
  const configuration = project.read(".poststack.yml");
  // In the order of the versions it would fail: its table comes with 002.
  project.write(late, "alter table b add column late int;\n");
  expect((await project.run("apply", "--yes")).text).toContain("policy: { out_of_order: allow }");
  project.edit(".poststack.yml", "  dev:\n", "  dev:\n    policy: { out_of_order: allow }\n");
  const applied = await project.ok("apply", "--yes");
  expect(applied.stdout).toContain("out of order: sorts before 002_b, which is applied");
  expect(await project.plan()).toEqual([]);
  await project.ok("db", "verify");
  expect((await project.ok("db", "drift")).text).toContain("No drift");
  await project.sql("alter table b drop column late");
  await project.sql("delete from poststack.schema_migrations where name = '001.5_late'");
  rmSync(project.path(late));
  project.write(".poststack.yml", configuration);
  expect(await project.plan()).toEqual([]);
});

test("a migration that comments on the database keeps its words, and the database is still known in the same apply", async () => {
  const sql = "do $$ begin execute format('comment on database %I is %L', current_database(), 'The shop.'); end $$;\n";
  project.write(next, sql);
  project.write("migrations/003_c.rollback.sql", "");
  await project.ok("apply", "--yes");
  expect(await project.plan()).toEqual([]);
  expect(
    await project.sql(
      "select shobj_description(oid, 'pg_database') ~ '^The shop\\.\\npoststack ' as kept from pg_database where datname = current_database()",
    ),
  ).toEqual([{ kept: true }]);
  await project.ok("db", "rollback", "--yes");
  rmSync(project.path(next));
  rmSync(project.path("migrations/003_c.rollback.sql"));
});

test("a file runs as a role that is declared in the same apply, rehearsed before; without it the plan refuses", async () => {
  const configuration = project.read(".poststack.yml");
  project.write(next, "create schema app authorization app_owner;\n");
  project.write("migrations/003_c.rollback.sql", "drop schema app;\n");
  project.write("migrations/004_d.sql", "-- poststack: role app_owner\ncreate table app.d (n int);\n");
  project.write("migrations/004_d.rollback.sql", "-- poststack: role app_owner\ndrop table app.d;\n");
  const refused = errorsOf(await project.run("apply", "--yes", "--json"));
  expect(refused.find(({ code }) => code === "ROLE_MISSING")?.where).toMatchObject({
    file: "migrations/004_d.sql",
    line: 1,
  });
  project.edit(
    ".poststack.yml",
    "version: 17 }\n",
    "version: 17, roles: { app_owner: {}, shop_dev: { in_roles: [app_owner] } } }\n    policy: { rehearse: true }\n",
  );
  expect((await project.ok("apply", "--yes")).stdout).toMatch(/004_d[^]*rollback exact/);
  expect(await project.sql("select tableowner::text as owner from pg_tables where tablename = 'd'")).toEqual([
    { owner: "app_owner" },
  ]);
  await project.ok("db", "rollback", "--yes", "--target", "002");
  for (const name of ["003_c", "004_d"]) {
    rmSync(project.path(`migrations/${name}.sql`));
    rmSync(project.path(`migrations/${name}.rollback.sql`));
  }
  project.write(".poststack.yml", configuration);
  await project.ok("apply", "--yes", "--confirm", "dev");
});

test("db verify tells of an index that is not valid, and db repair builds it again", async () => {
  await project.sql("alter table b add constraint later check (true) not valid");
  const told = await project.ok("db", "verify");
  expect(told.stdout).toContain("constraint later of public.b was never validated");
  expect(told.stdout).toContain("alter table public.b validate constraint later;");
  await project.sql("create index b_later on b (id)");
  await project.sql("update pg_index set indisvalid = false where indexrelid = 'b_later'::regclass");
  const verified = await project.run("db", "verify", "--json");
  expect(verified.code).toBe(1);
  const answer: unknown = JSON.parse(verified.stdout);
  expect(misfits("answers/db verify", answer)).toEqual([]);
  expect(answer).toMatchObject({ agrees: false, catalog: [{ name: "public.b_later" }, { name: "later" }] });
  expect((await project.run("db", "verify")).stdout).toContain("An index is not valid.");
  expect((await project.ok("db", "repair", "--yes")).stdout).toContain("built again beside reads and writes");
  await project.ok("db", "verify");
  await project.sql("drop index b_later");
  await project.sql("alter table b drop constraint later");
});

test("db resolve records what a person has seen of a migration that began and did not finish", async () => {
  const header = "-- poststack: no-transaction\n";
  const state = "select state from poststack.schema_migrations where name = '003_c'";
  project.write(next, `${header}do $$ begin create table c (n int); commit; perform 1 / 0; end $$;\n`);
  project.write("migrations/003_c.rollback.sql", "drop table c;\n");
  expect((await project.run("apply", "--yes")).text).toContain("db resolve 003_c --as applied");
  expect((await project.run("db", "resolve", "003")).text).toContain("error USAGE: --as is missing");
  await project.sql("create index c_later on c (n)");
  await project.sql("update pg_index set indisvalid = false where indexrelid = 'c_later'::regclass");
  expect((await project.run("db", "verify")).stdout).toContain("`poststack db migrate` goes on and does it; else");
  // Its index, and not its record: what else is in the file never ran.
  await project.ok("db", "repair", "--yes");
  expect(await project.sql(state)).toEqual([{ state: "started" }]);
  await project.sql("drop table c");
  await project.ok("db", "resolve", "003", "--as", "rolled-back", "--yes");
  expect(await project.sql(state)).toEqual([]);
  expect((await project.run("apply", "--yes")).code).toBe(1);
  // Also where its file is gone; and a mistake in writing is one, whatever was said.
  await project.sql("drop table c");
  for (const file of [next, "migrations/003_c.rollback.sql"]) rmSync(project.path(file));
  expect((await project.run("db", "resolve", "033", "--as", "rolled-back", "--yes")).text).toContain(
    "MIGRATION_UNKNOWN",
  );
  await project.ok("db", "resolve", "003", "--as", "rolled-back", "--yes");
  expect(await project.sql(state)).toEqual([]);
  project.write(next, `${header}do $$ begin create table c (n int); commit; perform 1 / 0; end $$;\n`);
  project.write("migrations/003_c.rollback.sql", "drop table c;\n");
  expect((await project.run("apply", "--yes")).code).toBe(1);
  project.write(next, `${header}create table c (n int);\n`);
  const resolved = await project.ok("db", "resolve", "003", "dev", "--as", "applied", "--yes");
  expect(resolved.stdout).toMatch(/^\+create table c \(n int\);$/m);
  expect(await project.sql(state)).toEqual([{ state: "applied" }]);
  expect((await project.ok("db", "resolve", "003", "--as", "applied", "--yes")).stdout).toContain("Nothing to do");
  await project.ok("db", "rollback", "--yes");
  rmSync(project.path(next));
  rmSync(project.path("migrations/003_c.rollback.sql"));
  expect(await project.plan()).toEqual([]);
});

test("a lock that is not granted: also in a log it is told at once who holds it", async () => {
  project.write(next, "alter table a add column late int;\n");
  const database = "shop_dev";
  const holding = project.sql("begin; lock table a; select pg_sleep(120)", { database }).catch(() => undefined);
  const holders =
    "select pid from pg_locks where relation = 'a'::regclass and mode = 'AccessExclusiveLock' and granted";
  await expect.poll(() => project.sql(holders, { database }), { timeout: 30_000 }).toHaveLength(1);
  const [holder] = await project.sql(holders, { database });
  const applying = project.start("apply", "--yes");
  const line = new RegExp(
    `^  migration:003_c: waits for pid ${String(holder?.["pid"])} \\(.*\\): begin; lock table a;`,
    "m",
  );
  await expect.poll(() => applying.said(), { timeout: 60_000 }).toMatch(line);
  await project.sql(`select pg_terminate_backend(${String(holder?.["pid"])})`, { database });
  await holding;
  expect((await applying.ended).code).toBe(0);
  await project.sql("alter table a drop column late; delete from poststack.schema_migrations where name = '003_c'", {
    database,
  });
  rmSync(project.path(next));
});

test("a database with objects and without a ledger is refused with the way out", async () => {
  const database = "shop_dev";
  await project.sql("drop schema poststack cascade", { database });
  const ended = await project.run("apply", "--yes", "--json");
  expect(errorsOf(ended)).toMatchObject([
    { code: "BASELINE_REQUIRED", next: expect.stringContaining("db baseline") as unknown },
  ]);
  expect(ended.code).toBe(1);
  await project.ok("db", "baseline", "002", "--yes");
  await project.ok("apply", "--yes");
  expect(await project.sql('select name from poststack.schema_migrations order by "order"')).toEqual([
    { name: "001_a" },
    { name: "002_b" },
  ]);
});

test("a server killed in the middle of a migration: nothing of it stays, the next apply does it once", async () => {
  project.write(next, "create table c (id int);\nselect pg_sleep(30);\n");
  project.write("migrations/003_c.rollback.sql", "drop table c;\n");
  const command = project.start("apply", "--yes", "--json");
  await command.until(({ type, id }) => type === "start" && id === "migration:003_c");
  const [pid = 0] = postmastersOf(project.path(".poststack/dev"));
  process.kill(pid, "SIGKILL");
  // The server comes back on the next pass of the same command, or the command says that it went away.
  project.write(next, "create table c (id int);\n");
  const ended = await command.ended;
  expect([0, 1, 3, 4], ended.text).toContain(ended.code);
  await project.ok("apply", "--yes");
  expect(await project.plan()).toEqual([]);
  expect(
    await project.sql("select count(*)::int as rows from poststack.schema_migrations where name = '003_c'"),
  ).toEqual([{ rows: 1 }]);
});
