import { join } from "node:path";
import type { Context } from "./context.ts";
import type { OpenedProject } from "./open.ts";

/** What the state directory holds of an environment that the configuration does not have any more. */
export interface Forgotten {
  readonly name: string;
  /** Null: there is no server of its own on this machine. */
  readonly serverRunning: boolean | null;
  readonly processesRunning: number;
}

/** As the configuration has it for environments. */
const grammar = /^[a-z0-9][a-z0-9-]{0,30}$/;

/**
 * Environments that were applied once and are gone from the file, sorted by name. They run on, and no command that reads
 * the file would ever speak of them. Cheap: nobody logs in anywhere.
 */
export async function forgottenEnvironments(
  { project, root }: OpenedProject,
  { world, log }: Context,
): Promise<readonly Forgotten[]> {
  const stateRoot = world.stateRoot(root);
  if (!world.exists(stateRoot)) return [];
  const names = world
    .openFiles(stateRoot)
    .list(".")
    .filter((name) => grammar.test(name) && world.exists(join(stateRoot, name, "state.json")))
    .filter((name) => project.environments.get(name)?.template !== false);
  return Promise.all(
    names.map(async (name): Promise<Forgotten> => {
      const { embedded, host } = world.openEngine(root, name, log);
      // Data that another project made is told where it is asked for.
      const facts = await embedded
        .observe({ name, major: undefined, bind: "127.0.0.1", port: 0 }, world.signal)
        .catch(() => undefined);
      const records = await host.processes(world.signal);
      return {
        name,
        serverRunning: facts?.dataMajor === undefined ? null : facts.running,
        processesRunning: records.filter(({ running }) => running).length,
      };
    }),
  );
}

/** `Postgres runs, 2 processes run` */
export function forgottenText({ serverRunning, processesRunning }: Forgotten): string {
  const server = serverRunning === null ? [] : [serverRunning ? "Postgres runs" : "its Postgres has data and is down"];
  const processes =
    processesRunning === 0 ? [] : [processesRunning === 1 ? "1 process runs" : `${processesRunning} processes run`];
  const all = [...server, ...processes];
  return all.length === 0 ? "nothing of it runs on this machine" : all.join(", ");
}

export const forgottenNext = (name: string): string =>
  `put ${name} back into the file, then: poststack destroy ${name}`;

/** For a person, on standard error: what the answer is not about. */
export function noteForgotten(all: readonly Forgotten[], project: OpenedProject["project"], context: Context): void {
  for (const one of all) {
    context.note(
      `${context.paintError("change", "!")} ${one.name} is not in ${project.fileName} any more: ${forgottenText(one)}\n  next: ${forgottenNext(one.name)}`,
    );
  }
}
