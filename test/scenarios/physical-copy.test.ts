import { execFileSync } from "node:child_process";
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
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backupPrograms } from "../../controller/adapters/backup-programs.ts";
import { answerOf, errorsOf, type JsonLine } from "../support/command.ts";
import { newProject, type Project } from "../support/scenario.ts";
import { programsNaming } from "../support/scenario-processes.ts";
import { misfits } from "../support/schemas.ts";

// npm's Postgres, which has no pg_dump.
const config = `project: { name: shop, default_environment: dev }
environments:
  dev:
    postgres:
      port: PORT0
      version: 17
      roles: { reporting: { login: true } }
      backup: { gate: destructive, keep: { daily: 1 } }
`;
const files = {
  "migrations/001_orders.sql": `create table orders (id int primary key, note text);
create table notes (id int);
create unlogged table seen (id int);
`,
};

let project: Project;
let copy: string;
/** Rows that were there when the copy began, and passwords as it has them. */
let before: { readonly rows: number; readonly verifier: unknown };

const state = (...names: readonly string[]): string => project.path(".poststack/dev", ...names);
const beside = (): readonly string[] => readdirSync(state()).filter((name) => name.startsWith("postgres."));
const count = async (sql: string): Promise<number> => Number(Object.values((await project.sql(sql))[0] ?? {})[0]);
const verifierNow = async (): Promise<unknown> =>
  (await project.sql("select rolpassword from pg_authid where rolname = 'postgres'"))[0]?.["rolpassword"];

// Where there is one of 17 or newer it is a dump that is taken: test/scenarios/backup.test.ts.
const hasDump = backupPrograms(17, process.env["PATH"] ?? "") !== undefined;
if (hasDump) console.warn("SKIPPED: this machine has a pg_dump for what npm's Postgres is, so nothing is copied");

