import { statSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesIn } from "../support/scenario-facts.ts";
import { runningIn } from "../support/scenario-faults.ts";
import { quickstart, type Project } from "../support/scenario.ts";

let project: Project;
let state: string;
beforeAll(async () => {
  project = await quickstart();
  state = project.path(".poststack/dev");
  await project.ok("apply", "--yes");
}, 60_000);
afterAll(() => project.dispose());

/** What any write would move: the next transaction id, and times of files. */
async function traces(): Promise<readonly unknown[]> {
  const [row] = await project.sql("select pg_snapshot_xmax(pg_current_snapshot())::text as next_transaction");
  const times = ["state.json", "processes", "processes/web.json", "logs/jobs", "postgres/poststack.conf", "."].map(
    (name) => statSync(`${state}/${name}`, { throwIfNoEntry: false })?.mtimeMs,
  );
  return [row, times, filesIn(state), runningIn(state)];
}

// RELIABILITY 6: a pass without drift makes no writing call and no writing transaction. Autovacuum may take a transaction
// of its own, so a difference is looked at once more before it counts.
test("when all is as the files say, every command that could change something writes nothing", async () => {
  const commands = [
    ["apply", "--yes"],
    ["plan"],
    ["apply", "--yes"],
    ["env", "start", "dev", "--yes"],
    ["env", "deploy", "dev", "--yes"],
    ["db", "migrate", "--yes"],
    ["status", "dev"],
    ["db", "status"],
    ["db", "verify"],
    ["doctor"],
    ["apply", "--yes"],
  ];
  for (const command of commands) {
    let before = await traces();
    await project.run(...command);
    let after = await traces();
    if (JSON.stringify(after) !== JSON.stringify(before)) {
      before = await traces();
      await project.run(...command);
      after = await traces();
    }
    expect(after, command.join(" ")).toEqual(before);
  }
});

// RELIABILITY 20: nothing deletes data without --delete-data and the typed name.
test("no command without --delete-data and the environment's name deletes data", async () => {
  const dataOf = async (): Promise<unknown> =>
    (
      await project.sql(
        "select oid, datname, (select count(*)::int from products) as products from pg_database where datname = current_database()",
      )
    )[0];
  const before = await dataOf();
  const commands = [
    ["destroy", "dev", "--yes"],
    ["destroy", "dev", "--yes", "--delete-data"],
    ["destroy", "dev", "--yes", "--delete-data", "--confirm", "staging"],
    ["destroy", "dev", "--yes", "--confirm", "dev"],
    ["db", "reset", "dev", "--yes"],
    ["db", "reset", "dev", "--yes", "--confirm", "dev"],
    ["env", "stop", "dev", "--yes"],
    ["env", "restart", "dev", "--yes"],
    ["restart", "postgres", "--env", "dev", "--yes"],
    ["logs", "clean", "--yes"],
  ];
  for (const command of commands) {
    await project.run(...command);
    await project.ok("apply", "--yes");
    expect(await dataOf(), command.join(" ")).toEqual(before);
  }
});

test("another name for the database in the files leaves the old one where it is", async () => {
  const good = project.read(".poststack.yml");
  project.edit(
    ".poststack.yml",
    "port: " + String(project.ports[0]),
    `port: ${project.ports[0]}\n      database: renamed`,
  );
  await project.ok("apply", "--yes");
  expect(await project.sql("select count(*)::int as products from products")).toEqual([{ products: 3 }]);
  project.write(".poststack.yml", good);
  await project.ok("apply", "--yes");
});

test("with --delete-data and the name it is gone, and nothing else", async () => {
  await project.ok("destroy", "dev", "--yes", "--delete-data", "--confirm", "dev");
  expect(runningIn(state)).toEqual({ servers: 0, processes: 0 });
  expect(filesIn(state).filter((name) => name.startsWith("postgres") && !name.includes("log"))).toEqual([]);
  await project.ok("apply", "--yes");
  expect(await project.sql("select count(*)::int as products from products")).toEqual([{ products: 3 }]);
});
