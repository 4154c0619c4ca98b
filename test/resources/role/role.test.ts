import { expect } from "vitest";
import { quoteIdentifier, quoteLiteral } from "../../../controller/core/sql.ts";
import { Secret } from "../../../controller/core/secret.ts";
import type { Server } from "../../../controller/core/ports/postgres.ts";
import { apply } from "../../../controller/resources/role/apply.ts";
import { content } from "../../../controller/resources/role/content.ts";
import { diff } from "../../../controller/resources/role/diff.ts";
import type { DesiredRole } from "../../../controller/resources/role/model.ts";
import { observe } from "../../../controller/resources/role/observe.ts";
import { test, type TestDatabase } from "../../support/postgres.ts";
import { desiredRole, kindIn, mark } from "./kit.ts";

const role = { observe, diff, content, apply };
const roles = (database: TestDatabase, server: Server = database.server) => kindIn(role, server, database.signal);
type Given = Parameters<typeof desiredRole>[1];

const password = new Secret("canary-π$'\"");
const every: readonly (readonly [string, Given])[] = [
  ["nothing said", {}],
  ["login", { login: true }],
  ["no inherit", { inherit: false }],
  ["superuser", { superuser: true }],
  ["createdb", { createdb: true }],
  ["createrole", { createrole: true }],
  ["replication", { replication: true }],
  ["bypassrls", { bypassrls: true }],
  ["a connection limit", { connectionLimit: 3 }],
  ["no connection at all", { connectionLimit: 0 }],
  ["an end", { validUntil: "2031-05-06T07:08:09.123+02:00" }],
  ["an end that is a day", { validUntil: "2031-05-06" }],
  ["infinity", { validUntil: "infinity" }],
  ["a password", { login: true, password, generated: "kept" }],
  ["memberships", { inRoles: ["pg_monitor", "pg_read_all_data"] }],
  ["memberships without inherit", { inherit: false, inRoles: ["pg_monitor"] }],
  [
    "all at once",
    { login: true, createdb: true, connectionLimit: 2, password, inRoles: ["pg_monitor"], validUntil: "2031-01-01" },
  ],
];

test.for(every)("%s: created, observed, nothing left to do", async ([, given], { database }) => {
  const wish = [desiredRole(database.unique("app"), given)];
  const { reconcile, plan } = roles(database);
  expect(await reconcile(wish)).toMatch(/^create role:app_\w+ {2}not found/);
  expect(await plan(wish)).toBe("");
});

test.for(every)("%s: reached from its opposite, and left again", async ([, given], { database }) => {
  const name = database.unique("app");
  const { reconcile, plan } = roles(database);
  const wish = [desiredRole(name, given)];
  await reconcile([desiredRole(name)]);
  await reconcile(wish);
  expect(await plan(wish)).toBe("");
  await reconcile([desiredRole(name)]);
  expect(await plan([desiredRole(name)])).toBe("");
});

test("names of every kind", async ({ database }) => {
  const names = [`Upper Case`, `quo"te'd`, `back\\slash`, `$body$`, "%I", "ü".repeat(20)].map((stem) =>
    database.unique(stem),
  );
  names.push(database.unique("x".repeat(63 - database.unique("").length)));
  const [first = ""] = names;
  const wish = names.map((name) => desiredRole(name, { password, inRoles: name === first ? [] : [first] }));
  const { reconcile, plan } = roles(database);
  await reconcile(wish);
  expect(await plan(wish)).toBe("");
  expect(await reconcile([desiredRole(first)])).toMatch(/^drop role:.*(\ndrop role:.*)+$/);
  const left = await database.column("select rolname from pg_roles where rolname like $1", [`%${database.unique("")}`]);
  expect(new Set(left)).toEqual(new Set([first, database.owner]));
});

test("a login works with the password, and an equal one is never written again", async ({ database }) => {
  const name = database.unique("app");
  const wish = [desiredRole(name, { login: true, password })];
  const { reconcile } = roles(database);
  await reconcile(wish);
  const stored = await database.column("select rolpassword from pg_authid where rolname = $1", [name]);
  await (await database.server.login({ user: name, password }, database.name, database.signal)).close();
  expect(await reconcile(wish)).toBe("");
  expect(await database.column("select rolpassword from pg_authid where rolname = $1", [name])).toEqual(stored);
});