describe.skipIf(hasDump)("a server without pg_dump", () => {
  beforeAll(async () => {
    project = await newProject({ ".poststack.yml": config, ...files });
    await project.ok("apply", "--yes");
    await project.sql("create database other");
    await project.sql("create table kept as select 1 as n", { database: "other" });
    await project.sql("insert into seen values (1)");
  }, 60_000);
  afterAll(() => project.dispose(), 120_000);

  /** Rows 1, 2, 3 … each in a transaction of its own, until it is told to stop. */
  async function writing(): Promise<{ readonly written: () => number; readonly stop: () => Promise<void> }> {
    const url = (await project.ok("db", "url", "--show-password")).stdout.trim();
    const client = new Client(url);
    await client.connect();
    const over = new AbortController();
    let written = 0;
    const loop = (async () => {
      while (!over.signal.aborted) {
        await client.query("insert into orders values ($1, repeat('n', 500))", [written + 1]);
        written += 1;
      }
    })();
    const stop = async (): Promise<void> => {
      over.abort();
      await loop;
      await client.end();
    };
    return { written: () => written, stop };
  }

  test("a copy is taken while rows are written, listed and verified", async () => {
    expect(await project.plan()).toEqual([]);
    const writer = await writing();
    try {
      await expect.poll(() => writer.written()).toBeGreaterThan(100);
      before = { rows: writer.written(), verifier: await verifierNow() };
      await project.ok("backup", "take", "--yes");
      expect(writer.written()).toBeGreaterThan(before.rows);
    } finally {
      await writer.stop();
    }
    const [name = "", manifest, ...others] = readdirSync(state("backups")).sort();
    expect(name).toMatch(/^shop_dev-\d{8}T\d{9}Z\.tar\.gz$/);
    expect([manifest, others]).toEqual([`${name}.json`, []]);
    copy = state("backups", name);
    expect([copy, `${copy}.json`].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(beside()).toEqual(["postgres.log"]);

    const listed = answerOf(await project.ok("backup", "list", "--json"));
    expect(misfits("answers/backup list", listed)).toEqual([]);
    expect(listed).toMatchObject({ backups: [{ file: name, format: "physical", schemaHead: "001", toolMajor: 17 }] });
    const verified = answerOf(await project.ok("backup", "verify", "--json"));
    expect(misfits("answers/backup verify", verified)).toEqual([]);
    expect(verified).toMatchObject({ backups: [{ proved: "contents" }] });
    const proved = answerOf(await project.ok("backup", "verify", "--deep", "--json"));
    expect(proved).toMatchObject({ backups: [{ proved: "restored", schemaHead: "001" }] });
    expect(beside()).toEqual(["postgres.log"]);
  }, 120_000);

  const verifier = "/usr/lib/postgresql/15/bin/pg_verifybackup";
  if (!existsSync(verifier)) console.warn("SKIPPED: no pg_verifybackup on this machine");

  test.skipIf(!existsSync(verifier))("Postgres' own program finds every file of it good", () => {
    const folder = project.path("unpacked");
    mkdirSync(folder);
    execFileSync("tar", ["-xzf", copy, "-C", folder, "--no-same-owner"]);
    const verify = (): string =>
      execFileSync(verifier, ["--no-parse-wal", folder], { encoding: "utf8", stdio: "pipe" });
    expect(verify()).toContain("successfully verified");
    writeFileSync(join(folder, "PG_VERSION"), "16\n");
    expect(verify).toThrow(/PG_VERSION/);
  });

  test("a byte that was changed and a file that was cut are told, and not restored", async () => {
    const bytes = readFileSync(copy);
    const broken = { backups: [{ proved: "nothing", error: { code: "BACKUP_BROKEN" } }] };
    try {
      const changed = Buffer.from(bytes);
      const middle = Math.floor(bytes.length / 2);
      changed[middle] = (changed[middle] ?? 0) ^ 1;
      writeFileSync(copy, changed);
      const verified = await project.run("backup", "verify", "dev", copy, "--json");
      expect([verified.code, answerOf(verified)]).toMatchObject([1, broken]);
      const restored = await project.run("db", "restore", "dev", copy, "--yes", "--json");
      expect(errorsOf(restored)).toMatchObject([{ code: "BACKUP_BROKEN" }]);
      truncateSync(copy, bytes.length - 1000);
      expect(answerOf(await project.run("backup", "verify", "dev", copy, "--json"))).toMatchObject(broken);
      expect(answerOf(await project.ok("backup", "list", "--json"))).toMatchObject({ backups: [] });
    } finally {
      writeFileSync(copy, bytes);
    }
  }, 120_000);

  test("a restore brings the whole server back, as it was and with the password of today", async () => {
    await project.sql("delete from orders; create role stranger");
    await project.sql("drop table kept", { database: "other" });
    const fence = await count("select value from poststack.system_info where key = 'fence'");
    const [planned] = await project.plan("--restore", copy);
    expect(planned).toContain("takes the place of the whole server: every database and every role");
    expect((await project.run("db", "restore", "dev", copy, "--yes", "--json")).text).toContain(
      "databases shop_dev, other, postgres",
    );

    // Every transaction that was committed before it began; of those beside it a first part, in their order.
    expect(await count("select count(*) from orders")).toBeGreaterThanOrEqual(before.rows);
    expect(await count("select max(id) - count(*) from orders")).toBe(0);
    expect(await count("set enable_seqscan = off; select count(*) from orders where id > 0")).toBe(
      await count("set enable_indexscan = off; set enable_bitmapscan = off; select count(*) from orders where id > 0"),
    );
    expect(await count("select count(*) from seen")).toBe(0);
    expect(await project.sql("select n from kept", { database: "other" })).toEqual([{ n: 1 }]);
    expect(await count("select count(*) from pg_roles where rolname = 'stranger'")).toBe(0);
    // A writer who slept since before the restore is no newer than what is there now.
    expect(await count("select value from poststack.system_info where key = 'fence'")).toBeGreaterThan(fence);
    // Logged in with what the state has; what the copy had is another.
    expect(await verifierNow()).not.toBe(before.verifier);
    // The log goes on under another number: an archive would take two logs for one.
    expect(await count("select timeline_id from pg_control_checkpoint()")).toBe(2);
    expect(await project.plan()).toEqual([]);
    // What was there is kept, whole.
    const [replaced = "", ...others] = beside().filter((name) => name !== "postgres.log");
    expect([replaced, others]).toEqual([expect.stringMatching(/^postgres\.before_\d{8}T\d{9}Z$/), []]);
    expect(existsSync(state(replaced, "global/pg_control"))).toBe(true);
  }, 120_000);

  const isProgress = ({ type, line }: JsonLine, text: string): boolean =>
    type === "progress" && typeof line === "string" && line.includes(text);

  // A killed command may be a moment ahead of what is heard of it.
  test.each<[string, (line: JsonLine) => boolean, readonly ("old" | "new")[]]>([
    ["before the server stops", (line) => isProgress(line, "stopping the server"), ["old", "new"]],
    ["when the server has stopped", (line) => isProgress(line, "takes the place"), ["old", "new"]],
    ["when the data is exchanged", (line) => isProgress(line, "starting the server"), ["new"]],
  ])(
    "poststack is killed %s: the next apply finds the one or the other",
    async (_moment, isMoment, ends) => {
      await project.sql("drop table if exists mark; create table mark ()");
      const restoring = project.start("db", "restore", "dev", copy, "--yes", "--json");
      restoring.onLine((line) => {
        if (isMoment(line)) restoring.kill("SIGKILL");
      });
      expect((await restoring.ended).signal).toBe("SIGKILL");
      await project.ok("apply", "--yes");
      expect(await project.plan()).toEqual([]);
      const end = (await count("select count(to_regclass('mark'))")) === 1 ? "old" : "new";
      expect(ends).toContain(end);
      expect(await count("select max(id) - count(*) from orders")).toBe(0);
      expect(beside().filter((name) => !/^postgres\.(?:log|before_\w+)$/.test(name))).toEqual([]);
      expect(programsNaming(state("postgres.new"))).toEqual([]);
    },
    120_000,
  );

  test("with the leave to delete data, what was there goes, and the gate has kept it in a copy", async () => {
    await project.sql("drop table if exists mark; create table mark ()");
    const kept = beside();
    const timeline = await count("select timeline_id from pg_control_checkpoint()");
    const copies = readdirSync(state("backups")).length;
    await project.ok("db", "restore", "dev", copy, "--delete-data", "--confirm", "dev");
    expect(beside()).toEqual(kept);
    expect(readdirSync(state("backups"))).toHaveLength(copies + 2);
    expect(await count("select count(to_regclass('mark'))")).toBe(0);
    // None that the server has had before.
    expect(await count("select timeline_id from pg_control_checkpoint()")).toBeGreaterThan(timeline);
  }, 120_000);

  test("the gate says how it takes one, and refuses what cannot be copied", async () => {
    project.write("migrations/002_drop.sql", "drop table notes;\n");
    expect((await project.plan())[0]).toBe(
      "take backup:shop_dev  before apply migration:002_drop; a copy of the whole server, since there is no pg_dump 17",
    );
    await project.sql("alter database shop_dev set allow_in_place_tablespaces = on");
    await project.sql("create tablespace apart location ''");
    const refused = await project.run("apply", "--yes", "--json");
    expect(errorsOf(refused)).toMatchObject([
      { code: "BACKUP_IMPOSSIBLE", what: expect.stringContaining("tablespaces") as unknown },
    ]);
    expect(await count("select count(*) from notes")).toBe(0);
  }, 120_000);

  test("data that is gone altogether comes back by hand, with the state that was kept", async () => {
    await project.sql("drop tablespace apart");
    await project.ok("env", "stop", "dev", "--yes");
    const { uid, gid } = statSync(state("postgres"));
    rmSync(state("postgres"), { recursive: true });
    expect(errorsOf(await project.run("apply", "--yes", "--json"))).toMatchObject([{ code: "DATABASE_REPLACED" }]);
    mkdirSync(state("postgres"), { mode: 0o700 });
    execFileSync("tar", ["-xzf", copy, "-C", state("postgres"), "--no-same-owner"]);
    execFileSync("chown", ["-R", `${uid}:${gid}`, state("postgres")]);
    rmSync(project.path("migrations/002_drop.sql"));
    await project.ok("apply", "--yes");
    expect(await count("select count(*) from orders")).toBeGreaterThanOrEqual(before.rows);
    expect(await project.plan()).toEqual([]);
  }, 120_000);

  test("a destroy with the leave to delete data leaves nothing of the server", async () => {
    await project.ok("destroy", "--delete-data", "--confirm", "dev");
    expect(readdirSync(state()).filter((name) => name.startsWith("postgres"))).toEqual([]);
  }, 60_000);
});
