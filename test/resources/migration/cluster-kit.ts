import { somebody } from "../../support/postgres.ts";
import { postgres } from "../../../controller/adapters/postgres.ts";
import { ledgerSteps } from "../../../controller/core/ledger.ts";
import type { Endpoint, Row, Server } from "../../../controller/core/ports/postgres.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { passServer, type PassServer } from "../../../controller/engine/server.ts";
import { startCluster } from "../../support/cluster.ts";

/** A Postgres of this test's own, to be killed, with one database, its owner and the ledger. */
export interface OwnCluster {
  readonly endpoint: Endpoint;
  /** As a command of its own would see it: fresh sessions, closed with the cluster. */
  readonly server: (change?: Partial<Endpoint>) => Server;
  /** As admin, on a connection of its own; waits while the server recovers. */
  readonly query: (sql: string) => Promise<readonly Row[]>;
  readonly stop: () => Promise<void>;
}

export async function ownCluster(signal: AbortSignal): Promise<OwnCluster> {
  const cluster = await startCluster();
  const driver = postgres("poststack-test");
  const endpoint: Endpoint = {
    host: "127.0.0.1",
    port: cluster.port,
    sslmode: "disable",
    database: "app",
    maintenanceDatabase: "postgres",
    admin: { user: "postgres", password: new Secret(cluster.password) },
    owner: { user: "owner", password: new Secret("pw") },
  };
  const ask = async (database: string, sql: string): Promise<readonly Row[]> => {
    for (;;) {
      try {
        const session = await driver.connect(endpoint, somebody(endpoint), database, signal);
        try {
          return await session.query(sql, [], signal);
        } finally {
          await session.close();
        }
      } catch (error) {
        const code = (error as { readonly code?: string }).code;
        // Recovering after a kill.
        if (code !== "POSTGRES_BUSY" && code !== "POSTGRES_UNREACHABLE") throw error;
      }
    }
  };
  await ask("postgres", "create role owner login password 'pw'");
  await ask("postgres", "create database app owner owner");
  for (const step of ledgerSteps("owner")) await ask("app", step);
  const opened: PassServer[] = [];
  return {
    endpoint,
    server: (change = {}) => {
      const server = passServer({ ...endpoint, ...change }, driver);
      opened.push(server);
      return server;
    },
    query: (sql) => ask("app", sql),
    stop: async () => {
      await Promise.all(opened.map((server) => server.close()));
      await cluster.stop();
    },
  };
}
