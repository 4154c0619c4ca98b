import { connectionUrl } from "../../core/connection-url.ts";
import type { Endpoint } from "../../core/ports/postgres.ts";
import type { Text } from "../../core/secret.ts";

/** A server as those who use it name it. */
type Address = Pick<Endpoint, "host" | "port" | "sslmode" | "database" | "owner">;

/**
 * What Poststack tells everything that it starts: the strongest variables. `DB_HOST` is what works from where that runs.
 */
export const injectedVariables = (environment: string, endpoint: Address): ReadonlyMap<string, Text> =>
  new Map<string, Text>([
    ["DB_HOST", endpoint.host],
    ["DB_NAME", endpoint.database],
    ["DB_PASSWORD", endpoint.owner.password],
    ["DB_PORT", String(endpoint.port)],
    ["DB_USER", endpoint.owner.user],
    ["POSTSTACK_DATABASE_URL", connectionUrl(endpoint, endpoint.owner, endpoint.database)],
    ["POSTSTACK_ENVIRONMENT", environment],
  ]);
