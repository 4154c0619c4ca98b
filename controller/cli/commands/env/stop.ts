import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { reconcile } from "../../reconcile.ts";
import { changeOptionsOf } from "../../selection.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Processes and server stop; data stays. */
export async function stopCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name, { to: "stopped" });
  return reconcile(opened, context, { ...changeOptionsOf(options), settledText: "Nothing to do: nothing runs." });
}
