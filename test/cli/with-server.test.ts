import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cliProject, type CliProject } from "../support/cli.ts";
import { freePort, machineProgram } from "../support/cluster.ts";
import { misfits } from "../support/schemas.ts";

// One project made by `init`, one server. The tests go through its life in order.
let project: CliProject;
const path = (...parts: readonly string[]): string => join(project.root, ...parts);
const logFolder = (...parts: readonly string[]): string => path(".poststack/dev/logs", ...parts);

beforeAll(async () => {
  project = cliProject();
  const made = await project.poststack(["init", "life"]);
  if (made.code !== 0) throw new Error(made.stderr);
  // Other tests of this machine look for free ports, too: these are ours alone.
  const [server, web] = [await freePort(), await freePort()];
  const written = readFileSync(path(".poststack.yml"), "utf8");
  project.write(
    ".poststack.yml",
    `${written
      .replace(/port: \d+/, `port: ${server}`)
      .replace(/PORT: "\d+"/, `PORT: "${web}"`)
      .trimEnd()}
    init:
      - { run: [node, -e, "console.log('seeded ' + process.env.ROWS)"], name: seed, environment: { ROWS: "3" } }
`,
  );
});

afterAll(async () => {
  const gone = await project.poststack(["destroy", "dev", "--delete-data", "--confirm", "dev", "--yes"]);
  project.dispose();
  if (gone.code !== 0) throw new Error(gone.stderr);
});

