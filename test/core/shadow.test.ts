import { describe, expect, test as plainTest } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { postgres } from "../../controller/adapters/postgres.ts";
import { sqlParser } from "../../controller/adapters/sql-parser.ts";
import { leftDatabases } from "../../controller/cli/doctor/left-databases.ts";
import type { Session } from "../../controller/core/ports/postgres.ts";
import { mayReachBeyond } from "../../controller/core/shadow/beyond-words.ts";
import { withinDatabase } from "../../controller/core/shadow/cluster-wide.ts";
import { forsakenShadows, withShadow } from "../../controller/core/shadow/shadow.ts";
import { test } from "../support/postgres.ts";

const ports = { postgres: postgres("poststack-test"), clock };

describe("a shadow", () => {
  test("is empty, of the same owner and locale, and gone afterwards, also after a failure", async ({ database }) => {
    const { endpoint, signal, name } = database;
    const traits = "pg_get_userbyid(datdba) as owner, encoding, datcollate, datctype";
    let shadow = "";
    const failure = await withShadow(endpoint, ports, signal, async (inside) => {
      shadow = inside.database;
      const rows = await database.query(`select ${traits} from pg_database where datname in ($1, $2)`, [name, shadow]);
      expect(rows[0]).toEqual(rows[1]);
      // What stays connected does not keep it.
      await ports.postgres.connect(inside, inside.owner, shadow, signal);
      throw new Error("on purpose");
    }).catch((error: unknown) => error);
    expect(failure).toEqual(new Error("on purpose"));
    expect(shadow).toMatch(/^poststack_shadow_[0-9a-f]{8}$/);
    expect(await database.column("select 1 from pg_database where datname = $1", [shadow])).toEqual([]);
  });

  test("is gone after an abort in the middle of it", async ({ database }) => {
    const stop = new AbortController();
    let shadow = "";
    const failure = await withShadow(database.endpoint, ports, stop.signal, async (inside) => {
      shadow = inside.database;
      const session = await ports.postgres.connect(inside, inside.owner, shadow, stop.signal);
      const sleeping = session.query("select pg_sleep(60)", [], stop.signal);
      stop.abort(new Error("stopped"));
      await sleeping;
    }).catch((error: unknown) => error);
    expect(failure).toEqual(new Error("stopped"));
    expect(await database.column("select 1 from pg_database where datname = $1", [shadow])).toEqual([]);
  });

  test("needs an admin that may make databases", async ({ database }) => {
    const lesser = { ...database.endpoint, admin: database.endpoint.owner };
    const failure: unknown = await withShadow(lesser, ports, database.signal, () => Promise.resolve()).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: "NOT_PERMITTED" });
  });

  test("that a killed command left is told of, and dropped by the next one that makes a shadow", async ({
    database,
  }) => {
    const { endpoint, signal } = database;
    const left = "poststack_shadow_0badc0de";
    await database.query(`create database ${left} connection limit 17`);
    await withShadow(endpoint, ports, signal, () => Promise.resolve());
    expect(await database.column("select 1 from pg_database where datname = $1", [left])).toEqual([]);
    // Tests beside this one make shadows on the same server, and drop what is left: what is told is asked of nobody.
    const query = () => Promise.resolve([{ name: left }]);
    const connect = () => Promise.resolve({ query, close: () => Promise.resolve() } as unknown as Session);
    expect(
      await leftDatabases({ environment: "dev", endpoint, mark: undefined }, { postgres: { connect }, clock }, signal),
    ).toMatchObject([
      { name: "dev: shadows", result: "warning", text: `${left}: left by a rehearsal or a comparison that was killed` },
    ]);
  });

  test("in use is told of to nobody, and a server that is down neither", async ({ database }) => {
    const { endpoint, signal } = database;
    await withShadow(endpoint, ports, signal, async (inside) => {
      const session = await ports.postgres.connect(endpoint, endpoint.admin, endpoint.maintenanceDatabase, signal);
      expect(await forsakenShadows(session, signal)).not.toContain(inside.database);
      await session.close();
    });
    const down = { environment: "dev", endpoint: { ...endpoint, port: 1 }, mark: undefined };
    expect(await leftDatabases(down, ports, signal)).toEqual([]);
  });

  test("of another command stays while that lives", async ({ database }) => {
    const { endpoint, signal } = database;
    await withShadow(endpoint, ports, signal, async (first) => {
      await withShadow(endpoint, ports, signal, (second) => Promise.resolve(expect(second).not.toEqual(first)));
      expect(await database.column("select 1 from pg_database where datname = $1", [first.database])).toEqual([1]);
    });
  });
});

