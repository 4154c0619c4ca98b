import type { Client } from "pg";
import { PoststackError } from "../core/errors.ts";

/** `direct`: the server itself. `session`: a pooler that keeps a connection for as long as the client stays. */
export type Between = "direct" | "session";

interface Found {
  readonly between: Between;
  /** The server's process behind the connection, which is not the one that a pooler tells of. */
  readonly pid: number;
}

/**
 * Looks, before anything is written, whether a pooler stands in between. It answers for the server, but with a process id and
 * key of its own; the server's own process says another (a pooler that gives each transaction another connection would lose
 * our locks and settings on the way). PgBouncer, Supavisor, Odyssey, PgCat and RDS Proxy are told by that, Pgpool by its own
 * command, which is asked only where the server sees another port than ours: it would log the question as an error.
 *
 * @param told the process id that the login told
 * @param localPort of our socket; undefined on a Unix socket
 * @param again a second connection of the same kind
 * @param address for the message
 * @throws PoststackError `POOLER_DETECTED`
 */
export async function findPooler(
  client: Client,
  told: number,
  localPort: number | undefined,
  again: () => Promise<Client>,
  address: string,
): Promise<Found> {
  const { rows } = await client.query<{ readonly pid: number; readonly port: number | null }>(
    "select pg_catalog.pg_backend_pid() as pid, pg_catalog.inet_client_port() as port",
  );
  const [{ pid, port } = { pid: told, port: null }] = rows;
  if (pid === told) {
    if (localPort !== undefined && port !== localPort && (await isPgpool(client))) {
      throw detected(address, "Pgpool-II answers there, which may send what reads to another server than what writes");
    }
    return { between: "direct", pid };
  }
  const moved = await sharesConnections(client, pid, again);
  if (moved !== undefined) throw detected(address, moved);
  return { between: "session", pid };
}

/** `SHOW POOL_VERSION` never reaches the server (Pgpool-II manual: SQL type commands), which would not know it. */
const isPgpool = (client: Client): Promise<boolean> =>
  client.query("show pool_version").then(
    () => true,
    () => false,
  );

/**
 * How it shows that the connections behind a pooler go round: a second client that begins a transaction gets the server's
 * process which the first one, idle by then, had a moment ago; or the first one finds itself at another.
 */
async function sharesConnections(
  client: Client,
  pid: number,
  again: () => Promise<Client>,
): Promise<string | undefined> {
  const second = await again();
  try {
    const begun = second.query("begin").then(
      () => undefined,
      (error: Error) => `a pooler answers there that takes no transactions: ${error.message}`,
    );
    const refused = await Promise.race([begun, waited("a pooler answers there that has no second connection to give")]);
    if (refused !== undefined) return refused;
    const other = await pidOf(second);
    const now = await pidOf(client);
    const isShared = other === pid || now !== pid;
    return isShared ? "a pooler answers there that gives each transaction another connection to the server" : undefined;
  } finally {
    await second.end().catch(() => undefined);
  }
}

/** Not longer than connecting may take (RELIABILITY 31). */
const patienceMs = 5_000;

const waited = (text: string): Promise<string> =>
  new Promise((resolve) => setTimeout(() => resolve(text), patienceMs).unref());

async function pidOf(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ readonly pid: number }>("select pg_catalog.pg_backend_pid() as pid");
  return rows[0]?.pid;
}

const detected = (address: string, how: string): PoststackError =>
  new PoststackError("POOLER_DETECTED", {
    what: `${address} is not the server: ${how}`,
    next: "let `postgres.url` name the server itself, or a pooler's port that keeps sessions (pool_mode = session); locks and settings of a session would be lost on the way. The application may have the pooler's address in `environment:`",
  });
