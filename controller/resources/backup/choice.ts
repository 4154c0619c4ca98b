import type { ErrorFacts } from "../../core/errors.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { ObservedBackup, Tools } from "./model.ts";
import { majorOf, noTools } from "./refusals.ts";

type Choice =
  { readonly tools: Tools; readonly error?: undefined } | { readonly tools?: undefined; readonly error: ErrorFacts };

/**
 * How a backup is taken: with pg_dump wherever there is one, since what it writes fits other versions and other servers;
 * else by copying the cluster, where that is ours to copy.
 */
export function toolsToTake(observed: ObservedBackup): Choice {
  const { tools, cluster, serverVersion } = observed;
  if (tools !== undefined) return { tools };
  if (cluster === undefined) return { error: noTools(observed) };
  const { obstacle } = cluster;
  if (obstacle !== undefined) {
    return { error: noTools(observed, `, and the server's data cannot be copied instead: ${obstacle}`) };
  }
  return { tools: { on: "files", major: majorOf(serverVersion) } };
}

/** What a plan says of it. */
export function described(tools: Tools): string {
  switch (tools.on) {
    case "machine":
      return `with pg_dump ${tools.major}`;
    case "container":
      return "with pg_dump of the server's image";
    case "files":
      return `a copy of the whole server, since there is no pg_dump ${tools.major}`;
    default:
      return unreachable(tools);
  }
}
