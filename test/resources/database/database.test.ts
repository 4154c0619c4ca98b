import { expect } from "vitest";
import { postgres } from "../../../controller/adapters/postgres.ts";
import { ledgerVersion } from "../../../controller/core/ledger.ts";
import { resourceId } from "../../../controller/core/id.ts";
import type { Login, Server } from "../../../controller/core/ports/postgres.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { quoteIdentifier } from "../../../controller/core/sql.ts";
import { passServer, type PassServer } from "../../../controller/engine/server.ts";
import { apply } from "../../../controller/resources/database/apply.ts";
import { content } from "../../../controller/resources/database/content.ts";
import { diff } from "../../../controller/resources/database/diff.ts";
import type { DesiredDatabase } from "../../../controller/resources/database/model.ts";
import { observe } from "../../../controller/resources/database/observe.ts";
import { somebody, test, type TestDatabase } from "../../support/postgres.ts";
import { kindIn, mark, place } from "../role/kit.ts";

const desiredDatabase = (name: string, owner: string, given: Partial<DesiredDatabase> = {}): DesiredDatabase => ({
  id: resourceId("database", name),
  name,
  owner,
  ledgerVersion,
  mark,
  to: "present",
  deleteData: false,
  dependsOn: [],
  place,
  ...given,
});

const kindOn = (server: Server, signal: AbortSignal) => kindIn({ observe, diff, content, apply }, server, signal);

/** An environment whose database does not exist yet. */
interface Environment extends ReturnType<typeof kindOn> {
  readonly name: string;
  /** Another pass over it. */
  readonly open: () => { readonly server: PassServer; readonly kind: ReturnType<typeof kindOn> };
  /** As superuser inside it: the first column. */
  readonly sql: (text: string) => Promise<readonly unknown[]>;
  readonly wish: (given?: Partial<DesiredDatabase>) => readonly DesiredDatabase[];
}

async function withEnvironment(
  database: TestDatabase,
  use: (environment: Environment) => Promise<void>,
  { name = database.unique("env"), admin = database.endpoint.admin }: { name?: string; admin?: Login } = {},
): Promise<void> {
  const open: Environment["open"] = () => {
    const server = passServer({ ...database.endpoint, admin, database: name }, postgres("poststack-test"));
    return { server, kind: kindOn(server, database.signal) };
  };
  const { server, kind } = open();
  const sql: Environment["sql"] = async (text) => {
    const inside = await database.server.login(somebody(database.endpoint), name, database.signal);
    try {
      return (await inside.query(text, [], database.signal)).map((row) => Object.values(row)[0]);
    } finally {
      await inside.close();
    }
  };
  try {
    await use({ name, ...kind, open, sql, wish: (given) => [desiredDatabase(name, database.owner, given)] });
  } finally {
    await server.close();
    await database.query(`drop database if exists ${quoteIdentifier(name)} with (force)`);
  }
}

/** The owner is one of ours, as the role kind would have left it. */
const markOwner = (database: TestDatabase): Promise<unknown> =>
  database.query(
    `do $$ begin execute (select format('comment on role %I is %L', rolname, '${mark} ' || oid) from pg_roles where rolname = '${database.owner}'); end $$`,
  );

test("created, observed, nothing left to do; the owner may write the ledger and not change its shape", async ({
  database,
}) => {
  await withEnvironment(database, async ({ reconcile, plan, wish, sql, name }) => {
    expect(await reconcile(wish())).toMatch(/^create database:env_\w+ {2}not found/);
    expect(await plan(wish())).toBe("");
    expect(await sql("select value from poststack.system_info where key = 'ledger_version'")).toEqual([
      String(ledgerVersion),
    ]);
    expect(
      await sql("select pg_encoding_to_char(encoding) from pg_database where datname = current_database()"),
    ).toEqual(["UTF8"]);
    const owner = await database.server.login(database.endpoint.owner, name, database.signal);
    await owner.query("select * from poststack.schema_migrations", [], database.signal);
    await owner.query("select poststack.check_fence(0)", [], database.signal);
    for (const forbidden of [
      "drop schema poststack cascade",
      "create table poststack.x (n int)",
      "update poststack.system_info set value = '9'",
    ]) {
      await expect(owner.query(forbidden, [], database.signal)).rejects.toThrow();
    }
    await owner.close();
  });
});

test.for([`Upper "Quoted"`, "semi;colon", `back\\slash'`, "$body$", "ü".repeat(20)])(
  "the name %s",
  async (stem, { database }) => {
    await withEnvironment(
      database,
      async ({ reconcile, plan, wish }) => {
        await reconcile(wish());
        expect(await plan(wish())).toBe("");
      },
      { name: database.unique(stem) },
    );
  },
);

