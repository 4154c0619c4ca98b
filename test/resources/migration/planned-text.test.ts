import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { contentDigest } from "../../../controller/core/plan.ts";
import { apply } from "../../../controller/resources/migration/apply.ts";
import { content } from "../../../controller/resources/migration/content.ts";
import type { MigrationAction } from "../../../controller/resources/migration/model.ts";
import { test } from "../../support/postgres.ts";
import { failureOf, migrations, pass, planOf, render, world } from "./kit.ts";

const files = {
  "001_users.sql": "create table users (id int);",
  "001_users.rollback.sql": "drop table users;",
  "002_posts.sql": "create table posts (id int);",
};

test("what is recorded as a migration's rollback is what was planned", async ({ database }) => {
  await database.createLedger();
  const it = world(database, migrations(files));
  const [action] = await planOf(it, { target: "1" });
  if (action === undefined) throw new Error("no plan");
  const digest = (one: MigrationAction): string => contentDigest(content(one), false);
  it.project.write("migrations/001_users.rollback.sql", "drop table users cascade;");
  const [edited] = await planOf(it, { target: "1" });
  expect(edited === undefined || digest(edited) === digest(action)).toBe(false);
  expect((await failureOf(apply(action, it.ports, database.signal))).code).toBe("PLAN_STALE");
  expect(await database.column("select count(*)::int from poststack.schema_migrations")).toEqual([0]);
  expect(render(await pass(it, { target: "1" }))).toEqual(["apply migration:001_users"]);
});

test("a rollback tells what each of its statements will do", async ({ database }) => {
  await database.createLedger();
  const it = world(database, migrations(files));
  await pass(it);
  const back = { target: "0", rollback: true };
  const told = async () =>
    (await planOf(it, back)).map(({ id, hazards, statements = [] }) => [
      id,
      hazards.join(),
      ...statements.map(({ statement, place, relations: [first] }) =>
        [statement, `${place.file}:${place.line}`, first?.name, first?.lock].join(" | "),
      ),
    ]);
  it.project.write("migrations/002_posts.rollback.sql", "-- away\ndrop table posts;");
  const posts = [
    "migration:002_posts",
    "drop",
    "drop table posts | migrations/002_posts.rollback.sql:2 | posts | ACCESS EXCLUSIVE",
  ];
  const users = (file: string) => [
    "migration:001_users",
    "drop",
    `drop table users | ${file}:1 | users | ACCESS EXCLUSIVE`,
  ];
  expect(await told()).toEqual([posts, users("migrations/001_users.rollback.sql")]);
  // Without a file what was recorded runs, and is told.
  rmSync(join(it.project.root, "migrations/001_users.rollback.sql"));
  expect(await told()).toEqual([posts, users("001_users (rollback as recorded)")]);
});

/** A plan is approved for its texts; what runs is compared with them once more (RELIABILITY 5). */
describe("a rollback that is another one than was planned does not run", () => {
  test("its file was edited", async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations(files));
    await pass(it, { target: "1" });
    const [action] = await planOf(it, { target: "0", rollback: true });
    if (action === undefined) throw new Error("no plan");
    it.project.write("migrations/001_users.rollback.sql", "drop table users cascade;");
    expect((await failureOf(apply(action, it.ports, database.signal))).code).toBe("PLAN_STALE");
    expect(await database.column("select count(*)::int from users")).toEqual([0]);
    expect(render(await pass(it, { target: "0", rollback: true }))).toEqual(["rollback migration:001_users"]);
  });

  test.for([
    ["rollback", "create table users (id int);"],
    ["replay", "create table users (id bigint);"],
  ] as const)("what the ledger recorded was changed: %s", async ([verb, text], { database }) => {
    await database.createLedger();
    const it = world(database, migrations(files));
    await pass(it, { target: "1" });
    rmSync(join(it.project.root, "migrations/001_users.rollback.sql"));
    it.project.write("migrations/001_users.sql", text);
    const options = verb === "rollback" ? { target: "0", rollback: true } : { target: "1", replay: true };
    const [action] = await planOf(it, options);
    if (action === undefined) throw new Error("no plan");
    expect(action.verb).toBe(verb);
    await database.query("update poststack.schema_migrations set rollback_sql = 'drop table users cascade'");
    expect((await failureOf(apply(action, it.ports, database.signal))).code).toBe("PLAN_STALE");
    expect(render(await pass(it, options))).toEqual([`${verb} migration:001_users`]);
  });
});
