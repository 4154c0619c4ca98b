import { readdirSync, rmSync } from "node:fs";
import { expect } from "vitest";
import { dataDirectory, markedProcesses, postmastersOf } from "./scenario-processes.ts";
import type { Project } from "./scenario.ts";
import type { Running } from "./command.ts";

export const moments = ["at its start", "in the middle", "at its end"] as const;
export type Moment = (typeof moments)[number];

/**
 * Ends the command with SIGKILL at a moment of one of its actions: as soon as it tells of the action's start, so many
 * milliseconds later, or as soon as it tells of its end.
 */
export async function killAt(command: Running, id: string, moment: Moment, delayMs: number): Promise<void> {
  command.onLine((line) => {
    if (line.id !== id) return;
    if (line.type === "start" && moment === "at its start") command.kill("SIGKILL");
    if (line.type === "start" && moment === "in the middle") setTimeout(() => command.kill("SIGKILL"), delayMs);
    if (line.type === "end") command.kill("SIGKILL");
  });
  const { signal, text } = await command.ended;
  if (signal !== "SIGKILL") throw new Error(`${id} was not reached\n${text}`);
}

/** The same numbers in [0, 1) for the same seed, so that a failing run can be had again. (mulberry32) */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the quickstart must come to, whatever happened before: nothing to do, and one of each. */
export async function expectWhole(project: Project): Promise<void> {
  const state = project.path(".poststack/dev");
  const [, ...products] = project.read("seed/products.csv").trim().split("\n");
  const isForward = (name: string): boolean => name.endsWith(".sql") && !name.endsWith(".rollback.sql");
  const migrations = readdirSync(project.path("migrations")).filter(isForward);
  const [found] = await project.sql(`select
    (select array_agg(concat_ws(',', sku, name, price_cents) order by sku collate "C") from products) as products,
    (select array_agg(concat(name, '.sql ', state) order by "order") from poststack.schema_migrations) as migrations,
    (select array_agg(distinct state) from poststack.job_runs where id in (select max(id) from poststack.job_runs)) as job`);
  expect({ ...found, plan: await project.plan(), ...runningIn(state), left: leftBeside(state) }).toEqual({
    products: products.toSorted(),
    migrations: migrations.toSorted().map((name) => `${name} applied`),
    job: ["succeeded"],
    plan: [],
    servers: 1,
    processes: 1,
    left: [],
  });
}

export const runningIn = (state: string): { readonly servers: number; readonly processes: number } => ({
  servers: postmastersOf(state).length,
  processes: markedProcesses(state).length,
});

/** What a dead command began and nobody has cleared away: siblings of files and of the data directory. */
function leftBeside(state: string): readonly string[] {
  const folders = [state, `${state}/processes`, dataDirectory(state), dataDirectory(state).replace(/\/[^/]+$/, "")];
  return folders.flatMap((folder) => readdirSync(folder).filter((name) => /\.new-|\.password$|\.partial$/.test(name)));
}

/**
 * The quickstart's server as it is when it has just been made: no role, no database, nothing deployed. What the first
 * apply does after that can so be repeated without a new initdb.
 */
export async function emptyServer(project: Project): Promise<void> {
  const state = project.path(".poststack/dev");
  for (const pid of markedProcesses(state)) process.kill(pid, "SIGKILL");
  for (const name of ["processes", "logs"]) rmSync(`${state}/${name}`, { recursive: true, force: true });
  const database = "postgres";
  await project.sql("drop database if exists quickstart_dev with (force)", { database });
  await project.sql("drop role if exists quickstart_dev, quickstart_reporting", { database });
}
