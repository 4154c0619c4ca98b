import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerOf, errorsOf, type JsonLine } from "../support/command.ts";
import { corpusFiles } from "../support/corpus-migrations.ts";
import { hasCorpus } from "../support/corpus.ts";
import { newProject, type Project } from "../support/scenario.ts";
import { misfits } from "../support/schemas.ts";

// The machine's own Postgres: npm's has no pg_dump.
const version = 15;
const config = `project: { name: shop, default_environment: dev }
environments:
  dev:
    postgres:
      port: PORT0
      version: ${version}
      roles: { reporting: { login: true } }
      grants: [{ to: reporting, on: { schema: public, tables: [orders] }, privileges: [select] }]
      backup: { gate: destructive, keep: { daily: 1 } }
`;
const files = {
  "migrations/001_orders.sql": `create table orders (id int generated always as identity primary key, note text);
insert into orders (note) select repeat('n', 20) || n from generate_series(1, 5000) n;
create function total() returns bigint language sql as 'select count(*) from orders';
comment on function total() is '${"how many there are ".repeat(4)}';
select lo_from_bytea(4711, 'large');
`,
  "migrations/002_notes.sql": "create table notes (id int);\n",
  "migrations/002_notes.rollback.sql": "drop table notes;\n",
};
const hasTools = existsSync(`/usr/lib/postgresql/${version}/bin/pg_dump`);

let project: Project;
const directory = (): string => project.path(".poststack/dev/backups");
const filesThere = (): readonly string[] => (existsSync(directory()) ? readdirSync(directory()).sort() : []);
const dumps = (): readonly string[] => filesThere().filter((name) => name.endsWith(".dump"));
/** The first: what each test comes back to. */
const taken = (): string => dumps()[0] ?? "";
const databases = async (): Promise<readonly unknown[]> =>
  (
    await project.sql("select datname from pg_database where datname ~ '^shop' order by 1", { database: "postgres" })
  ).map(({ datname }) => datname);
const siblings = async (): Promise<readonly string[]> =>
  (await databases()).map(String).filter((name) => name.includes(".restore_"));
const count = async (sql: string): Promise<number> => Number(Object.values((await project.sql(sql))[0] ?? {})[0]);

const locks =
  "select count(*) from pg_locks where relation = 'notes'::regclass and mode = 'AccessExclusiveLock' and granted";

