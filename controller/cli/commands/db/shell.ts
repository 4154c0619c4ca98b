import { PoststackError } from "../../../core/errors.ts";
import type { Text } from "../../../core/secret.ts";
import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { serverAccess, type ServerAccess } from "../../server-access.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** psql on this terminal, logged in. Its exit code is ours. */
export async function shellCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const access = await serverAccess(openEnvironment(context, name), options.flag("admin"));
  if (world.machine.program("psql") === undefined) throw psqlMissing();
  // psql exits with 0 to 3, and with 130 or 143 after a signal: all of them codes of ours (manual: psql, Exit Status).
  return (await world.runForeground(["psql"], environmentFor(access, world.shell))) as ExitCode;
}

/**
 * The login travels by environment, where only this user and root can read it; `ps` shows arguments to everybody. No other
 * PG variable gets through: PGSERVICE or PGHOSTADDR would lead to another server.
 */
function environmentFor(
  { endpoint, login, database }: ServerAccess,
  shell: ReadonlyMap<string, string>,
): ReadonlyMap<string, Text> {
  return new Map<string, Text>([
    ...[...shell].filter(([name]) => !/^PG[A-Z]+$/.test(name)),
    ["PGHOST", endpoint.host],
    ["PGPORT", String(endpoint.port)],
    ["PGDATABASE", database],
    ["PGUSER", login.user],
    ["PGPASSWORD", login.password],
    ["PGSSLMODE", endpoint.sslmode],
  ]);
}

const psqlMissing = (): PoststackError =>
  new PoststackError("COMMAND_MISSING", {
    what: "psql is not on this machine, and no npm package brings it",
    next: "install it (Debian: postgresql-client, macOS: brew install libpq), or give the answer of `poststack db url --show-password` to another client",
  });
