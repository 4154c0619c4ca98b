/** Where something listens. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Services whose pooler has an address of its own beside the server's, by a rule that they document. Poststack's own sessions
 * go to the server; what it hands to the application is what the files say.
 */
const bypasses: readonly ((address: Address) => Address | undefined)[] = [
  // Neon: the pooler's host is the server's with `-pooler` behind its first part; migrations take the direct one
  // (neon.com/docs/connect/connection-pooling).
  ({ host, port }) => {
    const [, server, domain] = /^(ep-[a-z0-9-]+)-pooler(\.(?:[a-z0-9-]+\.)*neon\.tech)$/i.exec(host) ?? [];
    return server === undefined || domain === undefined ? undefined : { host: `${server}${domain}`, port };
  },
  // Supabase: 6543 pools transactions. At the same host 5432 is the server, or the shared pooler that keeps sessions
  // (supabase.com/docs/guides/database/connecting-to-postgres).
  ({ host, port }) =>
    port === 6543 && /^(?:db\.[a-z0-9]+\.supabase\.co|[a-z0-9-]+\.pooler\.supabase\.com)$/i.test(host)
      ? { host, port: 5432 }
      : undefined,
];

/** The address to connect to for one that is written: another where that is known to be a pooler's. */
export function withoutPooler(address: Address): Address {
  for (const bypass of bypasses) {
    const direct = bypass(address);
    if (direct !== undefined) return direct;
  }
  return address;
}