/** Of no shadow. */
const gone: readonly string[] = [
  "create -- for reports\nrole x",
  "alter /* */ user x with login",
  "drop /* */ group x",
  "alter role x set a = 1",
  "alter role x in database other set a = 1",
  "alter role x rename to y",
  "grant a to b /* on call */",
  'grant "on" to b',
  "revoke a -- on\nfrom b",
  "reassign /* */ owned by a to b",
  "drop owned by a",
  "create tablespace x location '/x'",
  "alter tablespace x set (seq_page_cost = 1)",
  "alter tablespace x rename to y",
  "drop /* */ tablespace x",
  "grant create on tablespace x to y",
  "grant set on parameter x to y",
  "comment on /* */ role x is 'x'",
  "comment on tablespace x is 'x'",
  "security label on role x is 'x'",
  "alter /* */ system set a = 1",
  "create database x",
  "drop database if exists app",
  "alter database app connection limit 50",
  "alter database app with is_template true allow_connections false",
  "alter database app set tablespace fast",
  "create subscription s connection 'x' publication p",
  "drop subscription s",
  "select pg_create_physical_replication_slot('x')",
  "copy t to program 'x'",
];

describe("a migration in a shadow", () => {
  plainTest.each<[string, string, string]>([
    [
      "what names the environment's database names the shadow",
      "alter database app set x = 1;",
      'alter database "shadow" set x = 1;',
    ],
    [
      "what a role's sessions begin with in it is said of the shadow",
      "alter role x in database app set a = 1;",
      'alter role x in database "shadow" set a = 1;',
    ],
    [
      "also quoted, and in a grant",
      'grant connect on database "app" to r;',
      'grant connect on database "shadow" to r;',
    ],
    [
      "wherever comments stand",
      "alter /* ours */ database app set x = 1",
      'alter /* ours */ database "shadow" set x = 1',
    ],
    [
      "and whatever they say",
      "comment on database -- database x\napp is 'x'",
      "comment on database -- database x\n\"shadow\" is 'x'",
    ],
    ["its owner", "alter database app owner to r", 'alter database "shadow" owner to r'],
    ["its label", "security label on database app is 'x'", "security label on database \"shadow\" is 'x'"],
    [
      "another database is the whole server's",
      "comment on database other is 'x';",
      "                                ;",
    ],
    ["one beside the environment's, too", "grant connect on database app, other to r", " ".repeat(41)],
    ...gone.map((sql): [string, string, string] => ["what is the whole server's", sql, sql.replaceAll(/[^\n]/g, " ")]),
    ["roles are the whole server's", "create role r;\nselect 1;", "             ;\nselect 1;"],
    ["so are memberships", "grant admins to app;", "                   ;"],
    ["privileges on objects are not", "grant select on t to app;", "grant select on t to app;"],
    ["nor is a user mapping", "create user mapping for app server s;", "create user mapping for app server s;"],
    ["comments before it do not hide it", "-- note\nalter system set x = 1;", "-- note\n                      ;"],
    ["a string is no statement", "select 'create role r';", "select 'create role r';"],
  ])("%s", async (_name, text, expected) => {
    // Else nobody would look.
    if (text !== expected) expect(mayReachBeyond(text)).toBe(true);
    const parsed = await sqlParser.parse(text);
    expect(parsed === undefined ? undefined : withinDatabase(text, parsed, "app", "shadow")).toBe(expected);
  });
});
