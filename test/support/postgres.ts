import { randomBytes } from "node:crypto";
import { test as base, inject } from "vitest";
import { postgres } from "../../controller/adapters/postgres.ts";
import { ledgerSteps } from "../../controller/core/ledger.ts";
import type { Endpoint, Login, Row, Server, Session, SqlValue } from "../../controller/core/ports/postgres.ts";
import { Secret } from "../../controller/core/secret.ts";
import { quoteIdentifier } from "../../controller/core/sql.ts";

/** A database of its own for one test, with an owner role of its own: roles are cluster-wide, so names are unique. */
export interface TestDatabase {
  readonly name: string;
  readonly owner: string;
  readonly endpoint: Endpoint;
  /** Superuser, in the database: {@link somebody}. */
  readonly admin: Session;
  readonly signal: AbortSignal;
  /** As the engine gives it to the kinds: sessions as admin and as owner, fence 0, no lock. */
  readonly server: Server;
  /** Unique in this cluster: `reporting` → `reporting_3f9a…`. */
  unique(name: string): string;
  query(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** The first column. */
  column(sql: string, values?: readonly SqlValue[]): Promise<readonly unknown[]>;
  /** Makes schema `poststack` with all its steps. */
  createLedger(): Promise<void>;
}

const adminLogin = (): Login => ({ user: "postgres", password: new Secret(inject("postgres").password) });

/** The superuser as a person: names mean what they mean to everybody in the database, and not the system's alone. */
export const somebody = ({ admin }: Endpoint): Login => ({ ...admin });

/** `test` with a fixture `database`. What the test made in the cluster is gone afterwards, also when it failed. */
export const test = base.extend<{ database: TestDatabase }>({
  // eslint-disable-next-line no-empty-pattern -- the runner reads the fixture's dependencies from this pattern
  database: async ({}, use) => {
    const controller = new AbortController();
    const tag = randomBytes(4).toString("hex");
    const name = `test_${tag}`;
    const owner = `owner_${tag}`;
    const driver = postgres("poststack-test");
    const endpoint: Endpoint = {
      host: "127.0.0.1",
      port: inject("postgres").port,
      sslmode: "disable",
      database: name,
      maintenanceDatabase: "postgres",
      admin: adminLogin(),
      owner: { user: owner, password: new Secret(`pw-${tag}`) },
    };
    const root = await driver.connect(endpoint, endpoint.admin, "postgres", controller.signal);
    await root.query(`create role ${quoteIdentifier(owner)} login password 'pw-${tag}'`, [], controller.signal);
    await root.query(`create database ${quoteIdentifier(name)} owner ${quoteIdentifier(owner)}`, [], controller.signal);
    const admin = await driver.connect(endpoint, somebody(endpoint), name, controller.signal);
    const server = plainServer(endpoint);
    try {
      await use({
        name,
        owner,
        endpoint,
        admin,
        server: server.server,
        signal: controller.signal,
        unique: (stem) => `${stem}_${tag}`,
        query: (sql, values = []) => admin.query(sql, values, controller.signal),
        column: async (sql, values = []) =>
          (await admin.query(sql, values, controller.signal)).map((row) => Object.values(row)[0]),
        createLedger: async () => {
          const steps = ledgerSteps(owner);
          await admin.pipeline(
            [...steps, `update poststack.system_info set value = '${steps.length}' where key = 'ledger_version'`],
            controller.signal,
          );
        },
      });
    } finally {
      await server.close();
      await admin.close();
      const cleaning = new AbortController().signal;
      await root.query(`drop database if exists ${quoteIdentifier(name)} with (force)`, [], cleaning);
      const left = await root.query("select rolname from pg_roles where rolname like $1", [`%_${tag}`], cleaning);
      for (const { rolname } of left) {
        const role = quoteIdentifier(String(rolname));
        await root.query(`drop owned by ${role} cascade`, [], cleaning).catch(() => undefined);
        await root.query(`drop role if exists ${role}`, [], cleaning);
      }
      await root.close();
    }
  },
});

/** A Server without lock and fence over plain sessions. */
function plainServer(endpoint: Endpoint): { server: Server; close: () => Promise<void> } {
  const driver = postgres("poststack-test");
  const opened: Session[] = [];
  let owner: Promise<Session> | undefined;
  let admin: Promise<Session> | undefined;
  const connect = async (login: Login, database: string, signal: AbortSignal): Promise<Session> => {
    const session = await driver.connect(endpoint, login, database, signal);
    opened.push(session);
    return session;
  };
  // Whoever asks first may give up while others wait for the same session.
  const asAdmin = (): Promise<Session> =>
    (admin ??= connect(endpoint.admin, endpoint.database, new AbortController().signal));
  const close = async (): Promise<void> => {
    owner = undefined;
    admin = undefined;
    await Promise.all(opened.splice(0).map((session) => session.close()));
  };
  return {
    close,
    server: {
      database: asAdmin,
      admin: asAdmin,
      owner: (signal) => (owner ??= connect(endpoint.owner, endpoint.database, signal)),
      maintenance: (signal) => driver.connect(endpoint, endpoint.admin, endpoint.maintenanceDatabase, signal),
      login: connect,
      fence: () => 0,
      reset: close,
    },
  };
}
