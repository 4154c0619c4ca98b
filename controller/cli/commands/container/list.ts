import { factsOf, nameIn } from "../../containers/facts.ts";
import { ownContainers } from "../../containers/own.ts";
import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { containerCells } from "../../render/containers.ts";
import { renderTable } from "../../render/table.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Every container of an environment, running or not, also what the files no longer ask for. */
export async function listCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const found = await ownContainers(opened, world.signal);
  if (context.json) {
    printJson(context, { version: 1, environment: opened.environment, containers: found.map(factsOf) });
  } else if (found.length === 0) {
    context.note(`There is no container of ${opened.environment}.`);
  } else {
    const now = opened.ports.clock.date();
    const rows = found.map((one) => [nameIn(one.summary), ...containerCells(factsOf(one), now, context.paint)]);
    context.print(await renderTable(["CONTAINER", "ID", "STATE", "IMAGE", "AGE", "PORTS"], rows, context.paint));
  }
  return exitCode.done;
}
