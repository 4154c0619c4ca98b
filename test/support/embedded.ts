import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clock } from "../../controller/adapters/clock.ts";
import { embeddedServers } from "../../controller/adapters/embedded.ts";
import { postgres } from "../../controller/adapters/postgres.ts";
import type { EmbeddedServers, EmbeddedSpec } from "../../controller/core/ports/embedded.ts";
import type { Endpoint, Login, Session } from "../../controller/core/ports/postgres.ts";
import { Secret } from "../../controller/core/secret.ts";
import { projectRoot } from "./build.ts";
import { freePort } from "./cluster.ts";

/** A project of its own with one environment, `dev`, and the embedded server in it. */
export interface Sandbox {
  readonly project: string;
  /** The environment's state directory. */
  readonly directory: string;
  readonly spec: EmbeddedSpec;
  readonly admin: Login;
  readonly servers: EmbeddedServers;
  readonly signal: AbortSignal;
  connect(port?: number): Promise<Session>;
  /** One value. */
  ask(sql: string): Promise<unknown>;
  /** Stops the server and removes everything, wherever it lies. */
  dispose(): Promise<void>;
}

export const testPassword = "pä$$ 'word\"\\1";

export async function sandbox(
  major: number | undefined,
  options: { readonly under?: string; readonly environment?: NodeJS.ProcessEnv } = {},
): Promise<Sandbox> {
  const project = mkdtempSync(join(options.under ?? tmpdir(), "poststack-test-"));
  const directory = join(project, ".poststack", "dev");
  const admin: Login = { user: "postgres", password: new Secret(testPassword) };
  const driver = postgres("poststack-test");
  const environment = options.environment ?? process.env;
  const servers = embeddedServers({ directory, root: projectRoot, environment, postgres: driver, clock });
  const spec: EmbeddedSpec = { name: "dev", major, bind: "127.0.0.1", port: await freePort() };
  const { signal } = new AbortController();
  const connect = (port = spec.port): Promise<Session> => {
    const endpoint: Endpoint = {
      host: "127.0.0.1",
      port,
      sslmode: "disable",
      database: "postgres",
      maintenanceDatabase: "postgres",
      admin,
      owner: admin,
    };
    // As a person, to whom names mean what they mean to everybody.
    return driver.connect(endpoint, { ...admin }, "postgres", signal);
  };
  return {
    project,
    directory,
    spec,
    admin,
    servers,
    signal,
    connect,
    ask: async (sql) => {
      const session = await connect();
      try {
        return Object.values((await session.query(sql, [], signal))[0] ?? {})[0];
      } finally {
        await session.close();
      }
    },
    dispose: async () => {
      try {
        if (existsSync(directory)) await servers.remove(spec, signal);
      } finally {
        rmSync(project, { recursive: true, force: true });
      }
    },
  };
}
