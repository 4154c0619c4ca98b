import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { reconcile } from "../../reconcile.ts";
import { changeOptionsOf, scaleOf } from "../../selection.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Everything up, in order: the same as apply. */
export async function startCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name, { scale: scaleOf(options) });
  return reconcile(opened, context, changeOptionsOf(options));
}