test("each action twice at once and once more", async ({ database }) => {
  await markOwner(database);
  await withEnvironment(database, async ({ repeat, plan, wish }) => {
    await repeat(wish());
    // The one that came second leaves it to the next look; here there is nothing left.
    expect(await plan(wish())).toBe("");
    const other = database.unique("other");
    await database.query(`create role "${other}"`);
    await repeat(wish({ owner: other }));
    expect(await plan(wish({ owner: other }))).toBe("");
    await repeat(wish({ to: "absent", deleteData: true }));
    expect(await plan(wish({ to: "absent", deleteData: true }))).toBe("");
  });
});

test("five passes create one database at once", async ({ database }) => {
  await markOwner(database);
  await withEnvironment(database, async ({ plan, reconcile, wish, open }) => {
    const passes = Array.from({ length: 5 }, open);
    await Promise.all(passes.map(({ kind }) => kind.reconcile(wish())));
    await Promise.all(passes.map(({ server }) => server.close()));
    await reconcile(wish());
    expect(await plan(wish())).toBe("");
  });
});

test("a creation cut after CREATE DATABASE is completed, when it is empty and its owner is ours", async ({
  database,
}) => {
  await withEnvironment(database, async ({ name, reconcile, plan, wish, sql }) => {
    await database.query(`create database "${name}" owner "${database.owner}"`);
    expect(await plan(wish())).toContain("Poststack did not make it");
    await markOwner(database);
    await sql("create table kept (n int)");
    expect(await plan(wish())).toContain("Poststack did not make it");
    await sql("drop table kept");
    expect(await reconcile(wish())).toBe(`update database:${name}  mark none → set; ledger 0 → ${ledgerVersion}`);
    expect(await plan(wish())).toBe("");
  });
});

test("a creation cut before the ledger is completed", async ({ database }) => {
  await withEnvironment(database, async ({ name, reconcile, plan, wish, sql }) => {
    await reconcile(wish());
    await sql("drop schema poststack cascade");
    expect(await reconcile(wish())).toBe(`update database:${name}  ledger 0 → ${ledgerVersion}`);
    expect(await plan(wish())).toBe("");
  });
});

test("an owner by hand is set right, and a new owner takes the ledger's privileges over", async ({ database }) => {
  await withEnvironment(database, async ({ name, reconcile, plan, wish, sql }) => {
    await reconcile(wish());
    const other = database.unique("other");
    await database.query(`create role "${other}"; alter database "${name}" owner to "${other}"`);
    expect(await reconcile(wish())).toBe(`update database:${name}  owner ${other} → ${database.owner}`);
    expect(await reconcile(wish({ owner: other }))).toBe(
      `update database:${name}  owner ${database.owner} → ${other}; ledger access none → ${other}`,
    );
    expect(await plan(wish({ owner: other }))).toBe("");
    const allowed = (role: string): Promise<readonly unknown[]> =>
      sql(
        `select has_table_privilege('${role}', 'poststack.schema_migrations', 'insert') and has_schema_privilege('${role}', 'poststack', 'usage')`,
      );
    expect(await allowed(other)).toEqual([true]);
    expect(await allowed(database.owner)).toEqual([false]);
  });
});

test("what somebody writes over the mark stays, and the mark comes back behind it", async ({ database }) => {
  await withEnvironment(database, async ({ name, reconcile, plan, wish, sql }) => {
    await reconcile(wish());
    const comment = "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()";
    const [before] = await sql(comment);
    await sql(`comment on database "${name}" is 'The shop''s.'`);
    expect(await reconcile(wish())).toBe(`update database:${name}  mark overwritten → set`);
    expect(await sql(comment)).toEqual([`The shop's.\n${String(before)}`]);
    expect(await plan(wish())).toBe("");
    await sql(`comment on database "${name}" is null`);
    expect(await reconcile(wish())).toBe(`update database:${name}  mark overwritten → set`);
    expect(await sql(comment)).toEqual([before]);
  });
});

test("handed over to another environment by its mark, it is no longer ours", async ({ database }) => {
  await withEnvironment(database, async ({ name, reconcile, plan, wish, sql }) => {
    await reconcile(wish());
    const [oid] = await sql("select oid::text from pg_database where datname = current_database()");
    await sql(`comment on database "${name}" is 'poststack ${"a".repeat(32)} ${String(oid)}'`);
    expect(await plan(wish())).toContain("Poststack did not make it");
  });
});