test("drift by hand is named and healed", async ({ database }) => {
  const name = database.unique("app");
  const wish = [desiredRole(name, { login: true, password, inRoles: ["pg_monitor"], validUntil: "2031-01-01" })];
  const { reconcile, plan } = roles(database);
  await reconcile(wish);
  await database.query(
    `alter role "${name}" nologin createdb connection limit 1 valid until 'infinity' password 'x'; revoke pg_monitor from "${name}"`,
  );
  expect(await reconcile(wish)).toBe(
    `update role:${name}  connection_limit 1 → unlimited; createdb true → false; login false → true; ` +
      `valid_until never → 2031-01-01T00:00:00.000Z; password changed; in_roles + pg_monitor`,
  );
  expect(await plan(wish)).toBe("");
});

test("a membership that others granted stays, ours goes with the wish", async ({ database }) => {
  const name = database.unique("app");
  const { reconcile, plan } = roles(database);
  await reconcile([desiredRole(name)]);
  await database.query(`grant pg_monitor to "${name}"`);
  const wish = [desiredRole(name, { inRoles: ["pg_monitor", "pg_signal_backend"] })];
  expect(await reconcile(wish)).toBe(`update role:${name}  in_roles + pg_signal_backend`);
  expect(await plan(wish)).toBe("");
  expect(await reconcile([desiredRole(name)])).toBe(`update role:${name}  in_roles - pg_signal_backend`);
  expect(
    await database.column(
      "select r.rolname from pg_auth_members m join pg_roles r on r.oid = m.roleid where m.member = $1::regrole",
      [`"${name}"`],
    ),
  ).toEqual(["pg_monitor"]);
});

test("since 16, memberships follow a changed inherit", async ({ database }) => {
  const name = database.unique("app");
  const { reconcile, plan } = roles(database);
  await reconcile([desiredRole(name, { inRoles: ["pg_monitor"] })]);
  const wish = [desiredRole(name, { inherit: false, inRoles: ["pg_monitor"] })];
  expect(await reconcile(wish)).toBe(`update role:${name}  inherit true → false`);
  expect(await plan(wish)).toBe("");
  const [inherits] = await database.column("select pg_has_role($1, 'pg_monitor', 'usage')", [name]);
  expect(inherits).toBe(false);
});

test("each action twice at once and once more", async ({ database }) => {
  const name = database.unique("app");
  const { repeat, plan } = roles(database);
  const small = [desiredRole(name)];
  const big = [desiredRole(name, { login: true, password, inRoles: ["pg_monitor"], connectionLimit: 2 })];
  for (const wish of [small, big, small]) {
    await repeat(wish);
    expect(await plan(wish)).toBe("");
  }
  await repeat([desiredRole(name, { ensure: "absent" })]);
  expect(await plan([desiredRole(name, { ensure: "absent" })])).toBe("");
});

test("ten sessions create one role at once: one role, ours", async ({ database }) => {
  const wish = [desiredRole(database.unique("app"), { login: true, inRoles: ["pg_monitor"] })];
  const { endpoint, signal, server } = database;
  const sessions = await Promise.all(
    Array.from({ length: 10 }, () => server.login(endpoint.admin, "postgres", signal)),
  );
  await Promise.all(
    sessions.map((session) => roles(database, { ...server, admin: () => Promise.resolve(session) }).reconcile(wish)),
  );
  expect(await roles(database).plan(wish)).toBe("");
});

test("a role dropped and made again by hand is explained, not seized", async ({ database }) => {
  const name = database.unique("app");
  const { reconcile, plan, actions, apply } = roles(database);
  const wish = [desiredRole(name, { login: true })];
  await reconcile(wish);
  const [comment] = await database.column("select shobj_description($1::regrole, 'pg_authid')", [`"${name}"`]);
  const pending = await actions([desiredRole(name, { createdb: true })]);
  await database.query(`drop role "${name}"`);
  await database.query(`create role "${name}"`);
  expect(await plan(wish)).toContain("Poststack did not make it");
  await database.query(`comment on role "${name}" is ${quoteLiteral(String(comment))}`);
  expect(await plan(wish)).toContain("dropped and made again by hand");
  // Planned before the exchange, applied after it.
  await expect(apply(pending)).rejects.toThrow("was changed while this pass ran");
  await expect(apply(await actions(wish))).rejects.toMatchObject({ code: "NAME_TAKEN" });
  expect(await database.query("select rolcanlogin, rolcreatedb from pg_roles where rolname = $1", [name])).toEqual([
    { rolcanlogin: false, rolcreatedb: false },
  ]);
});

