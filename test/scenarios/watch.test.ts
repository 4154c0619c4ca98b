import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Running } from "../support/command.ts";
import { runningIn } from "../support/scenario-faults.ts";
import { markedProcesses, postmastersOf } from "../support/scenario-processes.ts";
import { quickstart, type Project } from "../support/scenario.ts";

let project: Project;
let state: string;
let watching: Running;
beforeEach(async () => {
  project = await quickstart();
  state = project.path(".poststack/dev");
  await project.ok("apply", "--yes");
  watching = project.start("watch", "dev");
  await until("it watches", () => watching.said().includes("Up to date. Watching."));
}, 60_000);
afterEach(() => project.dispose());

/** Looks again and again; the test's own limit ends what never comes. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 30_000;
  while (
    !(await Promise.resolve()
      .then(holds)
      .catch(() => false))
  ) {
    if (Date.now() > endMs) throw new Error(`not within 30 s: ${what}\n${watching.said()}`);
    await sleep(50);
  }
}

const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${project.ports[1]}/`)).text();
const tables = async (): Promise<readonly unknown[]> =>
  (await project.sql("select tablename as name from pg_tables where schemaname = 'public' order by 1")).map(
    ({ name }) => name,
  );

test("edits are applied as they are saved: a variable, a migration, the Procfile, an input", async () => {
  project.edit(".poststack.yml", "Hello from dev", "Hello while watching");
  await until("the new greeting", async () => (await page()).includes("Hello while watching"));

  project.write("migrations/003_orders.sql", "create table orders (id int);\n");
  project.write("migrations/003_orders.rollback.sql", "drop table orders;\n");
  await until("the new table", async () => (await tables()).includes("orders"));

  project.edit("Procfile", "web: node", "web: node --no-warnings");
  await until("the new command", () => project.read(".poststack/dev/processes/web.json").includes("--no-warnings"));

  project.write("seed/products.csv", `${project.read("seed/products.csv")}pot-red,Red pot,2300\n`);
  await until("the new product", async () => (await page()).includes("Red pot"));

  // watch.replay_migrations: the last migration, edited and not shared yet, is rolled back and applied again.
  project.write("migrations/003_orders.sql", "create table orders (id int, note text);\n");
  await until("the new column", async () => (await project.sql("select note from orders")).length === 0);
  await until("one of each", () => JSON.stringify(runningIn(state)) === '{"servers":1,"processes":1}');
});

test("a file that is broken for a moment changes nothing and says so; whatever is cut off removes nothing", async () => {
  const good = project.read(".poststack.yml");
  project.write(".poststack.yml", `${good}\n  broken: [`);
  await until("it says so", () => watching.said().includes("CONFIG_SYNTAX"));
  expect(watching.said()).toContain("Nothing was changed; waiting for the files.");

  // RELIABILITY 22: an editor that is seen in the middle of saving, at a hundred places.
  const before = await project.sql("select oid from pg_database order by 1");
  for (let part = 0; part < 100; part++) {
    project.write(".poststack.yml", good.slice(0, Math.floor((good.length * part) / 100)));
    await sleep(part % 10 === 0 ? 250 : 5);
  }
  rmSync(project.path("Procfile"));
  project.write(".poststack.yml", good);
  await until("the missing file is told", () => watching.said().includes("FILE_MISSING"));
  project.write("Procfile", "");
  await until("an empty file is a mistake", () => watching.said().includes("names no process"));
  project.write("Procfile", "web: node web.mjs\n");

  // What is no wish any more is left to an explicit apply.
  project.edit(".poststack.yml", / {6}roles:[^]*? {4}init:/, "    init:");
  await until("it is told and left", () => /explicit.*apply[^]*role:quickstart_reporting/.test(watching.said()));
  project.write(".poststack.yml", good);
  await until("it is settled again", async () => (await project.plan()).length === 0);
  expect(await project.sql("select oid from pg_database order by 1")).toEqual(before);
  expect(await tables()).toEqual(["products", "visits"]);
  expect(await project.sql("select count(*)::int as roles from pg_roles where rolname ~ '^quickstart'")).toEqual([
    { roles: 2 },
  ]);
  expect(runningIn(state)).toEqual({ servers: 1, processes: 1 });
});

/** Privileges and memberships of the quickstart's roles, and the powers that they have. */
const rights = (): Promise<unknown> =>
  project.sql(`
    select 'on ' || table_name || ': ' || privilege_type as given from information_schema.role_table_grants
      where grantee ~ '^quickstart_[cr]'
    union all
    select member::regrole || ' in ' || roleid::regrole from pg_auth_members where member::regrole::text ~ '^quickstart'
    union all
    select rolname || ' may create databases' from pg_roles where rolcreatedb and rolname ~ '^quickstart'
    order by 1`);

