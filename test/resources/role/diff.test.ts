import { expect, test } from "vitest";
import { resourceId } from "../../../controller/core/id.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { diff } from "../../../controller/resources/role/diff.ts";
import type { ObservedRole } from "../../../controller/resources/role/model.ts";
import { desiredRole, mark, observedRole } from "./kit.ts";

const handover = { database: "a", databaseId: resourceId("database", "a"), to: "other" };
const password = new Secret("canary");
const admin = observedRole("postgres", { isAdmin: true, owner: "foreign", superuser: true, oid: 10 });
const weakAdmin = { ...admin, attributes: { ...admin.attributes, superuser: false } };
const servers = [admin, ...["pg_monitor", "pg_read_all_data"].map((name) => observedRole(name, { owner: "foreign" }))];
type Given<F extends typeof desiredRole | typeof observedRole> = Parameters<F>[1];

test.each<[string, Given<typeof desiredRole>, Given<typeof observedRole>, string]>([
  ["equal roles need nothing", { login: true }, { login: true }, ""],
  ["a lost attribute is restored", { login: true }, { login: false }, "update role:app  login false → true"],
  [
    "each drift is named",
    { inherit: false, connectionLimit: 5 },
    {},
    "update role:app  connection_limit unlimited → 5; inherit true → false",
  ],
  ["never is infinity", { validUntil: "infinity" }, {}, ""],
  [
    "one instant in two forms",
    { validUntil: "2030-01-01T02:00:00+02:00" },
    { validUntil: "2030-01-01T00:00:00.000Z" },
    "",
  ],
  [
    "an end that was set by hand",
    {},
    { validUntil: "2030-01-01T00:00:00.000Z" },
    "update role:app  valid_until 2030-01-01T00:00:00.000Z → never",
  ],
  ["an equal password is not written", { password }, { password: "matches" }, ""],
  ["another password", { password }, { password: "differs" }, "update role:app  password changed"],
  ["no password yet", { password }, { password: "none" }, "update role:app  password none → set"],
  ["a password that nobody may compare", { password }, { password: "unknown" }, ""],
  ["a password that is none of our business", {}, { password: "none" }, ""],
  [
    "a membership that is missing",
    { inRoles: ["pg_read_all_data"] },
    {},
    "update role:app  in_roles + pg_read_all_data",
  ],
  [
    "a membership of ours that nobody wishes",
    {},
    { inRoles: ["pg_monitor"], ourMemberships: ["pg_monitor"] },
    "update role:app  in_roles - pg_monitor",
  ],
  ["a membership that others made stays", {}, { inRoles: ["pg_monitor"] }, ""],
  ["a membership that others made is enough", { inRoles: ["pg_monitor"] }, { inRoles: ["pg_monitor"] }, ""],
  [
    "a membership of ours that does not inherit",
    { inRoles: ["pg_monitor"] },
    { inRoles: ["pg_monitor"], ourMemberships: ["pg_monitor"], inheriting: [] },
    "update role:app  inherit of pg_monitor false → true",
  ],
  [
    "a foreign role is not seized",
    {},
    { owner: "foreign" },
    `refuse role:app  role "app" exists and is not this environment's: Poststack did not make it`,
  ],
  [
    "a role that was made again by hand is explained",
    {},
    { owner: "foreign", strayMark: true },
    `refuse role:app  role "app" exists and is not this environment's: its mark names another role: it was dropped and made again by hand, or restored from a dump`,
  ],
  ["the login that Poststack uses is left alone", { login: true }, { owner: "foreign", isAdmin: true }, ""],
  ["absent and ours", { ensure: "absent" }, {}, "drop role:app  ensure: absent"],
  [
    "absent and owning something",
    { ensure: "absent" },
    { ownedObjects: 2, ownsIn: ["a", "b"] },
    `refuse role:app  role "app" is to go (ensure: absent) and owns 2 objects in "a", "b"`,
  ],
  [
    "absent, with all that it owns",
    { ensure: "absent", goesWith: ["a", "b"] },
    { ownedObjects: 2, ownsIn: ["a", "b"] },
    "drop role:app  goes with its environment",
  ],
  [
    "absent, with a part of what it owns",
    { ensure: "absent", goesWith: ["a"] },
    { ownedObjects: 2, ownsIn: ["a", "b"] },
    `refuse role:app  role "app" is to go (goes with its environment) and owns 2 objects in "a", "b"`,
  ],
  [
    "absent and owning what no database holds",
    { ensure: "absent", goesWith: ["a"] },
    { ownedObjects: 1, ownsIn: [] },
    `refuse role:app  role "app" is to go (goes with its environment) and owns 1 object`,
  ],
  [
    "absent, and its database goes to another with all that it owns",
    { ensure: "absent", handover },
    { ownedObjects: 2, ownsIn: ["a"], ownsDatabases: ["a"] },
    "drop role:app  ensure: absent; what it owns goes to other with the database",
  ],
  [
    "absent, and something that it owns lies in another database",
    { ensure: "absent", handover },
    { ownedObjects: 2, ownsIn: ["a", "b"], ownsDatabases: ["a"] },
    `refuse role:app  role "app" is to go (ensure: absent) and owns 2 objects in "a", "b"`,
  ],
  [
    "absent, and owning something in a database that is not its own",
    { ensure: "absent", handover },
    { ownedObjects: 2, ownsIn: ["a"] },
    `refuse role:app  role "app" is to go (ensure: absent) and owns 2 objects in "a"`,
  ],
  [
    "absent and foreign",
    { ensure: "absent" },
    { owner: "foreign" },
    `refuse role:app  role "app" exists and is not this environment's: Poststack did not make it`,
  ],
  [
    "a generated password that is gone",
    { password, generated: "new" },
    { password: "differs" },
    `refuse role:app  role "app" has a password that was generated here and is no longer on disk`,
  ],
  [
    "a generated password for a role that has none",
    { password, generated: "new" },
    { password: "none" },
    "update role:app  password none → set",
  ],
])("%s", (_name, desired, observed, expected) => {
  expect(renderActions(diff([desiredRole("app", desired)], [...servers, observedRole("app", observed)]))).toBe(
    expected,
  );
});

