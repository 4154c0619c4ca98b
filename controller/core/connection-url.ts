import type { Endpoint, Login } from "./ports/postgres.ts";
import { joinTexts, mapText, type Text } from "./secret.ts";

/**
 * `postgresql://user:password@host:port/database`. TLS is said only where it is asked for: drivers disagree about what
 * `prefer` means.
 *
 * @param login undefined password: a URL for people, without one
 */
export function connectionUrl(
  { host, port, sslmode }: Pick<Endpoint, "host" | "port" | "sslmode">,
  login: Pick<Login, "user"> & Partial<Login>,
  database: string,
): Text {
  const asksTls = sslmode !== "disable" && sslmode !== "prefer";
  return joinTexts([
    `postgresql://${encodeURIComponent(login.user)}`,
    ...(login.password === undefined ? [] : [":", mapText(login.password, encodeURIComponent)]),
    `@${urlHost(host)}:${port}/${encodeURIComponent(database)}${asksTls ? `?sslmode=${sslmode}` : ""}`,
  ]);
}

/** An IPv6 address in brackets; the directory of a Unix socket encoded, as libpq takes it (manual: 34.1.1.2). */
const urlHost = (host: string): string =>
  /^[\da-f:.]*:[\da-f:.]*$/i.test(host) ? `[${host}]` : encodeURIComponent(host);
