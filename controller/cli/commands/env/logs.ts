import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { logViewOptions } from "../../logs/options.ts";
import { openLogsOf } from "../../open-logs.ts";
import { showLogs } from "../../show-logs.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** The logs of everything in an environment, or of some services. */
export async function logsCommand({ args: [name, ...services], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = await openLogsOf(context, name);
  const named = services.flatMap((service) => service ?? []);
  return showLogs(opened, context, named, logViewOptions(options, 50, opened.ports.clock.date()));
}