test.for([
  ["its own oid", "oid", "mark overwritten → set"],
  ["another one's, as a copy or a restored dump has it", "oid::int8 + 1", "Poststack did not make it"],
])("a ledger that holds the mark with %s", async ([, oid, expected], { database }) => {
  await withEnvironment(database, async ({ name, plan, wish, sql }) => {
    await database.query(`create database "${name}"`);
    await sql(`create schema poststack; create table poststack.system_info (key text primary key, value text);
      insert into poststack.system_info values ('ledger_version', '1');
      insert into poststack.system_info
        select 'database', concat('${mark} ', ${oid}) from pg_database where datname = current_database()`);
    expect(await plan(wish())).toContain(expected);
  });
});

test("a foreign database is refused, the printed statement hands it over, its data stays", async ({ database }) => {
  await withEnvironment(database, async ({ name, actions, reconcile, plan, wish, sql }) => {
    await database.query(`create database "${name}"`);
    await sql("create table kept as select 1 as n");
    const [refusal] = await actions(wish());
    const next = refusal?.verb === "refuse" ? (refusal.error.next ?? "") : "";
    expect(await plan(wish())).toContain("Poststack did not make it");
    await database.query(next.slice(next.indexOf("comment on")));
    expect(await reconcile(wish())).toBe(
      `update database:${name}  owner postgres → ${database.owner}; ledger 0 → ${ledgerVersion}`,
    );
    expect(await plan(wish())).toBe("");
    expect(await sql("select n from kept")).toEqual([1]);
  });
});

test("a database dropped and made again by hand is explained, and not touched by what was planned before", async ({
  database,
}) => {
  await withEnvironment(database, async ({ name, reconcile, actions, wish, open }) => {
    await reconcile(wish());
    const [comment] = await database.column(
      "select shobj_description(oid, 'pg_database') from pg_database where datname = $1",
      [name],
    );
    const pending = [
      ...(await actions(wish({ to: "absent", deleteData: true }))),
      ...(await actions(wish({ owner: "postgres" }))),
    ];
    await database.query(`drop database "${name}" with (force)`);
    await database.query(`create database "${name}"`);
    await database.query(`comment on database "${name}" is '${String(comment)}'`);
    const { server, kind } = open();
    expect(await kind.plan(wish())).toContain("dropped and made again by hand");
    expect(pending.map(({ verb }) => verb)).toEqual(["drop", "update"]);
    for (const action of pending) {
      await expect(kind.apply([action])).rejects.toThrow("was changed while this pass ran");
    }
    await server.close();
    expect(await database.column("select datname from pg_database where datname = $1", [name])).toEqual([name]);
  });
});

test.for([
  ["a schema of that name", "create schema poststack"],
  ["a table of another shape", "create schema poststack; create table poststack.system_info (n int)"],
  [
    "a version that is no number",
    "create schema poststack; create table poststack.system_info (key text, value text); insert into poststack.system_info values ('ledger_version', 'two')",
  ],
  [
    "a version that is a megabyte",
    "create schema poststack; create table poststack.system_info as select 'ledger_version' as key, repeat('1', 1 << 20) as value",
  ],
  ["a version that is missing", "create schema poststack; create table poststack.system_info (key text, value text)"],
] as const)("%s is somebody else's schema", async ([, text], { database }) => {
  await withEnvironment(database, async ({ reconcile, plan, wish, sql }) => {
    await reconcile(wish());
    await sql(`drop schema poststack cascade; ${text}`);
    expect(await plan(wish())).toContain("is not a ledger that Poststack may read");
  });
});

test("a newer ledger is refused", async ({ database }) => {
  await withEnvironment(database, async ({ reconcile, plan, wish, sql }) => {
    await reconcile(wish());
    await sql("update poststack.system_info set value = '99' where key = 'ledger_version'");
    expect(await plan(wish())).toContain("has version 99");
  });
});

test("without leave nothing is dropped; with it also under open connections", async ({ database }) => {
  await withEnvironment(database, async ({ name, reconcile, plan, wish }) => {
    await reconcile(wish());
    expect(await plan(wish({ to: "absent" }))).toBe("");
    expect(await plan([])).toBe("");
    const consumer = await database.server.login(database.endpoint.owner, name, database.signal);
    expect(await reconcile(wish({ to: "absent", deleteData: true }))).toContain("[deletes-data]");
    expect(await database.column("select datname from pg_database where datname = $1", [name])).toEqual([]);
    await consumer.close();
  });
});

test("extensions do not make a database non-empty, tables, functions and types do", async ({ database }) => {
  await withEnvironment(database, async ({ reconcile, observe: seen, wish, sql }) => {
    await reconcile(wish());
    const objects = async (): Promise<unknown> => (await seen(wish({ to: "absent", deleteData: true })))[0]?.objects;
    await sql("create extension hstore");
    expect(await objects()).toBe(0);
    await sql(
      "create table t (id int primary key); create view v as select 1; create sequence s; create type e as enum ('a'); create function f() returns int language sql as 'select 1'",
    );
    expect(await objects()).toBe(5);
  });
});

