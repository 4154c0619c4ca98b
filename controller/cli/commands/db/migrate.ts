import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { reconcileMigrations, targetOf } from "../../migrations.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Pending migrations, all of them or up to a version, with what they need. */
export async function migrateCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const target = targetOf(options);
  const settled = `Nothing to do: every migration${target === undefined ? "" : ` up to ${target}`} is applied.`;
  return reconcileMigrations(name, { target }, settled, options, context);
}
