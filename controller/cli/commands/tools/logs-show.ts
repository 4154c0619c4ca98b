import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { countOption, openLogsOf } from "../../open-logs.ts";
import { showLogs } from "../../show-logs.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** One log by its name. */
export async function logsShowCommand({ args: [service, name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const lines = countOption(options, "lines", 200);
  return showLogs(await openLogsOf(context, name), context, { service, lines, follow: options.flag("follow") });
}