describe.skipIf(!hasTools)("backups", () => {
  beforeAll(async () => {
    project = await newProject({ ".poststack.yml": config, ...files });
    await project.ok("apply", "--yes");
  }, 60_000);
  afterAll(() => project.dispose(), 60_000);

  test("one is taken, listed, verified and restored: data, large objects, privileges, ledger", async () => {
    await project.sql("create table audit (id int); alter table audit owner to reporting");
    // As `db baseline 0` leaves it.
    await project.sql("insert into poststack.system_info values ('baseline', '0')");
    await project.ok("backup", "take", "--yes");
    const [name = "", manifest, ...others] = filesThere();
    expect(name).toMatch(/^shop_dev-\d{8}T\d{9}Z\.dump$/);
    expect([manifest, others]).toEqual([`${name}.json`, []]);
    expect([name, `${name}.json`].map((file) => statSync(join(directory(), file)).mode & 0o777)).toEqual([
      0o600, 0o600,
    ]);
    expect(statSync(directory()).mode & 0o777).toBe(0o700);

    const listed = answerOf(await project.ok("backup", "list", "--json"));
    expect(misfits("answers/backup list", listed)).toEqual([]);
    expect(listed).toMatchObject({
      backups: [{ file: name, schemaHead: "002", because: "asked for", owner: "shop_dev" }],
    });
    const verified = answerOf(await project.ok("backup", "verify", "--json"));
    expect(misfits("answers/backup verify", verified)).toEqual([]);
    expect(verified).toMatchObject({ backups: [{ proved: "contents" }] });
    const proved = answerOf(await project.ok("backup", "verify", "--deep", "--json"));
    expect(proved).toMatchObject({ backups: [{ proved: "restored", schemaHead: "002" }] });
    expect(await databases()).toEqual(["shop_dev"]);

    await project.sql(
      "alter database shop_dev set search_path = public, pg_catalog; delete from orders; drop function total()",
    );
    await project.ok("db", "restore", "dev", name, "--yes");
    expect(await count("select count(*) from orders")).toBe(5000);
    expect(await count("select total()")).toBe(5000);
    expect(await count("select length(lo_get(4711))")).toBe(5);
    expect(await count("select has_table_privilege('reporting', 'orders', 'select')::int")).toBe(1);
    expect((await project.sql("show search_path"))[0]).toEqual({ search_path: "public, pg_catalog" });
    // What another role owned is the owner's.
    expect(await project.sql("select tableowner from pg_tables where tablename = 'audit'")).toEqual([
      { tableowner: "shop_dev" },
    ]);
    expect(await count("select count(*) from poststack.schema_migrations")).toBe(2);
    // Whatever runs here from now on ran later.
    expect(await count("select count(*) from poststack.schema_migrations where fence > 0")).toBe(0);
    expect(await count("select count(*) from poststack.system_info where key = 'baseline'")).toBe(1);
    expect(
      (await project.sql("select nspowner::regrole::text as owner from pg_namespace where nspname = 'poststack'"))[0],
    ).toEqual({
      owner: "postgres",
    });
    expect(await project.plan()).toEqual([]);
    const [before] = (await databases()).slice(1);
    expect(before).toMatch(/^shop_dev\.before_\d{8}T\d{9}Z$/);
    expect(await project.sql("select count(*)::int as n from orders", { database: String(before) })).toEqual([
      { n: 0 },
    ]);

    // Again, from the same file, and without a trace of what was there.
    await project.sql("delete from orders");
    await project.ok("backup", "restore", "dev", name, "--delete-data", "--confirm", "dev");
    expect(await count("select count(*) from orders")).toBe(5000);
    expect(await databases()).toEqual(["shop_dev", before]);
    await project.sql(`drop database "${String(before)}"`, { database: "postgres" });
  }, 120_000);

  test("a saved plan restores exactly that file, and none that has changed since", async () => {
    const name = taken();
    expect((await project.run("plan", "--restore", name, "--to", "stopped")).text).toContain("USAGE");
    await project.ok("plan", "--restore", name, "--out", "restore.plan");
    await project.sql("delete from orders");
    await project.ok("apply", "restore.plan");
    expect(await count("select count(*) from orders")).toBe(5000);
    const path = join(directory(), name);
    const bytes = readFileSync(path);
    await project.ok("plan", "--restore", name, "--out", "restore.plan");
    writeFileSync(path, flipped(bytes));
    try {
      const ended = await project.run("apply", "restore.plan", "--json");
      expect(errorsOf(ended)).toMatchObject([{ code: "BACKUP_BROKEN" }]);
    } finally {
      writeFileSync(path, bytes);
    }
  }, 60_000);

  test("a file that was cut or has one bit changed is told, and is not restored", async () => {
    const path = join(directory(), taken());
    const bytes = readFileSync(path);
    try {
      writeFileSync(path, flipped(bytes));
      const verified = await project.run("backup", "verify", "dev", taken(), "--json");
      expect(verified.code).toBe(1);
      expect(answerOf(verified)).toMatchObject({ backups: [{ proved: "nothing", error: { code: "BACKUP_BROKEN" } }] });
      truncateSync(path, bytes.length - 100);
      expect(answerOf(await project.ok("backup", "list", "--json"))).toMatchObject({
        backups: [{ because: expect.stringMatching(/^before restore/) as unknown }],
      });
      const restored = await project.run("db", "restore", "dev", taken(), "--yes", "--json");
      expect(errorsOf(restored)).toMatchObject([{ code: "BACKUP_BROKEN" }]);
      // Without its manifest nobody can tell, and pg_restore meets the end: nothing of it stays.
      const alone = project.path("cut.dump");
      writeFileSync(alone, bytes.subarray(0, bytes.length - 2_000));
      const cut = await project.run("db", "restore", "dev", alone, "--yes", "--json");
      expect(errorsOf(cut)).toMatchObject([{ code: "BACKUP_FAILED" }]);
      expect(await siblings()).toEqual([]);
      expect(await count("select count(*) from orders")).toBe(5000);
    } finally {
      writeFileSync(path, bytes);
    }
  }, 60_000);

  test.each([
    [
      "makes a superuser",
      "create role evil superuser login;",
      /must be superuser to create|permission denied to create role/,
    ],
    [
      "runs a program of the server",
      "copy (select 1) to program 'touch ROOT/ran';",
      /must be superuser or have privileges|permission denied to COPY to/,
    ],
    ["takes the superuser's place", "set session authorization postgres;", /permission denied to set session/],
  ])(
    "a dump that %s fails, and tells",
    async (_what, statement, message) => {
      const path = project.path("hostile.dump");
      writeFileSync(
        path,
        withStatement(readFileSync(join(directory(), taken())), statement.replace("ROOT", project.root)),
      );
      const ended = await project.run("db", "restore", "dev", path, "--yes", "--json");
      expect(errorsOf(ended)).toMatchObject([
        { code: "BACKUP_FAILED", what: expect.stringMatching(message) as unknown },
      ]);
      expect(await count("select count(*) from pg_roles where rolname = 'evil'")).toBe(0);
      expect(existsSync(project.path("ran"))).toBe(false);
      expect(await siblings()).toEqual([]);
    },
    60_000,
  );

  test("two at once are two backups; what a kill left of one is gone with the next", async () => {
    const before = dumps().length;
    writeFileSync(join(directory(), "shop_dev-20200101T000000000Z.dump.partial"), "half");
    writeFileSync(join(directory(), "other-20200101T000000000Z.dump.partial"), "somebody else's");
    await Promise.all([
      project.ok("backup", "take", "--yes"),
      project.ok("db", "backup", "--output", "mine.dump", "--yes"),
    ]);
    expect(dumps()).toHaveLength(before + 1);
    expect(existsSync(project.path("mine.dump.json"))).toBe(true);
    expect(filesThere().filter((name) => name.endsWith(".partial"))).toEqual([
      "other-20200101T000000000Z.dump.partial",
    ]);
    rmSync(join(directory(), "other-20200101T000000000Z.dump.partial"));
  }, 60_000);

  test("pg_dump is killed: there is no backup, and the next one is one", async () => {
    const before = filesThere();
    // It waits for the table, so that there is time to meet it.
    const holding = project
      .sql("begin; lock table notes in access exclusive mode; select pg_sleep(60)")
      .catch(() => undefined);
    await expect.poll(() => count(locks), { timeout: 10_000, interval: 20 }).toBe(1);
    const taking = project.start("backup", "take", "--yes", "--json");
    await expect.poll(() => pidsOf("pg_dump", project), { timeout: 10_000, interval: 20 }).not.toEqual([]);
    for (const pid of pidsOf("pg_dump", project)) process.kill(pid, "SIGKILL");
    const ended = await taking.ended;
    await project.sql("select pg_terminate_backend(pid) from pg_locks where relation = 'notes'::regclass");
    await holding;
    expect(errorsOf(ended)).toMatchObject([{ code: "BACKUP_FAILED" }]);
    expect(filesThere()).toEqual(before);
    await project.ok("backup", "take", "--yes");
    expect(filesThere().length).toBe(before.length + 2);
  }, 60_000);

  test.each<[string, (line: JsonLine) => boolean, number]>([
    ["into a database that is half there", (line) => isProgress(line, "restoring"), 5001],
    ["when all is there but the name", (line) => isProgress(line, " is replaced"), 5001],
    ["when it is done", ({ type, id }) => type === "end" && id?.endsWith(".dump") === true, 5000],
  ])(
    "poststack is killed while it restores, %s: the database is the one or the other, and the next look cleans up",
    async (_moment, isMoment, rows) => {
      await project.ok("db", "restore", "dev", taken(), "--yes");
      await project.sql("insert into orders (note) values ('new')");
      const restoring = project.start("db", "restore", "dev", taken(), "--yes", "--json");
      restoring.onLine((line) => {
        if (isMoment(line)) restoring.kill("SIGKILL");
      });
      expect((await restoring.ended).signal).toBe("SIGKILL");
      // What was sent may still be done.
      const [left] = await siblings();
      const plan = await project.plan();
      expect(plan).toEqual(
        left === undefined
          ? []
          : [`prune backup:${left}  left by a restore that was interrupted before it took the database's place`],
      );
      if (rows === 5001) expect(left).toBeDefined();
      await project.ok("apply", "--yes");
      expect(await project.plan()).toEqual([]);
      expect(await siblings()).toEqual([]);
      expect([rows, 5000]).toContain(await count("select count(*) from orders"));
    },
    60_000,
  );

  test("a replaced database that could not be dropped is told of, kept, and dropped with the next leave", async () => {
    const discarded = async (): Promise<readonly string[]> =>
      (await databases()).map(String).filter((name) => name.includes(".deleted_"));
    // A template cannot be dropped (manual: 23.3).
    await project.sql("alter database shop_dev is_template true", { database: "postgres" });
    const restored = await project.ok("db", "restore", "dev", taken(), "--delete-data", "--confirm", "dev");
    const [left = "none", ...others] = await discarded();
    // Told as failed it would be run again, and replace what has been written since.
    expect(restored.text).toContain(
      `restored; what was there before is left as database ${left}, which could not be deleted (`,
    );
    expect([left, others]).toEqual([expect.stringMatching(/^shop_dev\.deleted_[0-9a-f]{8}$/), []]);
    await project.sql(`alter database "${left}" is_template false`, { database: "postgres" });
    expect(await project.plan()).toEqual([]);
    const doctor = (await project.run("doctor")).text;
    expect(doctor).toContain(`${left}: replaced by a restore`);
    expect(doctor).toContain(`drop database "${left}" with (force)`);
    expect((await project.run("backup", "prune", "--yes")).code).toBe(0);
    expect(await discarded()).toEqual([left]);
    await project.ok("backup", "prune", "--delete-data", "--confirm", "dev");
    expect(await discarded()).toEqual([]);
  }, 60_000);

  test("a database that was made for a restore and not marked any more is dropped; one that is called so is not", async () => {
    const [made, other] = ["shop_dev.restore_0badcafe", "shop_dev.restore_00c0ffee"];
    for (const [name, words] of [
      [made, "connection limit 18"],
      [other, ""],
    ] as const) {
      await project.sql(`create database "${name}" ${words}`, { database: "postgres" });
    }
    expect((await project.plan()).map((line) => line.split("  ")[0])).toEqual([`prune backup:${made}`]);
    await project.ok("apply", "--yes");
    expect(await siblings()).toEqual([other]);
    await project.sql(`drop database "${other}"`, { database: "postgres" });
  }, 60_000);

  test("the gate: what drops data waits for a backup, and a reset takes one, too", async () => {
    project.write("migrations/003_drop.sql", "drop table notes;\n");
    const [taking, dropping] = await project.plan();
    expect(taking).toBe(`take backup:shop_dev  before apply migration:003_drop; with pg_dump ${version}`);
    expect(dropping).toMatch(/^apply migration:003_drop/);
    const before = dumps().length;
    await project.ok("apply", "--yes");
    expect(dumps()).toHaveLength(before + 1);
    expect(answerOf(await project.ok("backup", "list", "--json"))).toMatchObject({
      backups: expect.arrayContaining([
        expect.objectContaining({ because: "before apply migration:003_drop", schemaHead: "002" }),
      ]) as unknown,
    });
    await project.ok("db", "reset", "--delete-data", "--confirm", "dev");
    expect(dumps()).toHaveLength(before + 2);
    expect(await project.plan()).toEqual([]);
    expect((await project.run("backup", "prune", "--yes")).code).toBe(0);
    expect(dumps()).toHaveLength(before + 2);
    await project.ok("backup", "prune", "--delete-data", "--confirm", "dev");
    expect(dumps()).toHaveLength(1);
  }, 120_000);

  test("a full disk: DISK_FULL, and nothing half made", async ({ skip }) => {
    const disk = project.path("disk");
    mkdirSync(disk);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=8k", "tmpfs", disk]).status !== 0) {
      console.warn("NO TMPFS CAN BE MOUNTED HERE: a full disk is not tested");
      skip("no tmpfs");
    }
    try {
      const ended = await project.run("db", "backup", "--output", "disk/a.dump", "--yes", "--json");
      expect(errorsOf(ended)).toMatchObject([{ code: "DISK_FULL" }]);
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      spawnSync("umount", ["-l", disk]);
    }
  }, 60_000);

  test.skipIf(!hasCorpus)(
    "crates-io: a schema of a hundred tables comes back as it was",
    async () => {
      const other = await newProject({
        ".poststack.yml": `project: { name: crates }\nenvironments:\n  dev:\n    postgres: { port: PORT0, version: ${version} }\n`,
        ...corpusFiles("crates-io", ({ version: name }) => name, "migrations/"),
      });
      try {
        await other.ok("apply", "--yes");
        const schema = (await other.ok("db", "dump")).stdout;
        await other.ok("db", "backup", "--output", "crates.dump", "--yes");
        await other.ok("db", "restore", "dev", "crates.dump", "--delete-data", "--confirm", "dev");
        expect((await other.ok("db", "dump")).stdout).toBe(schema);
        expect(await other.plan()).toEqual([]);
      } finally {
        await other.dispose();
      }
    },
    120_000,
  );
});

const isProgress = ({ type, line }: JsonLine, text: string): boolean =>
  type === "progress" && typeof line === "string" && line.includes(text);

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const at = Math.floor(bytes.length / 2);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

/** In the place of the comment on the function: texts of an archive stand in it as they are, behind their length. */
function withStatement(dump: Buffer, statement: string): Buffer {
  const comment = dump.indexOf("COMMENT ON FUNCTION public.total() IS ");
  if (comment < 0) throw new Error("the dump has no such comment");
  const end = dump.indexOf(";\n", comment) + 2;
  const text = `${statement}--`.padEnd(end - comment, " ");
  if (text.length !== end - comment) throw new Error("the statement is too long");
  return Buffer.concat([dump.subarray(0, comment), Buffer.from(text), dump.subarray(end)]);
}

/** Programs of this name that this project's commands have started. */
function pidsOf(program: string, { root }: Project): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return command.includes(`/${program}\0`) && command.includes(root) ? [Number(pid)] : [];
      } catch {
        return [];
      }
    });
}
