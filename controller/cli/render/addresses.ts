import { connectionUrl } from "../../core/connection-url.ts";
import type { Paint } from "../../core/render.ts";
import type { Desired } from "../../resources/index.ts";

/** Where what runs can be reached: a line for each process with an address, and the database. No password. */
export function renderAddresses({ resources, endpoint }: Desired, paint: Paint): readonly string[] {
  const services = resources.process.flatMap(({ name, to, ready }): [string, string][] => {
    if (to !== "running" || ready === undefined || ready.type === "command") return [];
    return [[name, ready.type === "http" ? new URL("/", ready.url).href : `${ready.host}:${ready.port}`]];
  });
  const isUp = resources.instance.some(({ to }) => to === "running");
  // An external server runs on when the environment is gone.
  const isThere = isUp && resources.database.some(({ to }) => to === "present");
  const database: [string, string][] =
    isThere && endpoint !== undefined
      ? [["database", String(connectionUrl(endpoint, { user: endpoint.owner.user }, endpoint.database))]]
      : [];
  const lines = [...services, ...database];
  const width = Math.max(0, ...lines.map(([name]) => name.length));
  return lines.map(([name, address]) => `  ${name.padEnd(width)}  ${paint("strong", address)}`);
}
