import type { TestProject } from "vitest/node";
import { startBroker } from "../engine/broker.ts";
import { buildOnce } from "./build.ts";
import { startCluster } from "./cluster.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The Postgres that tests share: each test makes a database of its own in it. */
    postgres: { readonly port: number; readonly password: string };
    /** The socket where test files ask for a container engine, which is started then. */
    engines: string;
  }
}

/** Once for the whole run: a fresh bundle, one Postgres for all tests that only need a database, and a way to engines. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  buildOnce();
  const cluster = await startCluster();
  project.provide("postgres", { port: cluster.port, password: cluster.password });
  const broker = await startBroker();
  project.provide("engines", broker.socket);
  return async () => {
    await broker.stop();
    await cluster.stop();
  };
}
