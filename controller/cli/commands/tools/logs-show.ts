import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { logViewOptions } from "../../logs/options.ts";
import { openLogsOf } from "../../open-logs.ts";
import { showLogs } from "../../show-logs.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** One log by its name. */
export async function logsShowCommand({ args: [service, name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = await openLogsOf(context, name);
  const named = service === undefined ? [] : [service];
  return showLogs(opened, context, named, logViewOptions(options, 200, opened.ports.clock.date()));
}
