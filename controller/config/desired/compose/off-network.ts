import type { ComposeService } from "../../compose/service-model.ts";
import type { ComposeWishes } from "./wishes.ts";

/** Variables that say where the database is. */
const ofDatabase = ["DB_HOST", "POSTSTACK_DATABASE_URL"] as const;

/** What does not resolve the names of an engine's networks; `service:` and `container:` depend on the other one. */
const withoutNames: ReadonlySet<string | undefined> = new Set(["host", "none", "bridge"]);

const isAddress = (host: string): boolean => /^[\d.]+$|:/.test(host);

/**
 * A file is read with one DB_HOST, a name on the environment's networks: a service on none of them is told the wrong
 * address, which nobody notices before it runs.
 */
export function warnOffNetwork(
  name: string,
  service: ComposeService,
  { variables, placeholders, loaded, warn }: Pick<ComposeWishes, "variables" | "placeholders" | "loaded" | "warn">,
): void {
  const { network_mode: mode } = service;
  const host = variables.get("DB_HOST");
  if (mode === undefined || !withoutNames.has(mode) || typeof host !== "string" || isAddress(host)) return;
  const texts = [...(service.environment?.values() ?? []), ...(service.command ?? []), ...(service.entrypoint ?? [])];
  const said = ofDatabase.flatMap((variable) => placeholders.variables.get(variable) ?? []);
  if (!texts.some((text) => text !== null && said.some((one) => text.includes(one)))) return;
  warn(
    `service "${name}" is told that the database is at ${host}, which network_mode ${mode} does not know; on the host's network it is at the address and port of \`postgres:\``,
    loaded.placeOf(["services", name, "network_mode"]),
  );
}
