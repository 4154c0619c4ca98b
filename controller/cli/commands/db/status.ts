import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { look } from "../../look.ts";
import { listMigrations } from "../../migration-list.ts";
import { openEnvironment } from "../../open.ts";
import { renderMigrations, renderStates } from "../../render/migrations.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Every migration and how it stands with it. Where the server is down, that is said and no more can be. */
export async function statusCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const list = await look(opened, world.signal, listMigrations);
  const { environment } = opened;
  if (context.json) {
    printJson(context, { version: 1, environment, migrations: list });
    return exitCode.done;
  }
  if (list.length > 0) context.print(await renderMigrations(list, context.paint));
  context.note(`${list.length > 0 ? "\n" : ""}${environment}: ${renderStates(list)}.`);
  if (list.some(({ state }) => state === "unknown")) {
    context.note(`The server is not running, so the ledger cannot be asked: poststack apply ${environment}`);
  }
  return exitCode.done;
}
