import { isRefusal } from "../core/action.ts";
import type { ErrorFacts } from "../core/errors.ts";
import { resources } from "../resources/index.ts";
import type { EnginePorts, LoadDesired } from "./converge.ts";
import { noServer, passPorts } from "./server.ts";

/**
 * What would keep the files from filling a database that is still to be made: for whoever is about to delete the one that is
 * there. Reads files alone, and asks no server.
 *
 * @throws PoststackErrors of everything that is wrong with the configuration and the migrations' names, headers and texts
 */
export async function refusalsAnew(
  load: LoadDesired,
  ports: EnginePorts,
  signal: AbortSignal,
): Promise<readonly ErrorFacts[]> {
  const wished = (await load()).resources.migration;
  // As of a server without that database.
  const server = { ...noServer(), database: () => Promise.resolve(undefined) };
  const observed = await resources.migration.observe(wished, passPorts(ports, server), signal);
  return resources.migration
    .diff(wished, observed, new Set())
    .filter(isRefusal)
    .map(({ error }) => error);
}
