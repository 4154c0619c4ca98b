import { connectionUrl } from "../../core/connection-url.ts";
import type { Endpoint } from "../../core/ports/postgres.ts";
import type { Text } from "../../core/secret.ts";

/** What Poststack tells every process and job: the strongest variables. `DB_HOST` is what works on this host. */
export const injectedVariables = (environment: string, endpoint: Endpoint): ReadonlyMap<string, Text> =>
  new Map<string, Text>([
    ["DB_HOST", endpoint.host],
    ["DB_NAME", endpoint.database],
    ["DB_PASSWORD", endpoint.owner.password],
    ["DB_PORT", String(endpoint.port)],
    ["DB_USER", endpoint.owner.user],
    ["POSTSTACK_DATABASE_URL", connectionUrl(endpoint, endpoint.owner, endpoint.database)],
    ["POSTSTACK_ENVIRONMENT", environment],
  ]);
