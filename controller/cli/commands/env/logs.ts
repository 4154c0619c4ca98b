import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { countOption, openLogsOf } from "../../open-logs.ts";
import { showLogs } from "../../show-logs.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** The logs of everything in an environment, or of one service. */
export async function logsCommand({ args: [name, service], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const lines = countOption(options, "lines", 50);
  return showLogs(await openLogsOf(context, name), context, { service, lines, follow: options.flag("follow") });
}
