import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { reconcileMigrations } from "../../migrations.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** The present schema counts as what the migrations up to a version made: they are recorded and not run. */
export async function baselineCommand(
  { args: [baseline = "", name], options }: Invocation,
  world: World,
): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const settled = `Nothing to do: the ledger holds every migration up to ${baseline}.`;
  return reconcileMigrations(name, { baseline, target: baseline }, settled, options, context);
}
