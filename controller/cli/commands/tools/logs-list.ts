import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openLogsOf } from "../../open-logs.ts";
import { renderBytes } from "../../../core/quantity.ts";
import { renderAge } from "../../render/quantity.ts";
import { renderTable } from "../../render/table.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Every log file of an environment, also what rotation has put aside. */
export async function logsListCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const { environment, logs, ports } = await openLogsOf(context, name);
  const category = options.text("category");
  const found = logs.list().filter((log) => category === undefined || log.category === category);
  if (context.json) {
    printJson(context, { version: 1, environment, logs: found });
  } else if (found.length === 0) {
    context.note(`There are no logs of ${environment}.`);
  } else {
    const rows = found.map((log) => [
      log.rotation === undefined ? log.name : `${log.name} (older ${log.rotation})`,
      log.category,
      renderBytes(log.sizeBytes),
      `${renderAge(log.writtenAt, ports.clock.date())} ago`,
      log.path,
    ]);
    context.print(await renderTable(["NAME", "CATEGORY", "SIZE", "WRITTEN", "FILE"], rows, context.paint));
  }
  const isOnEngine = ports.state.read()?.engine !== undefined;
  if (isOnEngine && !context.json)
    context.note(`What containers say is kept by their engine: poststack env logs ${environment} shows it.`);
  return exitCode.done;
}
