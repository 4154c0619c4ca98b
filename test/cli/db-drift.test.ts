import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerOf } from "../support/command.ts";
import { newProject, type Project } from "../support/scenario.ts";
import { misfits } from "../support/schemas.ts";

// One project, one server. The tests go through its life in order.
let project: Project;

const config = `project: { name: drifting }
environments:
  dev:
    postgres:
      port: PORT0
      extensions: [citext]
      roles: { reporting: { login: false } }
      grants:
        - { to: reporting, on: { schema: public, tables: all }, privileges: [select], default: true }
        - { to: reporting, on: { schema: public }, privileges: [usage] }
`;

const migrations = {
  "migrations/001_users.sql": `create table users (id bigint generated always as identity primary key, email citext not null);
alter database drifting_dev set statement_timeout = '1min';
create view emails as select email from users;
`,
  "migrations/002_index.sql": `-- poststack: no-transaction
create index concurrently users_by_email on users (email);
`,
  "migrations/003_search.sql": `begin;
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touch before update on users for each row execute function touch();
commit;
`,
};

beforeAll(async () => {
  project = await newProject({ ".poststack.yml": config, ...migrations });
  await project.ok("apply", "--yes");
}, 120_000);
afterAll(() => project.dispose(), 60_000);

const shadows = async (): Promise<readonly unknown[]> =>
  project.sql("select datname from pg_database where datname like 'poststack\\_shadow\\_%'");

describe("db dump", () => {
  test("prints the schema, which says that of no version and no day", async () => {
    const { stdout } = await project.ok("db", "dump");
    expect(stdout).toContain("create table public.users (\n  id bigint generated always as identity not null,");
    expect(stdout).toContain("CREATE INDEX users_by_email ON public.users USING btree (email);");
    expect(stdout).not.toContain("poststack.");
    expect((await project.ok("db", "dump")).stdout).toBe(stdout);
  });

  test("writes a file, which is the schema until something changes", async () => {
    await project.ok("db", "dump", "--output", "schema.sql");
    const checked = await project.run("db", "dump", "--check", "schema.sql", "--json");
    expect(checked.code).toBe(0);
    expect(misfits("answers/db dump", answerOf(checked))).toEqual([]);
    expect(answerOf(checked)).toMatchObject({ same: true, patch: null });

    project.edit("schema.sql", "email public.citext not null", "email public.citext");
    const other = await project.run("db", "dump", "--check", "schema.sql");
    expect(other.code).toBe(2);
    expect(other.stdout).toContain("+  email public.citext not null");
  });

  test("does one of both, and needs the file", async () => {
    expect((await project.run("db", "dump", "--output", "a", "--check", "b")).text).toContain("USAGE");
    const missing = (await project.run("db", "dump", "--check", "/nowhere/schema.sql")).text;
    expect(missing).toContain("error FILE_MISSING: there is no /nowhere/schema.sql to compare with");
  });
});

