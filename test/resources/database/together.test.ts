import { expect } from "vitest";
import { postgres } from "../../../controller/adapters/postgres.ts";
import { resourceId } from "../../../controller/core/id.ts";
import { ledgerVersion } from "../../../controller/core/ledger.ts";
import type { Login } from "../../../controller/core/ports/postgres.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { passServer } from "../../../controller/engine/server.ts";
import type { DesiredExtension } from "../../../controller/resources/extension/model.ts";
import type { DesiredGrant } from "../../../controller/resources/grant/model.ts";
import { resources } from "../../../controller/resources/index.ts";
import type { DesiredRole } from "../../../controller/resources/role/model.ts";
import { test, type TestDatabase } from "../../support/postgres.ts";
import { desiredRole, kindIn, mark, place } from "../role/kit.ts";

/** One environment as its files might ask for it: all that lives inside a server. */
async function throughItsLife(database: TestDatabase, admin: Login, extensionName: string): Promise<void> {
  const name = database.unique("env");
  const [app, reader] = [database.unique("app"), database.unique("reader")];
  const server = passServer({ ...database.endpoint, admin, database: name }, postgres("poststack-test"));
  const { signal } = database;
  const role = kindIn(resources.role, server, signal);
  const base = kindIn(resources.database, server, signal);
  const extension = kindIn(resources.extension, server, signal);
  const grant = kindIn(resources.grant, server, signal);

  const goesWith = [name];
  const roles = (given: Partial<DesiredRole> = {}): readonly DesiredRole[] => [
    desiredRole(app, { login: true, password: new Secret("app-pw"), goesWith, ...given }),
    desiredRole(reader, { login: true, password: new Secret("reader-pw"), inRoles: [app], goesWith, ...given }),
  ];
  const databases = (to: "present" | "absent") => [
    {
      id: resourceId("database", name),
      name,
      owner: app,
      ledgerVersion,
      mark,
      to,
      deleteData: true,
      dependsOn: [],
      place,
    },
  ];
  const extensions: readonly DesiredExtension[] = [
    { id: resourceId("extension", extensionName), name: extensionName, dependsOn: [], place },
  ];
  const common = { to: reader, withGrantOption: false, owner: app, dependsOn: [], place };
  const grants: readonly DesiredGrant[] = [
    {
      ...common,
      id: resourceId("grant", "c"),
      on: { type: "database", name },
      privileges: ["connect"],
      forFuture: false,
    },
    {
      ...common,
      id: resourceId("grant", "s"),
      on: { type: "schema", schema: "public" },
      privileges: ["usage"],
      forFuture: false,
    },
    {
      ...common,
      id: resourceId("grant", "t"),
      on: { type: "table", schema: "public", names: "all" },
      privileges: ["select"],
      forFuture: true,
    },
  ];
  const plans = async (): Promise<readonly string[]> => [
    await role.plan(roles()),
    await base.plan(databases("present")),
    await extension.plan(extensions),
    await grant.plan(grants),
  ];
  try {
    expect(
      (await plans())
        .join("\n")
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual([...["create", "create", "create", "create", "create", "create", "create"]]);
    await role.reconcile(roles());
    await base.reconcile(databases("present"));
    await extension.reconcile(extensions);
    await grant.reconcile(grants);
    expect(await plans()).toEqual(["", "", "", ""]);

    // Nothing is wished any more but the database and its owner.
    expect(await grant.reconcile([])).toMatch(/^revoke grant:/);
    expect(await extension.reconcile([])).toMatch(/^drop extension:/);
    expect(await role.reconcile(roles().slice(0, 1))).toMatch(/^drop role:reader/);
    expect([await grant.plan([]), await extension.plan([]), await role.plan(roles().slice(0, 1))]).toEqual([
      "",
      "",
      "",
    ]);

    // The environment goes, its data with it.
    const leaving = await role.actions(roles({ ensure: "absent" }).slice(0, 1));
    expect(leaving.map(({ verb }) => verb)).toEqual(["drop"]);
    await base.reconcile(databases("absent"));
    await role.apply(leaving);
    expect(await base.plan(databases("absent"))).toBe("");
    expect(await role.plan(roles({ ensure: "absent" }))).toBe("");
  } finally {
    await server.close();
    await database.query(`drop database if exists "${name}" with (force)`);
  }
}

test("an environment's life inside a server, as superuser", async ({ database }) => {
  await throughItsLife(database, database.endpoint.admin, "hstore");
});

test("an environment's life inside a server, with an admin as cloud providers give one", async ({ database }) => {
  const user = database.unique("cloud_admin");
  await database.query(`create role "${user}" login createrole createdb password 'pw'`);
  // A trusted extension: no superuser is needed (manual: CREATE EXTENSION).
  await throughItsLife(database, { user, password: new Secret("pw") }, "citext");
});
