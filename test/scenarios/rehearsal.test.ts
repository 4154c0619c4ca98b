import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ErrorFacts } from "../../controller/core/errors.ts";
import type { Rehearsal } from "../../controller/core/rehearsal.ts";
import { answerOf } from "../support/command.ts";
import { forThisTest, newProject, planAnswer, type Project } from "../support/scenario.ts";
import { misfits } from "../support/schemas.ts";

const config = `project: { name: rehearsed, default_environment: dev }
environments:
  dev:
    postgres: { port: PORT0 }
  strict:
    postgres: { port: PORT1 }
    policy: { rehearse: true }
`;
const first = {
  "migrations/001_users.sql": "create table users (id int primary key, email text not null);\n",
  "migrations/001_users.rollback.sql": "drop table users;\n",
};
/** One of each verdict. */
const pending = {
  "migrations/002_orders.sql": "create table orders (id int primary key, user_id int references users);\n",
  "migrations/002_orders.rollback.sql": "drop table orders;\n",
  "migrations/003_names.sql": "alter table users add name text;\nalter table users alter email drop not null;\n",
  "migrations/003_names.rollback.sql": "alter table users drop name;\n",
  "migrations/004_index.sql":
    "-- poststack: no-transaction\ncreate index concurrently by_name on users (name);\ncreate index concurrently by_email on users (email);\n",
  "migrations/004_index.rollback.sql":
    "-- poststack: no-transaction\ndrop index concurrently by_name;\ndrop index concurrently by_mail;\n",
  "migrations/005_note.sql": "comment on table users is 'people';\n",
  "migrations/005_note.rollback.sql": "-- there is no need\n",
  "migrations/006_view.sql":
    "create view named as select name from users;\nalter database rehearsed_dev set work_mem = '8MB';\n",
  "migrations/007_wrong.sql": "create table x (id int);\n",
  "migrations/007_wrong.rollback.sql": "select 1;\n\ndrop table y;\n",
};

let project: Project;
beforeAll(async () => {
  project = await newProject({ ".poststack.yml": config, ...first });
  await project.ok("apply", "--yes");
}, 60_000);
afterAll(() => project.dispose(), 60_000);

const shadows = (): Promise<readonly unknown[]> =>
  project.sql("select datname from pg_database where datname like 'poststack\\_shadow\\_%'");

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) project.write(path, text);
}
function remove(files: Readonly<Record<string, string>>): void {
  for (const path of Object.keys(files)) rmSync(project.path(path), { force: true });
}

interface Answer {
  readonly fingerprint: string;
  readonly rehearsal?: Rehearsal;
  readonly actions: readonly { readonly id: string; readonly verb: string; readonly error?: ErrorFacts }[];
}

