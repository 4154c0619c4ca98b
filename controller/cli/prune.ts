import type { PruneOptions } from "../config/desired/options.ts";
import { contextOf } from "./context.ts";
import type { ExitCode } from "./exit.ts";
import { openEnvironment } from "./open.ts";
import { reconcile } from "./reconcile.ts";
import { changeOptionsOf } from "./selection.ts";
import type { Invocation } from "./spec.ts";
import type { World } from "./world.ts";

/** The wish that only what nobody asks for goes: everything else stays as it is. */
export async function pruneWith(
  prune: PruneOptions,
  settledText: string,
  { args: [name], options }: Invocation,
  world: World,
): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name, { prune, deleteData: options.flag("deleteData") });
  return reconcile(opened, context, { ...changeOptionsOf(options), settleLimitMs: "none", settledText });
}
