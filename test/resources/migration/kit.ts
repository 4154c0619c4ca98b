import { readFileSync } from "node:fs";
import { clock } from "../../../controller/adapters/clock.ts";
import { projectFiles } from "../../../controller/adapters/files.ts";
import { sqlParser } from "../../../controller/adapters/sql-parser.ts";
import { readMigrations } from "../../../controller/config/migrations.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import type { Server } from "../../../controller/core/ports/postgres.ts";
import type { Link, Result } from "../../../controller/core/resource.ts";
import { chain } from "../../../controller/engine/chain.ts";
import type { Action } from "../../../controller/resources/index.ts";
import { apply } from "../../../controller/resources/migration/apply.ts";
import { diff } from "../../../controller/resources/migration/diff.ts";
import type { DesiredMigrations, MigrationAction } from "../../../controller/resources/migration/model.ts";
import { observe } from "../../../controller/resources/migration/observe.ts";
import { corpusPath } from "../../support/corpus.ts";
import type { TestDatabase } from "../../support/postgres.ts";
import { projectWith, type TestProject } from "../../support/project.ts";

const place = { file: ".poststack.yml", line: 2, column: 3 };

/** A project whose migrations folder holds these files. */
export const migrations = (files: Readonly<Record<string, string | Buffer>>): TestProject =>
  projectWith(Object.fromEntries(Object.entries(files).map(([name, text]) => [`migrations/${name}`, text])));

export interface World {
  readonly database: TestDatabase;
  readonly project: TestProject;
  readonly progress: string[];
  readonly ports: Ports;
}

/** What the kind needs of the ports. Waits between tries are cut short; everything else is real. */
export function world(database: TestDatabase, project: TestProject, server: Server = database.server): World {
  const progress: string[] = [];
  const ports = {
    clock: { ...clock, sleep: (ms: number, signal: AbortSignal) => clock.sleep(Math.min(ms, 20), signal) },
    files: projectFiles(project.root),
    parser: sqlParser,
    server,
    progress: (line: string) => progress.push(line),
  } as unknown as Ports;
  return { database, project, progress, ports };
}

export const wish = ({ ports }: World, options: Partial<DesiredMigrations> = {}): DesiredMigrations => ({
  folder: "migrations",
  files: readMigrations(ports.files, "migrations", place),
  rollback: false,
  replay: false,
  repair: false,
  rehearse: false,
  dependsOn: [],
  place,
  ...options,
});

export async function planOf(it: World, options: Partial<DesiredMigrations> = {}): Promise<readonly MigrationAction[]> {
  const desired = wish(it, options);
  return diff([desired], await observe([desired], it.ports, it.database.signal));
}

/** One pass: what the engine would do, each sent behind the one before; the first failure stops it. Gives the plan. */
export async function pass(it: World, options: Partial<DesiredMigrations> = {}): Promise<readonly MigrationAction[]> {
  const plan = await planOf(it, options);
  await carryOut(it, plan);
  return plan;
}

export async function carryOut(it: World, plan: readonly MigrationAction[]): Promise<readonly Result[]> {
  const one = (action: Action, link: Link<Action>): Promise<Result> =>
    apply(action as MigrationAction, it.ports, it.database.signal, link as Link<MigrationAction>);
  const { run } = chain(plan, one, () => true);
  const results: Result[] = [];
  for (const action of plan) results.push(await run(action));
  return results;
}

export const render = (actions: readonly MigrationAction[]): readonly string[] =>
  actions.map((action) =>
    action.verb === "refuse" ? `refuse ${action.id} ${action.error.code}` : `${action.verb} ${action.id}`,
  );

export async function failureOf(promise: Promise<unknown>): Promise<PoststackError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PoststackError)) throw new Error(`not an error of ours: ${String(error)}`);
  return error;
}

const snapshotQuery = (): string => readFileSync(corpusPath("migrations/snapshot.sql"), "utf8").replace(/;\s*$/, "");

/** The schema as sorted lines, without our own. */
export async function schemaOf(database: TestDatabase): Promise<string> {
  const [text] = await database.column(snapshotQuery());
  return String(text)
    .split("\n")
    .filter((line) => !/^(?:[A-Z] poststack\.|I poststack )/.test(line))
    .join("\n");
}
