import { connectionUrl } from "../../../core/connection-url.ts";
import { mapText } from "../../../core/secret.ts";
import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { serverAccess } from "../../server-access.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Where the database is, for a program or a person. The password only when it is asked for. */
export async function urlCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const { environment } = opened;
  const { endpoint, login, database } = await serverAccess(opened, options.flag("admin"));
  if (options.flag("showPassword")) {
    const url = connectionUrl(endpoint, login, database);
    const asDocument = (plain: string): string => JSON.stringify({ version: 1, environment, url: plain });
    world.printSecret(context.json ? mapText(url, asDocument) : url);
    return exitCode.done;
  }
  const url = String(connectionUrl(endpoint, { user: login.user }, database));
  if (context.json) printJson(context, { version: 1, environment, url });
  else context.print(url);
  return exitCode.done;
}