describe("plan --rehearse", () => {
  test("says of each migration whether its rollback takes it back, and leaves nothing", async () => {
    write(pending);
    try {
      const before = await project.ok("db", "dump");
      const { stdout } = await project.ok("plan", "--rehearse");
      const verdicts = stdout.split("\n").filter((line) => line.startsWith("      rollback"));
      expect(verdicts.map((line) => line.trim())).toEqual([
        "rollback exact; it deletes what is in table public.orders",
        "rollback inexact, after it: changed column public.users.email: not null not null → none; it deletes what is in column public.users.name",
        'rollback fails: 004_index: index "by_mail" does not exist (migrations/004_index.rollback.sql:3:1)',
        "rollback empty: nothing is taken back",
        "rollback missing",
        'rollback fails: 007_wrong: table "y" does not exist (migrations/007_wrong.rollback.sql:3:1)',
      ]);
      expect(stdout).toContain(
        "Rehearsed in a copy of the schema, without its data, on the environment's server, where it is gone again. Rollbacks: 1 exact, 1 inexact, 1 empty, 1 missing, 2 fails.",
      );
      expect(await shadows()).toEqual([]);
      expect((await project.ok("db", "dump")).stdout).toBe(before.stdout);

      const ended = await project.ok("plan", "--rehearse", "--json", "--out", "saved.plan");
      const answer = answerOf(ended) as Answer;
      expect(misfits("plan", answer)).toEqual([]);
      expect(answer.rehearsal?.migrations.map(({ rollback }) => rollback)).toEqual([
        "exact",
        "inexact",
        "fails",
        "empty",
        "missing",
        "fails",
      ]);
      expect((await planAnswer(project)).fingerprint).toBe(answer.fingerprint);
      expect((await project.ok("plan", "--rehearse", "--format", "markdown")).stdout).toContain("  - rollback exact");
    } finally {
      remove(pending);
    }
  }, 60_000);

  test("refuses what fails, at its place, before anything is touched", async () => {
    const wrong = {
      "migrations/002_orders.sql": pending["migrations/002_orders.sql"],
      "migrations/003_wrong.sql": "alter table users add age int;\n\nalter table users\n  add column email text;\n",
      "migrations/004_later.sql": "create table later (id int);\n",
    };
    write(wrong);
    try {
      const before = await project.ok("db", "dump");
      const ended = await project.run("plan", "--rehearse", "--json");
      expect(ended.code).toBe(1);
      const { actions, rehearsal } = answerOf(ended) as Answer;
      expect(actions.map(({ verb, id }) => `${verb} ${id}`)).toEqual([
        "apply migration:002_orders",
        "refuse migration:003_wrong",
        "apply migration:004_later",
      ]);
      expect(actions[1]?.error).toMatchObject({
        code: "MIGRATION_FAILED",
        where: { file: "migrations/003_wrong.sql", line: 3, column: 1 },
      });
      expect(rehearsal?.migrations.map(({ id }) => id)).toEqual(["migration:002_orders"]);
      expect((await project.ok("db", "dump")).stdout).toBe(before.stdout);
      expect(await project.sql("select name from poststack.schema_migrations")).toEqual([{ name: "001_users" }]);
      expect(await shadows()).toEqual([]);
    } finally {
      remove(wrong);
    }
  }, 60_000);

  test("repeatable files run on what the pending versions make, twice, since they are to run again", async () => {
    const repeatable = {
      "migrations/002_names.sql": "alter table users add name text;\n",
      "migrations/repeatable/named.sql": "create or replace view named as select name from users;\n",
      "migrations/repeatable/by_named.sql":
        "drop view if exists by_named;\ncreate view by_named as select name from named;\n",
      "migrations/repeatable/once.sql": "create view once as select name from named;\n",
    };
    write(repeatable);
    try {
      const { stdout } = await project.ok("plan", "--rehearse");
      const verdicts = stdout.split("\n").filter((line) => /^ {6}r/.test(line));
      expect(verdicts.map((line) => line.trim())).toEqual([
        "rollback missing",
        "runs, and runs again",
        "runs, and runs again",
        'runs, and cannot run again: once: relation "once" already exists (migrations/repeatable/once.sql:1:1)',
      ]);
      project.edit("migrations/repeatable/named.sql", "name from", "nme from");
      const ended = await project.run("plan", "--rehearse", "--json");
      expect(ended.code).toBe(1);
      const { actions, rehearsal } = answerOf(ended) as Answer;
      expect(actions.map(({ verb, id }) => `${verb} ${id}`)).toContain("refuse migration:repeatable/named");
      expect(rehearsal?.migrations.map(({ id }) => id)).toEqual(["migration:002_names"]);
      expect(misfits("plan", answerOf(ended))).toEqual([]);
      expect(await project.sql("select 1 from pg_class where relname in ('named', 'once')")).toEqual([]);
    } finally {
      remove(repeatable);
    }
  }, 60_000);

  test("with a sample, a migration meets rows: those that are whole, and none twice", async () => {
    await project.sql(
      `insert into users select i, 'u' || i from generate_series(1, 50) i; update users set email = 'same' where id < 3`,
    );
    const unique = {
      "migrations/002_unique.sql": "create unique index on users (email);\n",
      "migrations/002_unique.rollback.sql": "drop index users_email_idx;\n",
    };
    write(unique);
    try {
      const { stdout } = await project.ok("plan", "--rehearse");
      expect(stdout).toContain("rollback exact");
      const ended = await project.run("plan", "--rehearse-sample", "50");
      expect(ended.code).toBe(1);
      expect(ended.stdout).toContain("with a sample of 50 rows");
      expect(ended.stderr).toContain("error MIGRATION_FAILED: 002_unique: could not create unique index");
      expect((await project.run("plan", "--rehearse-sample", "all")).stderr).toContain("error USAGE");
    } finally {
      remove(unique);
      await project.sql("delete from users");
    }
  }, 60_000);

  test("killed in the middle: the next one takes away what was left", async () => {
    const slow = { "migrations/002_slow.sql": "select pg_sleep(600);\n" };
    write(slow);
    try {
      const running = project.start("plan", "--rehearse");
      await expect
        .poll(
          () =>
            project.sql(
              "select 1 from pg_stat_activity where query ~ 'pg_sleep.600' and datname ~ '^poststack_shadow_'",
            ),
          {
            timeout: 30_000,
          },
        )
        .toHaveLength(1);
      running.kill("SIGKILL");
      await running.ended;
      expect(await shadows()).toHaveLength(1);
      project.write("migrations/002_slow.sql", "select 1;\n");
      await expect
        .poll(
          async () => {
            await project.ok("plan", "--rehearse");
            return shadows();
          },
          { timeout: 30_000 },
        )
        .toEqual([]);
    } finally {
      remove(slow);
    }
  }, 90_000);
});

