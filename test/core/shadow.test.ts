import { describe, expect, test as plainTest } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { postgres } from "../../controller/adapters/postgres.ts";
import { sqlParser } from "../../controller/adapters/sql-parser.ts";
import { mayReachBeyond, withinDatabase } from "../../controller/core/shadow/cluster-wide.ts";
import { withShadow } from "../../controller/core/shadow/shadow.ts";
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

  test("of another command stays while that lives", async ({ database }) => {
    const { endpoint, signal } = database;
    await withShadow(endpoint, ports, signal, async (first) => {
      await withShadow(endpoint, ports, signal, (second) => Promise.resolve(expect(second).not.toEqual(first)));
      expect(await database.column("select 1 from pg_database where datname = $1", [first.database])).toEqual([1]);
    });
  });
});

describe("a migration in a shadow", () => {
  plainTest.each<[string, string, string]>([
    [
      "what names the environment's database names the shadow",
      "alter database app set x = 1;",
      'alter database "shadow" set x = 1;',
    ],
    [
      "also quoted, and in a grant",
      'grant connect on database "app" to r;',
      'grant connect on database "shadow" to r;',
    ],
    ["another database stays", "comment on database other is 'x';", "comment on database other is 'x';"],
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
