import { resolve } from "node:path";
import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { reconcile } from "../../reconcile.ts";
import { changeOptionsOf } from "../../selection.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** The wish for a backup taken since now. */
export async function takeCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const output = options.text("output");
  const backup = { type: "take", ...(output === undefined ? {} : { output: resolve(world.cwd, output) }) } as const;
  const opened = openEnvironment(context, name, { backup });
  return reconcile(opened, context, { ...changeOptionsOf(options), settleLimitMs: "none" });
}
