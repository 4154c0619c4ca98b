import type { Client } from "pg";
import { answerLimitMs, unanswered } from "../core/deadline.ts";
import { PoststackError } from "../core/errors.ts";

/** A connection that has just logged in. */
export interface NewConnection {
  readonly client: Client;
  /** For the message: `db.example.com:5432`. */
  readonly address: string;
  /** The process id that the login told. */
  readonly told: number;
  /** Of our socket; undefined on a Unix socket. */
  readonly localPort: number | undefined;
  /** A second one of the same kind, to be ended by who asked. */
  readonly again: () => Promise<Client>;
}

/** `direct`: the server itself. `session`: a pooler that keeps a connection for as long as the client stays. */
type Between = "direct" | "session";

/**
 * For servers that others run: what gives the server's own process behind a connection, and looks before that, once for each
 * address and before anything is written, what stands in between. A pooler that gives each transaction another connection
 * would lose our locks and settings on the way.
 *
 * @returns a function that throws PoststackError `POOLER_DETECTED`, `TIMEOUT`
 */
export function backendFinder(): (connection: NewConnection, signal: AbortSignal) => Promise<number> {
  const known = new Map<string, Between>();
  return async (connection, signal) => {
    const { client, address, told } = connection;
    const between = known.get(address);
    if (between === "direct") return told;
    const look = between === "session" ? pidOf(client) : find(connection);
    return Promise.race([look, ended(signal)]);
  };

  async function find(connection: NewConnection): Promise<number> {
    const { address } = connection;
    const { between, pid } = await whatAnswers(connection);
    known.set(address, between);
    return pid;
  }
}

/** Rejects when nobody waits any more, or an answer has taken too long (RELIABILITY 31). */
const ended = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    setTimeout(() => reject(unanswered()), answerLimitMs).unref();
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

/**
 * A pooler tells a process id and a key of its own; the server's own process says another. PgBouncer, Supavisor, Odyssey,
 * PgCat and RDS Proxy are known by that, Pgpool-II by its own command, which is asked only where the server sees another port
 * than ours: a server logs the question as an error.
 */
async function whatAnswers(connection: NewConnection): Promise<{ readonly between: Between; readonly pid: number }> {
  const { client, address, told, localPort } = connection;
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
  const how = await sharing(connection, pid);
  if (how !== undefined) throw detected(address, how);
  return { between: "session", pid };
}

/** `SHOW POOL_VERSION` never reaches the server (Pgpool-II manual: SQL type commands), which would not know it. */
const isPgpool = (client: Client): Promise<boolean> =>
  client.query("show pool_version").then(
    () => true,
    () => false,
  );

/** How often it is tried: others may use the pool, and take what was ours a moment ago. */
const rounds = 3;

/**
 * Why the connections behind a pooler are not kept, in words; undefined: they are. A second client that begins a transaction
 * gets the server's process which the first one, idle by then, had a moment ago; or the first one finds itself at another.
 */
async function sharing({ client, again }: NewConnection, pid: number): Promise<string | undefined> {
  const second = await again();
  try {
    for (let round = 1; round <= rounds; round++) {
      const begun = second.query("begin").then(
        () => undefined,
        (error: Error) => `a pooler answers there that takes no transactions: ${error.message}`,
      );
      const refused = await Promise.race([begun, late("a pooler answers there that has no second connection to give")]);
      if (refused !== undefined) return refused;
      if ((await pidOf(second)) === pid || (await pidOf(client)) !== pid) {
        return "a pooler answers there that gives each transaction another connection to the server";
      }
      await second.query("commit");
    }
    return undefined;
  } finally {
    await second.end().catch(() => undefined);
  }
}

/** Not longer than connecting may take (RELIABILITY 31). */
const patienceMs = 5_000;

const late = (text: string): Promise<string> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(text), patienceMs).unref();
  });

async function pidOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ readonly pid: number }>("select pg_catalog.pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}

const detected = (address: string, how: string): PoststackError =>
  new PoststackError("POOLER_DETECTED", {
    what: `${address} is not the server: ${how}`,
    next: "let `postgres.url` name the server itself, or a pooler's port that keeps sessions (pool_mode = session); locks and settings of a session would be lost on the way. The application may have the pooler's address in `environment:`",
  });