test("the printed statement hands a role over; words of people before the mark stay", async ({ database }) => {
  const name = database.unique(`it's "theirs"`);
  const quoted = quoteIdentifier(name);
  await database.query(`create role ${quoted} createdb`);
  const { actions, reconcile, plan } = roles(database);
  const wish = [desiredRole(name, { inRoles: ["pg_monitor"] })];
  const [refusal] = await actions(wish);
  const next = refusal?.verb === "refuse" ? (refusal.error.next ?? "") : "";
  await database.query(next.slice(next.indexOf("comment on role")));
  await database.query(
    `do $$ begin execute (select format('comment on role %I is %L', rolname, E'Ask Ada.\\n' || shobj_description(oid, 'pg_authid'))
     from pg_roles where rolname = ${quoteLiteral(name)}); end $$`,
  );
  expect(await reconcile(wish)).toBe(`update role:${name}  createdb true → false; in_roles + pg_monitor`);
  expect(await plan(wish)).toBe("");
  const [comment] = await database.column(
    "select shobj_description(oid, 'pg_authid') from pg_roles where rolname = $1",
    [name],
  );
  expect(comment).toMatch(new RegExp(`^Ask Ada.\\n${mark} \\d+ memberships \\d+$`));
});

test.for([
  ["nothing", null],
  ["a megabyte", "x".repeat(1 << 20)],
  ["a megabyte after a mark", `${mark} 1 memberships ${"1,".repeat(1 << 19)}1`],
  ["another mark", `poststack ${"00".repeat(16)} 10`],
  ["the mark without an oid", mark],
  ["letters for an oid", `${mark} abc`],
  ["a sign", `${mark} -1`],
  ["an oid beyond all", `${mark} ${"9".repeat(40)}`],
  ["JSON", `{"mark":"${mark}"}`],
  ["quotes and control characters", `'"\\\u0001\n\t${mark}`],
] as const)("%s in a comment makes a role foreign and harms nothing", async ([, comment], { database }) => {
  const odd = database.unique("odd");
  const name = database.unique("app");
  await database.query(`create role "${odd}"`);
  await database.query(`comment on role "${odd}" is ${comment === null ? "null" : quoteLiteral(comment)}`);
  const { reconcile, plan } = roles(database);
  const wish = [desiredRole(name), desiredRole(odd)];
  expect((await roles(database).actions(wish)).map(({ verb }) => verb)).toEqual(["create", "refuse"]);
  await reconcile([desiredRole(name)]);
  expect(await plan([desiredRole(name)])).toBe("");
});

test("a mark with the oid of the role and more digits is not the role's", async ({ database }) => {
  const odd = database.unique("odd");
  await database.query(`create role "${odd}"`);
  const [oid] = await database.column("select oid::text from pg_roles where rolname = $1", [odd]);
  await database.query(`comment on role "${odd}" is '${mark} ${String(oid)}0'`);
  expect(await roles(database).plan([desiredRole(odd)])).toContain("its mark names another role");
});

test("a role that owns something is not dropped, and the databases are named", async ({ database }) => {
  const name = database.unique("app");
  const { reconcile, actions } = roles(database);
  await reconcile([desiredRole(name)]);
  await database.query(`create table kept (n int); alter table kept owner to "${name}"`);
  const [refusal] = await actions([desiredRole(name, { ensure: "absent" })]);
  expect(refusal).toMatchObject({
    verb: "refuse",
    error: {
      code: "ROLE_OWNS_OBJECTS",
      what: `role "${name}" is to go (ensure: absent) and owns 1 object in "${database.name}"`,
      next: expect.stringContaining(`reassign owned by "${name}"`),
    },
  });
});

test("what a role came to own, or was given by others, after the plan stops the drop", async ({ database }) => {
  const name = database.unique("app");
  const { reconcile, actions, apply } = roles(database);
  await reconcile([desiredRole(name)]);
  const drop = await actions([desiredRole(name, { ensure: "absent" })]);
  await database.query(`create table kept (n int)`);
  for (const sql of [
    `alter table kept owner to "${name}"`,
    `alter table kept owner to postgres; grant select on kept to "${name}"`,
  ]) {
    await database.query(sql);
    await expect(apply(drop)).rejects.toMatchObject({ code: "ROLE_OWNS_OBJECTS" });
  }
  expect(await database.column("select count(*)::int from kept")).toEqual([0]);
  await database.query(`revoke select on kept from "${name}"`);
  await apply(drop);
});

