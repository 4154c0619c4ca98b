import type { TestProject } from "vitest/node";
import { buildOnce } from "./build.ts";
import { startCluster } from "./cluster.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The Postgres that tests share: each test makes a database of its own in it. */
    postgres: { readonly port: number; readonly password: string };
  }
}

/** Once for the whole run: a fresh bundle, and one Postgres for all tests that only need a database. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  buildOnce();
  const cluster = await startCluster();
  project.provide("postgres", { port: cluster.port, password: cluster.password });
  return cluster.stop;
}