test.each<[string, string, Given<typeof desiredRole>, readonly ObservedRole[], string]>([
  [
    "no server yet",
    "app",
    { login: true, password, inRoles: ["later"] },
    [],
    "create role:app  not found; login; password; in_roles later",
  ],
  [
    "not there",
    "app",
    { connectionLimit: 3, inherit: false },
    [admin],
    "create role:app  not found; connection_limit 3; no inherit",
  ],
  ["absent and not there", "app", { ensure: "absent" }, [admin], ""],
  ["a reserved name", "pg_app", {}, [admin], `refuse role:pg_app  "pg_app" is a name that Postgres keeps for itself`],
  ["public", "public", {}, [], `refuse role:public  "public" is a name that Postgres keeps for itself`],
  [
    "a date that is none",
    "app",
    { validUntil: "tomorrow" },
    [],
    'refuse role:app  valid_until of role "app" is not a date: tomorrow',
  ],
  [
    "in a role that nobody makes",
    "app",
    { inRoles: ["reader"] },
    [admin],
    `refuse role:app  role "app" is to be in "reader", which neither the files make nor the server has`,
  ],
  [
    "a superuser asked of a lesser admin",
    "app",
    { superuser: true },
    [weakAdmin],
    `refuse role:app  role "app" is to be superuser, which only a superuser can make; Poststack works as "postgres"`,
  ],
  ["a superuser", "app", { superuser: true }, [admin], "create role:app  not found; superuser"],
])("%s", (_name, name, desired, observed, expected) => {
  expect(renderActions(diff([desiredRole(name, desired)], observed))).toBe(expected);
});

test("what is ours and no longer in the files goes, what is foreign stays", () => {
  const observed = [admin, observedRole("app"), observedRole("old"), observedRole("guest", { owner: "foreign" })];
  expect(renderActions(diff([desiredRole("app")], observed))).toBe("drop role:old  no longer in the files");
});

test("a refusal prints the statement that hands the role over", () => {
  const [action] = diff([desiredRole(`a"p'p`)], [admin, observedRole(`a"p'p`, { owner: "foreign", oid: 4711 })]);
  expect(action).toMatchObject({
    error: { code: "NAME_TAKEN", next: expect.stringContaining(`comment on role "a""p'p" is '${mark} 4711';`) },
  });
});

test("no password is in any action's text", () => {
  expect(JSON.stringify(diff([desiredRole("app", { password })], []))).not.toContain("canary");
});
