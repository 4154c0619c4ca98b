import { compareOrders } from "../../../resources/migration/version.ts";
import { contextOf, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { look, type Look } from "../../look.ts";
import { reconcileMigrations, serverDown, targetOf } from "../../migrations.ts";
import { openEnvironment } from "../../open.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Back to a version; without one, one back. The version is settled before the plan, so that what is shown is what runs. */
export async function rollbackCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const target = targetOf(options) ?? (await oneBack(name, context));
  if (target === undefined) {
    context.note("Nothing to roll back: no migration is applied.");
    return exitCode.done;
  }
  const settled = `Nothing to do: nothing after ${target === "0" ? "the beginning" : target} is applied.`;
  return reconcileMigrations(name, { target, rollback: true }, settled, options, context);
}

/** The version before the ledger's head; `0` before the first one. */
async function oneBack(name: string | undefined, context: Context): Promise<string | undefined> {
  const opened = openEnvironment(context, name);
  const versions = await look(opened, context.world.signal, (seen) => Promise.resolve(appliedVersions(seen)));
  if (versions === undefined) throw serverDown(opened.environment);
  return versions.length === 0 ? undefined : (versions.at(-2) ?? "0");
}

/** The last two, by name where a version is in several files; undefined when the server cannot be asked. */
function appliedVersions({ observation }: Look): readonly string[] | undefined {
  const { migration } = observation.observed;
  if (migration === undefined) return undefined;
  const rows = migration[0]?.rows ?? [];
  const isAlone = (version: string): boolean => rows.filter((row) => row.version === version).length === 1;
  const last = [...rows].sort((a, b) => compareOrders(a.order, b.order)).slice(-2);
  return last.map(({ version, name }) => (isAlone(version) ? version : name));
}