describe("on a temporary server", () => {
  const role = {
    "migrations/002_limit.sql": "alter role rehearsed_dev set statement_timeout = '1min';\n",
    "migrations/002_limit.rollback.sql": "alter role rehearsed_dev reset statement_timeout;\n",
  };
  afterEach(() => remove(role));
  const isThere = (): boolean => readdirSync(project.path(".poststack")).some((name) => name.includes("rehearsal"));

  test("what speaks of roles, which are the whole server's", async () => {
    write(role);
    const { stdout } = await project.ok("plan", "--rehearse", "--json");
    const { rehearsal } = JSON.parse(stdout) as Answer;
    expect(rehearsal).toMatchObject({
      on: "temporary-server",
      because: "migrations/002_limit.sql speaks of roles or of the whole server",
      from: "schema",
      migrations: [{ rollback: "exact" }],
    });
    const limits =
      "select 1 from pg_db_role_setting s join pg_roles r on r.oid = s.setrole where rolname = 'rehearsed_dev'";
    expect(await project.sql(limits)).toEqual([]);
    expect(isThere()).toBe(false);
  }, 90_000);

  test("killed in the middle: the next one ends the server that was left", async () => {
    write({ ...role, "migrations/002_limit.sql": `select pg_sleep(600);\n${role["migrations/002_limit.sql"]}` });
    const running = project.start("plan", "--rehearse");
    const pidFile = project.path(".poststack/dev.rehearsal/postgres/postmaster.pid");
    // The file is there a moment before there is anything in it.
    const pidIn = (): number => (existsSync(pidFile) ? Number.parseInt(readFileSync(pidFile, "utf8"), 10) : 0);
    await expect.poll(pidIn, { timeout: 60_000 }).toBeGreaterThan(0);
    const pid = pidIn();
    running.kill("SIGKILL");
    await running.ended;
    write(role);
    await project.ok("plan", "--rehearse");
    expect(isThere()).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  }, 120_000);
});

describe("policy: { rehearse: true }", () => {
  test("an environment that is not there yet is rehearsed from nothing; apply does so, too, and touches nothing that fails", async () => {
    const at = await forThisTest(
      newProject({
        ".poststack.yml": config
          .replace(", default_environment: dev", "")
          .replace("  dev:\n    postgres: { port: PORT0 }\n", ""),
        ...first,
        "migrations/002_wrong.sql": "create table t (id int);\nselect 1 / 0;\n",
      }),
    );
    const planned = await at.run("plan", "strict", "--json");
    expect(planned.code).toBe(1);
    const answer = answerOf(planned) as Answer;
    expect(answer.rehearsal).toMatchObject({
      on: "temporary-server",
      from: "nothing",
      migrations: [{ id: "migration:001_users", rollback: "exact" }],
    });
    // Not even a folder.
    expect(existsSync(at.path(".poststack"))).toBe(false);

    const refused = await at.run("apply", "strict", "--yes");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("error MIGRATION_FAILED: 002_wrong: division by zero");
    expect(refused.stderr).toContain("at migrations/002_wrong.sql:2:1");
    expect(existsSync(at.path(".poststack/strict/postgres"))).toBe(false);

    at.write("migrations/002_wrong.sql", "create table t (id int);\n");
    const applied = await at.ok("apply", "strict", "--yes");
    expect(applied.stdout).toContain("rollback missing");
    expect(await at.plan("strict")).toEqual([]);

    // The way back, too, runs on a copy first, with the rows of the ledger.
    at.write("migrations/002_wrong.rollback.sql", "drop table tt;\n");
    const versions = (): Promise<readonly unknown[]> =>
      at.sql("select version from poststack.schema_migrations", { environment: "strict", port: at.ports[1] ?? 0 });
    const wrong = await at.run("db", "rollback", "strict", "--yes");
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('error MIGRATION_FAILED: 002_wrong: table "tt" does not exist');
    expect(wrong.stderr).toContain("at migrations/002_wrong.rollback.sql:1:1");
    expect(await versions()).toHaveLength(2);
    at.write("migrations/002_wrong.rollback.sql", "drop table t;\n");
    // Without its file, what the ledger recorded is what runs, on the copy as well.
    rmSync(at.path("migrations/001_users.rollback.sql"));
    const back = await at.ok("db", "rollback", "strict", "--target", "0", "--yes");
    expect(back.stdout).toContain("can be rolled back; it deletes what is in table public.t");
    expect(back.stdout).toContain("can be rolled back; it deletes what is in table public.users");
    expect(await versions()).toEqual([]);
  }, 120_000);

  test("a server that is down: everything is rehearsed from nothing, and told by itself", async () => {
    await project.ok("env", "stop", "--yes");
    try {
      const { stdout } = await project.ok("plan", "--rehearse");
      expect(stdout).toContain("migration:001_users  rollback exact");
    } finally {
      await project.ok("apply", "--yes");
    }
  }, 90_000);
});
