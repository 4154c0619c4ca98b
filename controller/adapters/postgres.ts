import type { Client, ClientConfig, QueryResult } from "pg";
import type { Endpoint, Login, Postgres, Row, Session } from "../core/ports/postgres.ts";
import { reveal } from "../core/secret.ts";
import { PoststackError } from "../core/errors.ts";
import { withoutPooler } from "../core/pooler.ts";
import { catalogPath } from "../core/sql.ts";
import { connectError, queryError } from "./postgres-errors.ts";
import { backendFinder, type NewConnection } from "./postgres-pooler.ts";

/** Milliseconds to connect and log in, and for a cancel request to be answered (RELIABILITY 31). */
const connectTimeoutMs = 5_000;
/** Milliseconds of silence before the network is asked whether the other side is still there. */
const keepAliveMs = 30_000;

/** `applicationName` is what `pg_stat_activity` shows of us; it names the run, so that a waiting second writer can. */
export function postgres(applicationName: string): Postgres {
  const backendBehind = backendFinder();
  return {
    connect(written, login, database, signal) {
      const endpoint = { ...written, ...withoutPooler(written) };
      const { sslmode } = endpoint;
      const connecting = open(endpoint, login, database, sslmode !== "disable", signal).catch((error: unknown) => {
        // sslmode=prefer: in the clear when the server has no TLS (libpq, "sslmode").
        if (sslmode === "prefer" && isWithoutTls(error)) return open(endpoint, login, database, false, signal);
        throw error;
      });
      return connecting.catch((error: unknown) => {
        throw error instanceof PoststackError ? error : connectError(error, endpoint, login, database, signal);
      });
    },
  };

  async function open(
    endpoint: Endpoint,
    login: Login,
    database: string,
    tls: boolean,
    signal: AbortSignal,
  ): Promise<Session> {
    const pg = await import("pg");
    signal.throwIfAborted();
    const config: ClientConfig & { pipeline: boolean } = {
      host: endpoint.host,
      port: endpoint.port,
      user: login.user,
      password: reveal(login.password),
      database,
      ssl: tls ? tlsOptions(endpoint) : false,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      // The system would first ask after two hours whether the other side is still there.
      keepAliveInitialDelayMillis: keepAliveMs,
      application_name: applicationName,
      // Every query goes out at once and answers come back in order: n catalog queries cost one round trip.
      pipeline: true,
    };
    const client = new pg.default.Client(config);
    const lost = new AbortController();
    let closed = false;
    // Without a listener a lost connection ends the process.
    client.on("error", (error) => lost.abort(error));
    client.on("end", () => {
      if (!closed) lost.abort(new Error("connection closed by the server"));
    });
    let version = 0;
    connectionOf(client).on("parameterStatus", ({ parameterName, parameterValue }) => {
      if (parameterName === "server_version") version = versionNumber(parameterValue);
    });
    // Not the driver's own end: who ends it while it connects never hears of that connection again.
    const stop = (): void => connectionOf(client).stream.destroy();
    signal.addEventListener("abort", stop, { once: true });
    let pid = 0;
    try {
      await client.connect();
      const { processID: told } = client as unknown as { readonly processID: number };
      // Before a server of ours stands nothing: the login told the process.
      pid = endpoint.mayBePooled === true ? await backendBehind(newConnection(client, told, config), signal) : told;
    } catch (error) {
      closed = true;
      client.end().catch(() => undefined);
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
    if (login === endpoint.admin) {
      // Not awaited either. A session that would run what lies on the database's own path is none for an admin.
      client.query(catalogPath).catch(() => connectionOf(client).stream.destroy());
    }
    // Not awaited: it travels with the first query. A database whose default is read-only is not meant for us, who are
    // asked to change it; on a standby it stays so, and says so. The backend notices within half a second that we are
    // gone, also inside a long statement (RELIABILITY 29), since Postgres 14.
    const settings = ["'default_transaction_read_only', 'off'"];
    if (version >= 140_000) settings.push("'client_connection_check_interval', '500'");
    // By its full name: what is called so on the database's own search path is its owner's.
    const calls = settings.map((setting) => `pg_catalog.set_config(${setting}, false)`);
    client.query(`select ${calls.join(", ")}`).catch(() => undefined);
    const end = (): Promise<void> => {
      closed = true;
      return client.end().catch(() => undefined);
    };
    const { Query } = pg.default as unknown as { readonly Query: QueryClass };
    return session(client, Query, pid, version, lost.signal, {
      close: () => Promise.race([end(), pause(1_000)]),
      leave: () => {
        void end();
        connectionOf(client).stream.unref();
      },
    });
  }

  function session(
    client: Client,
    Query: QueryClass,
    pid: number,
    version: number,
    lost: AbortSignal,
    ends: Pick<Session, "close" | "leave">,
  ): Session {
    const guarded = <T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> =>
      cancellable(client, pid, signal, send);
    return {
      pid,
      version,
      lost,
      ...ends,
      query: (sql, values, signal) =>
        guarded(signal, async () => {
          const result: QueryResult<Row> = await client
            .query<Row>(sql, values.length === 0 ? undefined : [...values])
            .catch((error: unknown) => {
              throw queryError(error, signal, lost);
            });
          return rowsOf(result);
        }),
      pipeline: (strings, signal) =>
        guarded(signal, async () => {
          // All goes out in the call itself: two pipelines, one called after the other, never mix.
          const { stream } = connectionOf(client);
          // One packet where they fit: a write of its own for each costs more than what it carries.
          stream.cork();
          const sent = strings.map((text, index) => sendCounted(client, Query, text, index, signal, lost));
          stream.uncork();
          const settled = await Promise.allSettled(sent);
          const failed = settled.find((one) => one.status === "rejected");
          if (failed !== undefined) throw failed.reason;
          return settled.map((one) => (one.status === "fulfilled" ? one.value : []));
        }),
    };
  }
}

function newConnection(client: Client, told: number, config: ClientConfig): NewConnection {
  const { stream } = connectionOf(client) as unknown as { readonly stream: { readonly localPort?: number } };
  const again = async (): Promise<Client> => {
    const pg = await import("pg");
    const second = new pg.default.Client(config);
    second.on("error", () => undefined);
    await second.connect();
    return second;
  };
  return { client, address: `${config.host}:${config.port}`, told, localPort: stream.localPort, again };
}

/** One simple query, counting the statements that complete, so that a failure can be placed. */
function sendCounted(
  client: Client,
  Query: QueryClass,
  text: string,
  string: number,
  signal: AbortSignal,
  lost: AbortSignal,
): Promise<readonly Row[]> {
  let completed = 0;
  return new Promise<readonly Row[]>((resolve, reject) => {
    const query = new Query({ text }, (error: Error | undefined, result: QueryResult<Row>) => {
      if (error) reject(queryError(error, signal, lost, { string, completed }));
      else resolve(rowsOf(result));
    });
    const complete = query.handleCommandComplete.bind(query);
    query.handleCommandComplete = (...args) => {
      completed++;
      complete(...args);
    };
    client.query(query as never);
  });
}

interface CountableQuery {
  handleCommandComplete(...args: readonly unknown[]): void;
}
type QueryClass = new (
  config: { readonly text: string },
  callback: (error: Error | undefined, result: QueryResult<Row>) => void,
) => CountableQuery;

/** Rows of the last statement: a simple query with several gives an array of results. */
function rowsOf(result: QueryResult<Row> | readonly QueryResult<Row>[]): readonly Row[] {
  const last = Array.isArray(result) ? (result as readonly QueryResult<Row>[]).at(-1) : (result as QueryResult<Row>);
  return last?.rows ?? [];
}

/**
 * Runs `send`; when the signal aborts first, asks the server to cancel and waits for its answer, so that the session is
 * usable afterwards. A server that does not answer the cancel loses the connection.
 */
async function cancellable<T>(client: Client, pid: number, signal: AbortSignal, send: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let answered = false;
  const onAbort = (): void => {
    cancel(client, pid).catch(() => undefined);
    // Counted from now: the second connection may hang as the first one does.
    void pause(connectTimeoutMs).then(() => {
      if (!answered) connectionOf(client).stream.destroy();
    });
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await send();
  } finally {
    answered = true;
    signal.removeEventListener("abort", onAbort);
  }
}

/** The protocol's own cancel request needs the key in the clear; the function works over TLS and poolers alike. */
async function cancel(client: Client, pid: number): Promise<void> {
  const pg = await import("pg");
  const { host, port, user, password, database, ssl } = client as unknown as ClientConfig;
  const second = new pg.default.Client({
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(typeof password === "string" ? { password } : {}),
    ...(database === undefined ? {} : { database }),
    ssl: ssl ?? false,
    connectionTimeoutMillis: connectTimeoutMs,
  });
  second.on("error", () => undefined);
  const limit = setTimeout(() => connectionOf(second).stream.destroy(), connectTimeoutMs);
  try {
    await second.connect();
    await second.query("select pg_catalog.pg_cancel_backend($1::int4)", [pid]);
  } finally {
    await second.end().catch(() => undefined);
    clearTimeout(limit);
  }
}

function tlsOptions({ sslmode, host }: Endpoint): object {
  switch (sslmode) {
    case "verify-full":
      return { servername: host };
    case "verify-ca":
      return { servername: host, checkServerIdentity: () => undefined };
    default:
      // libpq's `require` and `prefer` encrypt and do not verify.
      return { rejectUnauthorized: false };
  }
}

const isWithoutTls = (error: unknown): boolean =>
  error instanceof Error && error.message.includes("server does not support SSL");

/** `15.18 (Debian …)` → 150018, `16beta1` → 160000 (manual: server_version_num). */
function versionNumber(text: string): number {
  const [, major = "0", minor = "0"] = /^(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return Number(major) * 10_000 + Number(minor);
}

interface ConnectionInternals {
  readonly stream: { cork(): void; uncork(): void; destroy(): void; unref(): void };
  on(
    event: "parameterStatus",
    listener: (message: { readonly parameterName: string; readonly parameterValue: string }) => void,
  ): void;
}

/** The protocol layer of the driver: public by use, absent from its types. */
const connectionOf = (client: Client): ConnectionInternals =>
  (client as unknown as { readonly connection: ConnectionInternals }).connection;

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