test("a role whose database was to go and did not is not dropped; after the database it is", async ({ database }) => {
  const name = database.unique("app");
  const env = database.unique("env");
  const { reconcile, actions, apply } = roles(database);
  await reconcile([desiredRole(name)]);
  await database.query(`create database "${env}" owner "${name}"`);
  try {
    const drop = await actions([desiredRole(name, { ensure: "absent", goesWith: [env] })]);
    await expect(apply(drop)).rejects.toMatchObject({ code: "ROLE_OWNS_OBJECTS" });
    await database.query(`drop database "${env}"`);
    await apply(drop);
    expect(await database.column("select rolname from pg_roles where rolname = $1", [name])).toEqual([]);
  } finally {
    await database.query(`drop database if exists "${env}"`);
  }
});

/** An admin as cloud providers give one: no superuser, CREATEROLE and CREATEDB. */
async function lesserAdmin(database: TestDatabase): Promise<Server> {
  const user = database.unique("cloud_admin");
  await database.query(`create role "${user}" login createrole createdb password 'pw'`);
  const session = await database.server.login({ user, password: new Secret("pw") }, database.name, database.signal);
  return { ...database.server, admin: () => Promise.resolve(session) };
}

test("an admin without superuser manages what it may", async ({ database }) => {
  const server = await lesserAdmin(database);
  const { reconcile, plan, repeat } = roles(database, server);
  const group = database.unique("group");
  const name = database.unique("app");
  const wish = (given: Given): readonly DesiredRole[] => [
    desiredRole(group),
    desiredRole(name, { login: true, password, inRoles: [group], ...given }),
  ];
  await reconcile(wish({}));
  // The catalog's passwords are out of its reach: a login proves them.
  expect(await plan(wish({}))).toBe("");
  expect(await plan(wish({ password: new Secret("other") }))).toBe(`update role:${name}  password changed`);
  await repeat(wish({ password: new Secret("other"), connectionLimit: 4, inherit: false }));
  expect(await plan(wish({ password: new Secret("other"), connectionLimit: 4, inherit: false }))).toBe("");
  expect(await reconcile([desiredRole(group)])).toBe(`drop role:${name}  no longer in the files`);
});

test("an admin without superuser is told what it may not", async ({ database }) => {
  const server = await lesserAdmin(database);
  const { actions, apply, plan } = roles(database, server);
  expect(await plan([desiredRole(database.unique("app"), { superuser: true })])).toContain("only a superuser can make");
  await expect(apply(await actions([desiredRole(database.unique("app"), { bypassrls: true })]))).rejects.toMatchObject({
    code: "NOT_PERMITTED",
  });
});

test("the login that Poststack uses is never altered, nor dropped", async ({ database }) => {
  const { plan } = roles(database);
  expect(await plan([desiredRole("postgres")])).toBe("");
  expect(await plan([desiredRole("postgres", { ensure: "absent" })])).toContain("the login that Poststack itself uses");
});

test("a writer that slept while another took over writes nothing", async ({ database }) => {
  await database.createLedger();
  await database.query("update poststack.system_info set value = '7' where key = 'fence'");
  const name = database.unique("app");
  await expect(roles(database).reconcile([desiredRole(name)])).rejects.toMatchObject({ code: "FENCED" });
  expect(await database.column("select rolname from pg_roles where rolname = $1", [name])).toEqual([]);
});

test("the server's log holds no password, also when the statement fails", async ({ database }) => {
  const wish = [desiredRole(database.unique("app"), { login: true, password, inRoles: ["nobody_at_all"] })];
  const seen: string[] = [];
  const session = database.admin;
  const listening = {
    ...session,
    query: (...args: Parameters<typeof session.query>) => (seen.push(JSON.stringify(args[0])), session.query(...args)),
  };
  const { plan, apply } = roles(database, { ...database.server, admin: () => Promise.resolve(listening) });
  expect(await plan(wish)).toContain("neither the files make nor the server has");
  await expect(apply(diff(wish, []))).rejects.toMatchObject({ code: "ROLE_MISSING" });
  expect(seen.join("\n")).toContain("SCRAM-SHA-256");
  expect(seen.join("\n")).not.toContain("canary");
});