describe("what init writes", () => {
  test("applies as it is", async () => {
    const { code, stdout, stderr } = await project.poststack(["apply", "--yes"]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(stdout)?.[0] ?? "";
    expect(await (await fetch(address)).text()).toBe("It works");
  });

  test("and then there is nothing to do", async () => {
    const { code, stdout } = await project.poststack(["plan", "--detailed-exitcode"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "Nothing to do.\n" });
  });
});

describe("an environment that was taken out of the file while it runs", () => {
  let written: string;
  beforeAll(() => {
    written = readFileSync(path(".poststack.yml"), "utf8");
    project.write(".poststack.yml", written.replace("\n  dev:", "\n  later:"));
  });
  afterAll(() => project.write(".poststack.yml", written));

  test.each(["env list", "status", "doctor"])("%s tells what runs of it, and the way out", async (command) => {
    const { stdout, stderr } = await project.poststack(command.split(" "));
    expect(stdout + stderr).toMatch(/dev.* not in \.poststack\.yml any more: Postgres runs, 1 process runs/);
    expect(stdout + stderr).toContain("next: put dev back into the file, then: poststack destroy dev");
  });

  test.each(["env list", "status"])("%s as JSON is as documented", async (command) => {
    const { json } = await project.poststack([...command.split(" "), "--json"]);
    expect(misfits(command === "status" ? "status" : `answers/${command}`, json)).toEqual([]);
    expect(json).toMatchObject({ forgotten: [{ name: "dev", serverRunning: true, processesRunning: 1 }] });
  });

  test("it is no news where it is in the file", async () => {
    project.write(".poststack.yml", written);
    const { json } = await project.poststack(["env", "list", "--json"]);
    expect(json).toMatchObject({ forgotten: [] });
  });
});

describe("status", () => {
  test("tells server, database, processes, jobs and drift", async () => {
    const { stdout, code } = await project.poststack(["status"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^dev of life\n/);
    expect(stdout).toMatch(/Postgres +up +PostgreSQL [\d.]+, embedded at 127\.0\.0\.1:\d+, since /);
    expect(stdout).toMatch(/Database +life_dev +1 applied, head 001, 0 pending/);
    expect(stdout).toMatch(/Processes +✔ web +pid \d+ for .*, ready/);
    expect(stdout).toMatch(/Jobs +✔ seed +succeeded \d+ \w+ ago in /);
    expect(stdout).toContain("No drift");
  });

  test("as JSON it is as documented", async () => {
    const { json } = await project.poststack(["env", "status", "--json"]);
    expect(misfits("status", json)).toEqual([]);
    expect(json).toMatchObject({
      environments: [
        {
          server: { state: "up" },
          migrations: { known: true, head: "001", applied: 1, pending: 0 },
          processes: [{ name: "web", state: "running", ready: true }],
          jobs: [{ name: "seed", state: "succeeded", exitCode: 0 }],
          drift: { settled: true },
        },
      ],
    });
  });

  test("a process that was killed is drift, and still an answer", async () => {
    const { json } = await project.poststack(["status", "--json"]);
    const [{ processes }] = (json as { environments: [{ processes: { pid: number }[] }] }).environments;
    process.kill(processes[0]?.pid ?? 0, "SIGKILL");
    await waitFor(async () => {
      const { stdout, code } = await project.poststack(["status"]);
      expect(code).toBe(0);
      return /✘ web +exited/.test(stdout) && /start process:web {2}exited/.test(stdout);
    });
    expect((await project.poststack(["apply", "--yes"])).code).toBe(0);
  });

  test("a port that the files changed is drift; the server still listens on the old one", async () => {
    const before = readFileSync(path(".poststack.yml"), "utf8");
    const [, port = ""] = /port: (\d+)/.exec(before) ?? [];
    project.write(".poststack.yml", before.replace(`port: ${port}`, `port: ${await freePort()}`));
    onTestFinished(() => writeFileSync(path(".poststack.yml"), before));
    const { json } = await project.poststack(["status", "--json"]);
    expect(json).toMatchObject({
      environments: [{ server: { address: `127.0.0.1:${port}` }, drift: { settled: false } }],
    });
  });

  test("several environments in short", async () => {
    const before = readFileSync(path(".poststack.yml"), "utf8");
    project.write(".poststack.yml", `${before}  spare:\n    postgres: { port: ${await freePort()} }\n`);
    onTestFinished(() => writeFileSync(path(".poststack.yml"), before));
    const { stdout, code } = await project.poststack(["status"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^dev +up 127.+ +1 of 1 running +1 applied, head 001, 0 pending +none$/m);
    expect(stdout).toMatch(/^spare +not made yet 127.+ +none +none applied, 1 pending +\d+ lines$/m);
    const { json } = await project.poststack(["status", "--json"]);
    expect(misfits("status", json)).toEqual([]);
  });
});

describe("plan --format markdown", () => {
  test("folds the list and leaves hazards open", async () => {
    const { stdout } = await project.poststack(["plan", "--to", "stopped", "--format", "markdown"]);
    expect(stdout).toMatch(/^### Plan for `dev` of `life`\n/);
    expect(stdout).toMatch(/⚠️ \*\*Hazards\*\*\n\n- `-` stop `(?:process:web|instance:postgres)`/);
    expect(stdout).toMatch(/<details><summary>All 2 lines<\/summary>\n\n- /);
  });

  test("as JSON a plan is as documented", async () => {
    const { json } = await project.poststack(["plan", "--to", "stopped", "--json"]);
    expect(misfits("plan", json)).toEqual([]);
  });
});

describe("db", () => {
  const events = (stdout: string): unknown[] =>
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);

  test("migrate goes as far as it is told, in documented events", async () => {
    for (const name of ["two", "three"]) expect((await project.poststack(["db", "new", name])).code).toBe(0);
    appendFileSync(path("migrations/002_two.sql"), "create table two (id int);\n");
    appendFileSync(path("migrations/002_two.rollback.sql"), "drop table two;\n");
    appendFileSync(path("migrations/003_three.sql"), "create table three (id int);\n");
    appendFileSync(path("migrations/003_three.rollback.sql"), "drop table three;\n");
    const { code, stdout } = await project.poststack(["db", "migrate", "dev", "--target", "002", "--yes", "--json"]);
    expect(code).toBe(0);
    for (const event of events(stdout)) expect(misfits("event", event)).toEqual([]);
    expect(events(stdout).at(-1)).toMatchObject({ type: "outcome", status: "converged", done: 1 });
  });

  test("status lists every migration, when it was applied and how long it took", async () => {
    const { json, stdout } = await project.poststack(["db", "status", "--json"]);
    expect(misfits("answers/db status", json)).toEqual([]);
    expect(json).toMatchObject({
      migrations: [
        { version: "001", state: "applied" },
        { version: "002", state: "applied" },
        { version: "003", state: "pending" },
      ],
    });
    expect(stdout).toMatch(/"appliedAt": "20\d\d-/);
    const text = await project.poststack(["database", "status"]);
    expect(text.stdout).toMatch(/002_two +applied +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC +\d+ ms/);
    expect(text.stderr).toContain("dev: 2 applied, 1 pending.");
  });

  test("a target that is reached is nothing to do", async () => {
    const { stdout } = await project.poststack(["db", "migrate", "--target-version", "2", "--yes"]);
    expect(stdout).toContain("Nothing to do: every migration up to 2 is applied.");
  });

  test("two targets are refused", async () => {
    const { code, stderr } = await project.poststack(["db", "migrate", "--target", "1", "--target-version", "2"]);
    expect(code).toBe(1);
    expect(stderr).toContain("error USAGE");
  });

  test("without --yes and without a terminal nothing is changed", async () => {
    const { code, stderr } = await project.poststack(["db", "migrate"]);
    expect(code).toBe(5);
    expect(stderr).toContain("error CONFIRMATION");
  });

  test("rollback goes one back by default, and to a version when told", async () => {
    expect((await project.poststack(["db", "migrate", "--yes"])).code).toBe(0);
    const one = await project.poststack(["db", "rollback", "--yes"]);
    expect(one.stdout).toContain("rollback  lies after the target");
    expect(await states()).toEqual(["applied", "applied", "pending"]);
    expect((await project.poststack(["db", "rollback", "dev", "--target", "0", "--yes"])).code).toBe(0);
    expect(await states()).toEqual(["pending", "pending", "pending"]);
    expect((await project.poststack(["db", "migrate", "--yes"])).code).toBe(0);
  });

  test("verify and repair: an edited file is shown as a diff and taken over", async () => {
    expect((await project.poststack(["db", "verify"])).code).toBe(0);
    appendFileSync(path("migrations/002_two.sql"), "-- a remark\n");
    const verified = await project.poststack(["db", "verify", "--json"]);
    expect(verified.code).toBe(1);
    expect(misfits("answers/db verify", verified.json)).toEqual([]);
    expect(verified.json).toMatchObject({ agrees: false });
    expect((await project.poststack(["db", "verify"])).stderr).toContain("error MIGRATION_EDITED");

    const shown = await project.poststack(["db", "repair"]);
    expect(shown.code).toBe(5);
    expect(shown.stdout).toMatch(/^--- migrations\/002_two\.sql as applied$/m);
    expect(shown.stdout).toMatch(/^\+-- a remark$/m);

    const repaired = await project.poststack(["db", "repair", "--yes", "--json"]);
    expect(repaired.code).toBe(0);
    expect(events(repaired.stdout)[0]).toMatchObject({ type: "edit", id: "migration:002_two" });
    for (const event of events(repaired.stdout)) expect(misfits("event", event)).toEqual([]);
    expect((await project.poststack(["db", "verify"])).code).toBe(0);
  });

  test("another way back than was recorded is told by verify, and is no trouble", async () => {
    const file = "migrations/003_three.rollback.sql";
    const text = readFileSync(path(file), "utf8");
    appendFileSync(path(file), "-- a remark\n");
    const edited = await project.poststack(["db", "verify", "--json"]);
    expect(misfits("answers/db verify", edited.json)).toEqual([]);
    expect(edited.json).toMatchObject({ agrees: true, rollbacks: [{ name: "003_three", state: "edited", file }] });
    expect((await project.poststack(["db", "verify"])).stdout).toContain(`${file} has changed since it was recorded`);
    const { rmSync } = await import("node:fs");
    rmSync(path(file));
    const gone = await project.poststack(["db", "verify"]);
    expect([gone.code, gone.stdout]).toEqual([0, expect.stringContaining("the rollback file of 003_three is gone")]);
    project.write(file, text);
    expect((await project.poststack(["db", "verify", "--json"])).json).toMatchObject({ rollbacks: [] });
  });

  test("a file that is gone is missing", async () => {
    const text = readFileSync(path("migrations/003_three.sql"), "utf8");
    const { rmSync } = await import("node:fs");
    rmSync(path("migrations/003_three.sql"));
    rmSync(path("migrations/003_three.rollback.sql"));
    expect(await states()).toEqual(["applied", "applied", "missing"]);
    expect((await project.poststack(["db", "verify"])).code).toBe(1);
    project.write("migrations/003_three.sql", text);
    project.write("migrations/003_three.rollback.sql", "drop table three;\n");
  });

  test("url shows the password only when asked to, and then it is the one that works", async () => {
    const plain = await project.poststack(["db", "url"]);
    expect(plain.stdout).toMatch(/^postgresql:\/\/life_dev@127\.0\.0\.1:\d+\/life_dev\n$/);
    const full = await project.poststack(["db", "url", "--show-password", "--json"]);
    expect(misfits("answers/db url", full.json)).toEqual([]);
    const { url } = full.json as { url: string };
    const { Client } = (await import("pg")).default;
    const client = new Client(url);
    await client.connect();
    onTestFinished(() => client.end());
    expect((await client.query("select current_user as u")).rows).toEqual([{ u: "life_dev" }]);
    expect((await project.poststack(["db", "url", "--admin"])).stdout).toMatch(/^postgresql:\/\/postgres@/);
  });

  test("test-connection logs in as owner and as admin", async () => {
    const { code, json } = await project.poststack(["db", "test-connection", "--json"]);
    expect(code).toBe(0);
    expect(misfits("answers/db test-connection", json)).toEqual([]);
    expect(json).toMatchObject({
      attempts: [
        { as: "owner", user: "life_dev", tls: false },
        { as: "admin", user: "postgres" },
      ],
    });
    expect((await project.poststack(["db", "test-connection"])).stdout).toMatch(/✔ owner life_dev at .*: PostgreSQL/);
  });

  test.skipIf(machineProgram("psql") === undefined)("shell is psql, logged in, whatever PG variables say", async () => {
    const ask = "select current_user, current_database();\n";
    const environment = { PGSERVICE: "nowhere", PGHOSTADDR: "192.0.2.1", PGUSER: "nobody", PGPASSWORD: "wrong" };
    const owner = await project.poststack(["db", "shell"], { input: `\\pset format unaligned\n${ask}`, environment });
    expect(owner).toMatchObject({ code: 0, stdout: expect.stringContaining("life_dev|life_dev") as string });
    const admin = await project.poststack(["db", "shell", "--admin"], { input: `\\pset format unaligned\n${ask}` });
    expect(admin.stdout).toContain("postgres|postgres");
    expect((await project.poststack(["db", "shell"], { input: "\\set ON_ERROR_STOP on\nselect broken;\n" })).code).toBe(
      3,
    );
  });

  test.skipIf(machineProgram("psql") === undefined)("Ctrl-C belongs to psql, and does not end us", async () => {
    const input = "\\! kill -INT $(ps -o ppid= -p $PPID)\nselect 'still ' || 'here';\n";
    const { code, stdout, stderr } = await project.poststack(["db", "shell"], { input });
    expect({ code, stderr, stdout }).toMatchObject({ code: 0, stderr: "" });
    expect(stdout).toContain("still here");
  });

  test("without psql the shell says where to get it", async () => {
    const { code, stderr } = await project.poststack(["db", "shell"], { environment: { PATH: "/nonexistent" } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/error COMMAND_MISSING: psql is not on this machine.*\n.*next: install it/);
  });

  test("reset needs the leave and the name, and then everything is there anew", async () => {
    expect((await project.poststack(["db", "reset", "--yes"])).code).toBe(5);
    expect((await project.poststack(["db", "reset", "--delete-data", "--yes"])).code).toBe(5);
    expect(await rowsOf("greeting")).toBe(1);
    await query("insert into greeting (text) values ('more')");
    expect(await rowsOf("greeting")).toBe(2);
    const { code, stdout } = await project.poststack(["db", "reset", "--delete-data", "--confirm", "dev"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/drop .*\[deletes-data\]/);
    expect(await rowsOf("greeting")).toBe(1);
    expect((await project.poststack(["plan", "--detailed-exitcode"])).code).toBe(0);
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ["a name that is none", { "notes.sql": "select 1;\n" }, "MIGRATION_NAME"],
    ["what is no SQL", { "004_meta.sql": "\\copy x from y\n" }, "MIGRATION_META_COMMAND"],
    ["a number that is skipped", { "900_later.sql": "select 1;\n" }, "MIGRATION_GAP"],
    [
      "repeatable files in a circle",
      {
        "repeatable/a.sql": "create or replace view a as select * from b;\n",
        "repeatable/b.sql": "create or replace view b as select * from a;\n",
      },
      "MIGRATION_ORDER",
    ],
  ])("reset deletes nothing where the files could not fill a new database: %s", async (_what, files, code) => {
    for (const [name, text] of Object.entries(files)) project.write(`migrations/${name}`, text);
    const reset = await project.poststack(["db", "reset", "--delete-data", "--confirm", "dev"]);
    for (const name of Object.keys(files)) rmSync(path("migrations", name));
    expect(reset).toMatchObject({ code: 1, stdout: "" });
    expect(reset.stderr).toContain(`error ${code}: `);
    expect(await rowsOf("greeting")).toBe(1);
  });

  test("what is refused behind the deletion says that there is no database now", async () => {
    const written = readFileSync(path(".poststack.yml"), "utf8");
    onTestFinished(() => project.write(".poststack.yml", written));
    project.write(".poststack.yml", written.replace(/^( +)postgres:.*$/m, "$&\n$1  extensions: [nonesuch]"));
    const { code, stdout } = await project.poststack(["db", "reset", "--delete-data", "--confirm", "dev"]);
    expect(code).toBe(1);
    expect(stdout).toContain("Refused; there is no database of dev now: `poststack apply dev` makes it.");
    project.write(".poststack.yml", written);
    expect((await project.poststack(["apply", "--yes"])).code).toBe(0);
    expect(await rowsOf("greeting")).toBe(1);
  });

  const states = async (): Promise<readonly string[]> => {
    const { json } = await project.poststack(["db", "status", "--json"]);
    return (json as { migrations: { state: string }[] }).migrations.map(({ state }) => state);
  };
  const query = async (sql: string): Promise<readonly Record<string, unknown>[]> => {
    const { stdout } = await project.poststack(["db", "url", "--show-password"]);
    const { Client } = (await import("pg")).default;
    const client = new Client(stdout.trim());
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const rowsOf = async (table: string): Promise<number> =>
    Number((await query(`select count(*) as n from ${table}`))[0]?.["n"]);
});

describe("logs", () => {
  test("of a job, a process and the server", async () => {
    const { json } = await project.poststack(["logs", "list", "--json"]);
    expect(misfits("answers/logs list", json)).toEqual([]);
    const { logs } = json as { logs: { name: string; category: string }[] };
    expect([...new Set(logs.map(({ name, category }) => `${category} ${name}`))]).toEqual([
      "process web",
      "job seed",
      "postgres postgres",
    ]);
    expect((await project.poststack(["logs", "list", "--category", "job"])).stdout).not.toContain("postgres.log");
  });

  test("one log has no names before its lines", async () => {
    expect((await project.poststack(["logs", "show", "seed"])).stdout).toBe("seeded 3\n");
    const { json } = await project.poststack(["logs", "show", "seed", "--json"]);
    expect(misfits("answers/logs show", json)).toEqual([]);
  });

  test("all logs have them, and only the lines that are asked for", async () => {
    appendFileSync(logFolder("processes/web.log"), "one\ntwo\nthree\n");
    const { stdout } = await project.poststack(["env", "logs", "dev", "-n", "2"]);
    expect(stdout).toMatch(/^web {6}\| two\nweb {6}\| three\nseed {5}\| seeded 3\npostgres \| /);
  });

  test.each<[string, readonly string[], Readonly<Record<string, string>>, boolean]>([
    ["colours where they are forced", [], { FORCE_COLOR: "1" }, true],
    ["none with --no-color", ["--no-color"], { FORCE_COLOR: "1" }, false],
    ["none with NO_COLOR", [], { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
    ["none in a pipe", [], {}, false],
  ])("names have %s", async (_what, words, environment, expected) => {
    const { stdout } = await project.poststack(["env", "logs", "dev", "-n", "1", ...words], { environment });
    expect(stdout.includes("\u001b[")).toBe(expected);
  });

  test("a service that never ran is named as such", async () => {
    const { code, stderr } = await project.poststack(["env", "logs", "dev", "wbe"]);
    expect(code).toBe(1);
    expect(stderr).toContain('did you mean "web"?');
  });

  test("follow goes over rotation, several at once, and ends with 130", async () => {
    const web = logFolder("processes/web.log");
    const seed = logFolder("jobs/seed-20991231T235959999Z.log");
    let stage = 0;
    const { code, stdout } = await project.poststack(["env", "logs", "dev", "--follow", "-n", "1"], {
      onOutput: (all, signal) => {
        if (stage === 0 && all.includes("three")) {
          stage = 1;
          appendFileSync(web, "half ");
          appendFileSync(web, "whole\nbefore the cut\n");
        } else if (stage === 1 && all.includes("before the cut")) {
          stage = 2;
          truncateSync(web, 0);
          appendFileSync(web, "cut\n");
        } else if (stage === 2 && all.includes("| cut")) {
          stage = 3;
          writeFileSync(seed, "a new run\n");
        } else if (stage === 3 && all.includes("a new run")) {
          stage = 4;
          signal("SIGINT");
        }
      },
    });
    expect(code).toBe(130);
    const lines = stdout.split("\n").filter((line) => /^(?:web|seed)/.test(line));
    expect(lines).toEqual([
      "web      | three",
      "seed     | seeded 3",
      "web      | half whole",
      "web      | before the cut",
      "web      | cut",
      "seed     | a new run",
    ]);
  });

  test("follow as JSON is one document in each line", async () => {
    const { stdout, code } = await project.poststack(["logs", "show", "web", "-f", "-n", "1", "--json"], {
      onOutput: (_all, signal) => signal("SIGTERM"),
    });
    expect(code).toBe(143);
    expect(misfits("answers/env logs --follow", JSON.parse(stdout))).toEqual([]);
  });

  test("size adds up by category", async () => {
    const { json } = await project.poststack(["logs", "size", "--json"]);
    expect(misfits("answers/logs size", json)).toEqual([]);
    const { categories, total } = json as { categories: { sizeBytes: number }[]; total: { sizeBytes: number } };
    expect(categories.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(total.sizeBytes);
  });

  test("clean deletes what is old, and never what a program has open", async () => {
    const old = new Date(Date.now() - 40 * 86_400_000);
    mkdirSync(logFolder("jobs"), { recursive: true });
    const files = {
      rotated: logFolder("processes/web.log.1"),
      oldJob: logFolder("jobs/seed-20200101T000000000Z.log"),
      openJob: logFolder("jobs/slow-20200101T000000000Z.log"),
      current: logFolder("processes/web.log"),
    };
    for (const file of [files.rotated, files.oldJob, files.openJob]) writeFileSync(file, "x\n");
    for (const file of Object.values(files)) utimesSync(file, old, old);
    const { openSync, closeSync } = await import("node:fs");
    const held = openSync(files.openJob, "a");
    onTestFinished(() => closeSync(held));

    const { json } = await project.poststack(["logs", "clean", "--days", "30", "--json"]);
    expect(misfits("answers/logs clean", json)).toEqual([]);
    const { deleted } = json as { deleted: { path: string }[] };
    expect(deleted.map(({ path: one }) => one).sort()).toEqual([files.oldJob, files.rotated].sort());
    expect([files.rotated, files.oldJob].some((file) => existsSync(file))).toBe(false);
    expect([files.openJob, files.current].every((file) => existsSync(file))).toBe(true);
    expect((await project.poststack(["logs", "clean", "--days", "30"])).stderr).toContain("Nothing to delete");
  });

  test.each(["-1", "many", "1.5"])("%j is no count of days", async (days) => {
    expect((await project.poststack(["logs", "clean", `--days=${days}`])).code).toBe(1);
  });
});

describe("when it is stopped", () => {
  test("status, db status and env list say so and exit with 0; verify cannot", async () => {
    expect((await project.poststack(["env", "stop", "dev", "--yes"])).code).toBe(0);
    const [status, list, migrations, verify, connection] = [
      await project.poststack(["status"]),
      await project.poststack(["env", "list"]),
      await project.poststack(["db", "status"]),
      await project.poststack(["db", "verify"]),
      await project.poststack(["db", "test-connection"]),
    ];
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(/Postgres +down/);
    expect(status.stdout).toContain("not known while the server is down");
    expect(list.stdout).toMatch(/no Postgres, 0 processes/);
    expect(migrations.code).toBe(0);
    expect(migrations.stdout).toMatch(/001_init +unknown/);
    expect(verify.stderr).toContain("error POSTGRES_UNREACHABLE");
    expect(verify.code).toBe(3);
    expect(connection.code).toBe(1);
    expect(connection.stderr).toContain("error POSTGRES_UNREACHABLE");
  });

  test("as JSON, too", async () => {
    const { json } = await project.poststack(["status", "--json"]);
    expect(misfits("status", json)).toEqual([]);
    expect(json).toMatchObject({ environments: [{ server: { state: "down" }, migrations: { known: false } }] });
    const failed = await project.poststack(["db", "verify", "--json"]);
    expect(misfits("error", failed.json)).toEqual([]);
  });
});

/** Asks again until it is so; the test's own timeout ends it. */
async function waitFor(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}