describe("db drift", () => {
  test("finds nothing where nobody has changed anything: neither what the files declare nor what they grant", async () => {
    const ended = await project.run("db", "drift", "--detailed-exitcode", "--json");
    expect(ended.text).toContain("Running 3 recorded migrations in a shadow database on the same server.");
    expect(answerOf(ended)).toEqual({ version: 1, environment: "dev", migrations: 3, differences: [], expected: [] });
    expect(ended.code).toBe(0);
    expect(await shadows()).toEqual([]);
  });

  test("what is about the environment's database by its name does not reach it from the shadow", async () => {
    await project.sql("alter database drifting_dev set statement_timeout = '2min'");
    const { stdout } = await project.ok("db", "drift");
    expect(stdout).toContain("changed database: settings statement_timeout = '1min' → statement_timeout = '2min'\n");
    const [row] = await project.sql(
      "select setconfig::text from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where datname = 'drifting_dev'",
    );
    expect(row?.["setconfig"]).toBe("{statement_timeout=2min}");
    await project.sql("alter database drifting_dev set statement_timeout = '1min'");
  });

  test("tells what was done by hand, with the way to keep it and the way back", async () => {
    await project.sql(
      "alter table users add column nickname text; drop index users_by_email; alter table users disable trigger touch",
    );
    const ended = await project.run("db", "drift", "--detailed-exitcode");
    expect(ended.code).toBe(2);
    expect(ended.stdout).toBe(`added column public.users.nickname
  adopt  alter table public.users add column nickname text;
  undo   alter table public.users drop column nickname;
removed index public.users_by_email
  adopt  drop index public.users_by_email;
  undo   CREATE INDEX users_by_email ON public.users USING btree (email);
changed trigger touch on public.users: enabled none → disable
  adopt  alter table public.users disable trigger touch;
  undo   alter table public.users enable trigger touch;
`);
    expect(ended.stderr).toContain("3 objects differ from what the 3 migrations of dev make.");
    const answer = await project.run("db", "drift", "--json");
    expect({ code: answer.code, misfits: misfits("answers/db drift", answerOf(answer)) }).toEqual({
      code: 0,
      misfits: [],
    });
  });

  test("what the policy names is no drift, and is counted", async () => {
    project.edit(".poststack.yml", "  dev:\n", '  dev:\n    policy: { drift: { ignore: ["public.users_by_*"] } }\n');
    const answer = answerOf(await project.run("db", "drift", "--json"));
    expect(answer).toMatchObject({
      differences: [{ identity: "column public.users.nickname" }, { identity: "trigger touch on public.users" }],
      expected: [{ identity: "index public.users_by_email", because: "policy.drift.ignore" }],
    });
  });

  test("plan tells it where it is asked for, in words and as JSON, and plans nothing for it", async () => {
    expect((await project.ok("plan")).stdout).toBe("Nothing to do.\n");
    const ended = await project.run("plan", "--drift", "--detailed-exitcode");
    expect(ended.code).toBe(2);
    expect(ended.stdout).toBe(`  ≠ added column public.users.nickname
      adopt  alter table public.users add column nickname text;
      undo   alter table public.users drop column nickname;
  ≠ changed trigger touch on public.users: enabled none → disable
      adopt  alter table public.users disable trigger touch;
      undo   alter table public.users enable trigger touch;
2 objects differ from what the 3 migrations of dev make. Left out: 1 object (policy.drift.ignore).
Nothing to do.
`);
    const json = await project.run("plan", "--drift", "--format", "json");
    expect(misfits("plan", JSON.parse(json.stdout))).toEqual([]);
    expect(JSON.parse(json.stdout)).toMatchObject({ settled: true, actions: [], drift: { migrations: 3 } });
  });

  test("policy warn tells it in every plan; refuse keeps migrations from running, and nothing else", async () => {
    project.edit(".poststack.yml", "drift: { ignore:", "drift: { level: warn, ignore:");
    project.write("migrations/004_more.sql", "create table more (id int);\n");
    expect((await project.ok("plan")).stdout).toContain("2 objects differ from what the 3 migrations of dev make.");
    project.edit(".poststack.yml", "level: warn", "level: refuse");
    const refused = await project.run("apply", "--yes");
    expect(refused.code).toBe(1);
    expect(refused.text).toContain("SCHEMA_DRIFT");
    expect(await project.sql("select 1 as one from pg_class where relname = 'more'")).toEqual([]);
    expect((await project.run("plan")).text).toContain("poststack db drift");
    rmSync(project.path("migrations/004_more.sql"));
    expect((await project.ok("apply", "--yes")).text).not.toContain("SCHEMA_DRIFT");
    project.edit(".poststack.yml", /\n {4}policy: .*/, "");
  });

  test("its script is a migration, after whose baseline there is no drift", async () => {
    const { stdout } = await project.ok("db", "drift", "--script", "adopt");
    project.write("migrations/004_adopted.sql", stdout);
    await project.ok("db", "baseline", "004", "--yes");
    expect(await project.plan()).toEqual([]);
    expect((await project.ok("db", "drift", "--detailed-exitcode")).stderr).toContain("No drift");
  });

  test("its other script takes it back", async () => {
    await project.sql("create table by_hand (id serial primary key); comment on view emails is 'by hand'");
    await project.sql((await project.ok("db", "drift", "--script", "undo")).stdout);
    expect((await project.ok("db", "drift", "--detailed-exitcode")).stderr).toContain("No drift");
  });

  test("a shadow that a kill has left is dropped by the next command, and one of a stranger is not", async () => {
    await project.sql("create database poststack_shadow_0000beef connection limit 17");
    await project.sql("create database poststack_shadow_0000cafe");
    await project.ok("db", "drift");
    expect(await shadows()).toEqual([{ datname: "poststack_shadow_0000cafe" }]);
    await project.sql("drop database poststack_shadow_0000cafe");
  });

  test("a migration that no longer runs is named, with its place", async () => {
    await project.sql("update poststack.schema_migrations set sql = e'create table\\n  oops (' where version = '004'");
    const ended = await project.run("db", "drift");
    expect(ended.code).toBe(1);
    expect(ended.text).toContain("MIGRATION_FAILED");
    expect(ended.text).toContain("004_adopted.sql");
    expect(ended.text).toContain("it ran from nothing in a shadow database; the environment is untouched");
    expect((await project.ok("plan", "--drift")).stdout).toMatch(
      /^Drift of dev is not known: 004_adopted: syntax error/,
    );
    expect(await shadows()).toEqual([]);
  });

  test("one whose DO block changes roles does not run again, and what cannot be told is refused", async () => {
    await project.sql(
      "update poststack.schema_migrations set sql = 'do $$ begin create role made_again; end $$' where version = '004'",
    );
    const ended = await project.run("db", "drift");
    expect(ended.code).toBe(1);
    expect(ended.text).toContain("SCHEMA_NOT_COPIED");
    expect(ended.text).toContain("004_adopted.sql");

    project.edit(".poststack.yml", "  dev:\n", "  dev:\n    policy: { drift: refuse }\n");
    project.write("migrations/005_more.sql", "create table more (id int);\n");
    const refused = await project.run("apply", "--yes");
    expect(refused.code).toBe(1);
    expect(refused.text).toContain("SCHEMA_DRIFT");
    expect(refused.text).toContain("a DO block of migrations/004_adopted.sql");
    expect(
      await project.sql(
        "select relname as found from pg_class where relname = 'more' union all select rolname from pg_roles where rolname = 'made_again'",
      ),
    ).toEqual([]);
    rmSync(project.path("migrations/005_more.sql"));
    project.edit(".poststack.yml", /\n {4}policy: .*/, "");
  });

  test("without a server there is nothing to compare", async () => {
    await project.ok("env", "stop", "dev", "--yes");
    for (const command of ["dump", "drift"]) {
      const ended = await project.run("db", command);
      expect(ended.code).not.toBe(0);
      expect(ended.text).toContain("POSTGRES_UNREACHABLE");
    }
  });
});
