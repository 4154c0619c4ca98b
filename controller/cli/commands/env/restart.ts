import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { reconcile } from "../../reconcile.ts";
import { changeOptionsOf } from "../../selection.ts";
import type { Invocation } from "../../spec.ts";
import { refuseUnprepared } from "../../unprepared.ts";
import type { World } from "../../world.ts";

/** Server and processes that were started after this moment: older ones are restarted. */
export async function restartCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name, { restart: { services: "all", startedAfter: new Date() } });
  const { resources } = await opened.load();
  const services = [...resources.process, ...resources.container].map(({ id }) => id);
  await refuseUnprepared(openEnvironment(context, name), new Set(services), world.signal);
  return reconcile(opened, context, changeOptionsOf(options));
}