test("an admin without superuser makes a database for another role, and hands it on", async ({ database }) => {
  const user = database.unique("cloud_admin");
  const [owner, other] = [database.unique("app"), database.unique("other")];
  await database.query(`create role "${user}" login createrole createdb password 'pw'`);
  const admin = { user, password: new Secret("pw") };
  const session = await database.server.login(admin, database.name, database.signal);
  await session.query(`create role "${owner}"; create role "${other}"`, [], database.signal);
  await session.close();
  await withEnvironment(
    database,
    async ({ reconcile, plan, repeat, wish }) => {
      await reconcile(wish({ owner }));
      expect(await plan(wish({ owner }))).toBe("");
      await repeat(wish({ owner: other }));
      expect(await plan(wish({ owner: other }))).toBe("");
      await reconcile(wish({ owner: other, to: "absent", deleteData: true }));
      expect(await plan(wish({ owner: other, to: "absent", deleteData: true }))).toBe("");
    },
    { admin },
  );
});

test("an admin without superuser hands over what the owner before owns inside, with its default privileges", async ({
  database,
}) => {
  const user = database.unique("cloud_admin");
  const [owner, other, reader] = [database.unique("app"), database.unique("o'ther %s"), database.unique("reader")];
  const [before, after] = [quoteIdentifier(owner), quoteIdentifier(other)];
  await database.query(`create role "${user}" login createrole createdb password 'pw'`);
  const admin = { user, password: new Secret("pw") };
  const session = await database.server.login(admin, database.name, database.signal);
  const roles = `create role ${before}; create role ${after}; create role "${reader}"`;
  await session.query(roles, [], database.signal);
  const [row] = await session.query(
    `select oid::text as oid from pg_roles where rolname = '${owner}'`,
    [],
    database.signal,
  );
  await session.query(`comment on role ${before} is '${mark} ${String(row?.oid)}'`, [], database.signal);
  await session.close();
  await withEnvironment(
    database,
    async ({ reconcile, plan, repeat, sql, wish }) => {
      await reconcile(wish({ owner }));
      await sql(`set role ${before}; create schema app; create table app.t (id int);
        create function app.f() returns int language sql as 'select 1';
        alter default privileges in schema app grant select on tables to "${reader}" with grant option;
        alter default privileges revoke execute on functions from public`);
      await sql(`insert into poststack.privileges (type, object, owner, grantee, privilege, ours, option_ours)
        select 'default table', 'app'::regnamespace, '${before}'::regrole, '"${reader}"'::regrole, 'select', true, false`);
      expect(await plan(wish({ owner: other }))).toContain(`, with what ${owner} owns in it`);
      await repeat(wish({ owner: other }));
      expect(await plan(wish({ owner: other }))).toBe("");
      const owners = `select distinct r.rolname from pg_roles r where r.oid in (
        select relowner from pg_class where relnamespace = 'app'::regnamespace
        union all select proowner from pg_proc where pronamespace = 'app'::regnamespace
        union all select defaclrole from pg_default_acl union all select owner from poststack.privileges)`;
      expect(await sql(owners)).toEqual([other]);
      const later = `set role ${after}; create table app.later (id int); create function app.g() returns int
        language sql as 'select 1'; reset role;
        select has_table_privilege('${reader}', 'app.later', 'select with grant option')
          and not has_function_privilege('${reader}', 'app.g()', 'execute') as as_before`;
      expect((await sql(later)).at(-1)).toBe(true);
      await sql(`drop role ${before}`);
      await reconcile(wish({ owner: other, to: "absent", deleteData: true }));
    },
    { admin },
  );
});

test("an admin that may not make databases is told so, and an owner that does not exist too", async ({ database }) => {
  const user = database.unique("weak");
  await database.query(`create role "${user}" login createrole password 'pw'`);
  await withEnvironment(
    database,
    async ({ reconcile, wish }) => {
      await expect(reconcile(wish({ owner: user }))).rejects.toMatchObject({ code: "NOT_PERMITTED" });
    },
    { admin: { user, password: new Secret("pw") } },
  );
  await withEnvironment(database, async ({ reconcile, wish }) => {
    await expect(reconcile(wish({ owner: database.unique("nobody") }))).rejects.toMatchObject({ code: "ROLE_MISSING" });
  });
});

test("a writer that slept while another took over writes nothing", async ({ database }) => {
  await withEnvironment(database, async ({ reconcile, wish, sql }) => {
    await reconcile(wish());
    await sql("update poststack.system_info set value = '7' where key = 'fence'");
    await expect(reconcile(wish({ owner: "postgres" }))).rejects.toMatchObject({ code: "FENCED" });
  });
});