test("no privilege, membership or power goes by a file that is cut off, at whatever line", async () => {
  project.edit(
    ".poststack.yml",
    "          connection_limit: 5\n",
    "          connection_limit: 5\n          createdb: true\n          in_roles: [quickstart_crowd]\n        quickstart_crowd: {}\n",
  );
  project.edit(".poststack.yml", "privileges: [select]", "privileges: [select, insert]");
  const good = project.read(".poststack.yml");
  await until("the membership", async () => JSON.stringify(await rights()).includes("in quickstart_crowd"));
  await until("the privilege", async () => JSON.stringify(await rights()).includes("INSERT"));
  await until("the power", async () => JSON.stringify(await rights()).includes("create databases"));
  const before = await rights();

  const dev = good.slice(good.indexOf("  dev:"), good.indexOf("  staging:"));
  const cutBefore = (text: string): string => `${good.slice(0, good.indexOf(text))}${dev}`;
  const cuts: readonly [string, RegExp][] = [
    [cutBefore("      roles:"), /explicit[^]*drop role:quickstart_reporting/],
    [cutBefore("      grants:"), /explicit[^]*revoke grant:quickstart_reporting/],
    [
      cutBefore("          createdb:"),
      /explicit[^]*update role:quickstart_reporting {2}createdb true → false; in_roles - /,
    ],
    [cutBefore("          in_roles:"), /explicit[^]*update role:quickstart_reporting {2}in_roles - quickstart_crowd/],
    [good.replace("[select, insert]", "[select]"), /explicit[^]*update grant:quickstart_reporting.*- insert/],
  ];
  for (const [text, told] of cuts) {
    const from = watching.said().length;
    project.write(".poststack.yml", text);
    await until(`it tells ${String(told)}`, () => told.test(watching.said().slice(from)));
    expect(await rights()).toEqual(before);
  }
  project.write(".poststack.yml", good);
  await until("it is settled again", async () => (await project.plan()).length === 0);
  expect(await rights()).toEqual(before);
});

test("in a protected environment it leaves to an apply what an apply would ask about", async () => {
  project.edit(".poststack.yml", "    watch:\n", "    protected: true\n    watch:\n");
  project.write("migrations/003_less.sql", "drop table visits;\n");
  await until("it is told and left", () => /explicit.*apply[^]*apply migration:003_less/.test(watching.said()));
  expect(await tables()).toEqual(["products", "visits"]);
});

test("a file that an edit names before it is there is waited for", async () => {
  project.edit(".poststack.yml", "procfile: Procfile", "procfile: Procfile.dev");
  await until("the missing file is told", () => watching.said().includes("FILE_MISSING"));
  project.write("Procfile.dev", "web: node --no-warnings web.mjs\n");
  await until("the new command", () => project.read(".poststack/dev/processes/web.json").includes("--no-warnings"));
});

test("begun with a broken file, it waits for the good one", async () => {
  watching.kill("SIGINT");
  await watching.ended;
  project.write("Procfile", "");
  watching = project.start("watch", "dev");
  await until("it says so", () => watching.said().includes("names no process"));
  project.write("Procfile", "web: node --no-warnings web.mjs\n");
  await until("the new command", () => project.read(".poststack/dev/processes/web.json").includes("--no-warnings"));
  project.edit(".poststack.yml", "Hello from dev", "Hello again");
  await until("files are watched from then on", async () => (await page()).includes("Hello again"));
});

test("what dies comes back: the process, and the server", async () => {
  const [web = 0] = markedProcesses(state);
  process.kill(web, "SIGKILL");
  await until("another process", async () => markedProcesses(state)[0] !== web && (await page()).includes("Green tea"));

  const [server = 0] = postmastersOf(state);
  process.kill(server, "SIGKILL");
  await until("another server", async () => {
    const [now] = postmastersOf(state);
    return now !== undefined && now !== server && (await page()).includes("Green tea");
  });
  await until("one of each", () => JSON.stringify(runningIn(state)) === '{"servers":1,"processes":1}');
});

test("Ctrl-C ends the watching at a safe point and leaves the processes running", async () => {
  project.write("migrations/003_slow.sql", "create table slow (id int);\nselect pg_sleep(2);\n");
  await until(
    "the migration runs",
    async () =>
      (
        await project.sql(
          "select 1 from pg_stat_activity where state = 'active' and query like '%pg_sleep(2)%' and pid <> pg_backend_pid()",
        )
      ).length > 0,
  );
  watching.kill("SIGINT");
  const ended = await watching.ended;
  expect([0, 130]).toContain(ended.code);
  expect(ended.text).toContain("Stopped watching.");
  // What was under way was let finish, whole.
  expect(await tables()).toEqual(["products", "slow", "visits"]);
  expect(runningIn(state)).toEqual({ servers: 1, processes: 1 });
  expect(await project.plan()).toEqual([]);
});
