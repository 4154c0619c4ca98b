import { expect } from "vitest";
import { postgres } from "../../../controller/adapters/postgres.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import { resourceId } from "../../../controller/core/id.ts";
import { observe } from "../../../controller/resources/backup/observe.ts";
import { copySettings } from "../../../controller/resources/backup/restore/swap.ts";
import { observe as observeDatabase } from "../../../controller/resources/database/observe.ts";
import type { DesiredDatabase } from "../../../controller/resources/database/model.ts";
import { observe as observeRoles } from "../../../controller/resources/role/observe.ts";
import type { DesiredRole } from "../../../controller/resources/role/model.ts";
import { quoteIdentifier } from "../../../controller/core/sql.ts";
import { test, type TestDatabase } from "../../support/postgres.ts";
import { isSuperuser, layTraps } from "../../support/traps.ts";
import { desiredBackup } from "./kit.ts";

const portsOf = ({ server }: TestDatabase): Ports =>
  ({
    server,
    backups: { list: () => [], find: () => undefined, programs: () => undefined },
    clock: { nowMs: () => performance.now(), sleep: () => Promise.resolve(), random: () => 0.5 },
    log: { debug: () => undefined },
    state: { read: () => undefined },
  }) as unknown as Ports;

const mark = `poststack ${"0".repeat(32)}`;
const place = { file: ".poststack.yml", line: 1, column: 1 };

test.for<[string, (database: TestDatabase) => Promise<unknown>]>([
  [
    "a login",
    async ({ endpoint, name, signal }) =>
      (await postgres("poststack-test").connect(endpoint, endpoint.admin, name, signal)).close(),
  ],
  [
    "a look at backups",
    (database) => observe([desiredBackup({ endpoint: database.endpoint, mark })], portsOf(database), database.signal),
  ],
  [
    "a look at the database",
    (database) => {
      const { name, owner } = database;
      const desired = { id: resourceId("database", name), name, owner, mark, place, to: "present", deleteData: false };
      return observeDatabase([desired as unknown as DesiredDatabase], portsOf(database), database.signal);
    },
  ],
  [
    "a look at roles",
    (database) => {
      const { owner } = database;
      const desired = { id: resourceId("role", owner), name: owner, mark, place, ensure: "present", inRoles: [] };
      return observeRoles([desired as unknown as DesiredRole], portsOf(database), database.signal);
    },
  ],
])("%s runs nothing that the database's owner has written", async ([, look], { database }) => {
  await database.createLedger();
  await layTraps(database);
  await look(database);
  expect(await isSuperuser(database)).toBe(false);
});

test("a database takes over the settings of another as they are, and has none of its own", async ({ database }) => {
  const { name, signal, owner } = database;
  const query = (sql: string): Promise<unknown> => database.query(sql);
  const sibling = database.unique("sibling");
  const [from, to, mine] = [name, sibling, owner].map(quoteIdentifier);
  await query(`create database ${to} owner ${mine}`);
  try {
    await layTraps(database);
    await query(`alter database ${from} set datestyle = 'SQL, DMY'`);
    await query(`alter database ${from} set app.note = 'it''s; \\ here'`);
    await query(`alter role ${mine} in database ${from} set role = ${mine}`);
    // Kept as it is given: a word that would end the statement.
    const word = `"$user",x;alter/**/role/**/${owner}/**/superuser`;
    await query(`select pg_catalog.set_config('search_path', '${word}', false)`);
    await query(`alter database ${from} set search_path from current; alter database ${from} connection limit 7`);
    await query("set search_path = evil, public, pg_catalog");
    await query(`alter database ${to} set search_path = evil, pg_catalog; alter database ${to} set work_mem = '1MB'`);
    await copySettings(name, sibling, portsOf(database), signal);
    await query("set search_path = pg_catalog");
    const kept = `select pg_catalog.unnest(setconfig) from pg_catalog.pg_db_role_setting s
      join pg_catalog.pg_database d on d.oid = s.setdatabase where d.datname = $1 order by 1`;
    expect(await database.column(kept, [sibling])).toEqual([
      "DateStyle=SQL, DMY",
      "app.note=it's; \\ here",
      `role=${owner}`,
      `search_path="$user", "x;alter/**/role/**/${owner}/**/superuser"`,
    ]);
    expect(
      await database.column("select datconnlimit from pg_catalog.pg_database where datname = $1", [sibling]),
    ).toEqual([7]);
    expect(await isSuperuser(database)).toBe(false);
  } finally {
    await query(`drop database ${to} with (force)`);
  }
});
