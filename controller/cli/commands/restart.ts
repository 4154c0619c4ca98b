import { contextOf } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { openEnvironment } from "../open.ts";
import { reconcile } from "../reconcile.ts";
import { changeOptionsOf } from "../selection.ts";
import type { Invocation } from "../spec.ts";
import type { World } from "../world.ts";

/** One service that was started after this moment: older ones are restarted. */
export async function restartCommand({ args: [service = ""], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const restart = { services: [service], startedAfter: new Date() };
  const opened = openEnvironment(context, options.text("env"), { restart });
  const target = service === "postgres" ? "instance" : `process:${service}`;
  return reconcile(opened, context, { ...changeOptionsOf(options), selection: { targets: [target] } });
}
