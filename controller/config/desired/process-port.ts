import { PoststackError } from "../../core/errors.ts";
import type { Place } from "../../core/place.ts";
import { variablesOf, type VariableSources, type Written } from "../variables.ts";

const firstPort = 5000;
/** Between two lines of the Procfile, so that replicas of one have room. Foreman's number. */
const step = 100;

/**
 * PORT of a line's first replica: its own `environment.PORT`; else that of `variables:` or an env file, or 5000, and 100
 * more for each line above it. A PORT that only the shell has does not count: what runs must not depend on who starts it.
 *
 * @throws PoststackError `CONFIG_TYPE`, `VARIABLE_*`
 */
export function basePort(
  sources: VariableSources,
  own: ReadonlyMap<string, Written>,
  index: number,
  where: Place,
): number {
  const isOwn = own.has("PORT");
  const isGiven = sources.written.has("PORT") || sources.envFiles.some(({ entries }) => entries.has("PORT"));
  if (!isOwn && !isGiven) return firstPort + step * index;
  const found = variablesOf({ ...sources, own }).get("PORT");
  const text = found?.value;
  if (typeof text === "string" && /^[1-9]\d{0,4}$/.test(text)) return Number(text) + (isOwn ? 0 : step * index);
  throw new PoststackError("CONFIG_TYPE", {
    what: "PORT is not a port number",
    where: found?.place ?? where,
    next: "write a whole number from 1 to 65535",
  });
}

/** @throws PoststackError `CONFIG_TYPE` */
export function replicaPort(base: number, replica: number, where: Place): number {
  const port = base + replica;
  if (port <= 65_535) return port;
  throw new PoststackError("CONFIG_TYPE", {
    what: `this process would get port ${port}`,
    where,
    next: "choose a smaller `variables.PORT`: each line of the Procfile adds 100, each replica 1",
  });
}
