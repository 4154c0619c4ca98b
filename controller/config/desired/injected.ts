import type { Endpoint } from "../../core/ports.ts";
import { joinTexts, mapText, type Text } from "../../core/secret.ts";

/** What Poststack tells every process and job: the strongest variables. `DB_HOST` is what works on this host. */
export const injectedVariables = (environment: string, endpoint: Endpoint): ReadonlyMap<string, Text> =>
  new Map<string, Text>([
    ["DB_HOST", endpoint.host],
    ["DB_NAME", endpoint.database],
    ["DB_PASSWORD", endpoint.owner.password],
    ["DB_PORT", String(endpoint.port)],
    ["DB_USER", endpoint.owner.user],
    ["POSTSTACK_DATABASE_URL", connectionUrl(endpoint)],
    ["POSTSTACK_ENVIRONMENT", environment],
  ]);

/** The owner's way in. TLS is said only where it is asked for: drivers disagree about what `prefer` means. */
function connectionUrl({ host, port, database, owner, sslmode }: Endpoint): Text {
  const asksTls = sslmode !== "disable" && sslmode !== "prefer";
  return joinTexts([
    `postgresql://${encodeURIComponent(owner.user)}:`,
    mapText(owner.password, encodeURIComponent),
    `@${urlHost(host)}:${port}/${encodeURIComponent(database)}${asksTls ? `?sslmode=${sslmode}` : ""}`,
  ]);
}

/** An IPv6 address in brackets; the directory of a Unix socket encoded, as libpq takes it (manual: 34.1.1.2). */
const urlHost = (host: string): string =>
  /^[\da-f:.]*:[\da-f:.]*$/i.test(host) ? `[${host}]` : encodeURIComponent(host);
