import type { Secret } from "../secret.ts";

export interface Login {
  readonly user: string;
  readonly password: Secret;
}

/** How to reach one environment's server. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** TLS as libpq's sslmode says it; `disable` for loopback. */
  readonly sslmode: "disable" | "prefer" | "require" | "verify-ca" | "verify-full";
  /** Others run it: what listens there may be a pooler before it. */
  readonly mayBePooled?: true;
  /** The environment's own database. */
  readonly database: string;
  /** Where to connect while it does not exist, and where the lock is taken. */
  readonly maintenanceDatabase: string;
  /** Superuser, or the most powerful login that an external server grants. */
  readonly admin: Login;
  /** Owner of the database; migrations run as this one. */
  readonly owner: Login;
}

/**
 * One environment's server, during one pass. Sessions are opened on first use, shared by all kinds and closed by the
 * engine. In a pass that applies, the first session for writing takes the Postgres lock before it is handed out.
 */
export interface Server {
  /** As admin, in the environment's database; undefined while that does not exist. */
  database(signal: AbortSignal): Promise<Session | undefined>;
  /** As admin, in the environment's database or else in the maintenance database: for roles and databases. */
  admin(signal: AbortSignal): Promise<Session>;
  /** As owner, in the environment's database: for migrations. Never superuser. */
  owner(signal: AbortSignal): Promise<Session>;
  /** As admin, in the maintenance database, a session of its own: for DROP DATABASE. Closed by the caller. */
  maintenance(signal: AbortSignal): Promise<Session>;
  /** A login of its own, to prove that it works. Closed by the caller. */
  login(login: Login, database: string, signal: AbortSignal): Promise<Session>;
  /** The number that this writer raised the fence to; 0 before the ledger exists or in a pass that only reads. */
  fence(): number;
  /** Forgets open sessions: after a restart of the server or after CREATE DATABASE. The next use connects again. */
  reset(): Promise<void>;
}

export type SqlValue = string | number | bigint | boolean | null | Date | readonly SqlValue[];

export type Row = Readonly<Record<string, unknown>>;

/** The only way to a server: one connection each call. */
export interface Postgres {
  /**
   * Limits of RELIABILITY 31: 5 s to connect. Sets `client_connection_check_interval` where the server knows it, and
   * `application_name`. Who logs in as `endpoint.admin` (that very object) has the system's names alone on the search path.
   * @throws PoststackError `POSTGRES_UNREACHABLE`, `POSTGRES_BUSY`, `POSTGRES_LOGIN`, `POSTGRES_QUERY` (3D000: no such
   *   database), `POOLER_DETECTED`
   */
  connect(endpoint: Endpoint, login: Login, database: string, signal: AbortSignal): Promise<Session>;
}

export interface Session {
  /** Backend process id, for messages and cancelling. */
  readonly pid: number;
  /** Server version as `server_version_num` gives it: 150018. */
  readonly version: number;
  /** Aborts when the connection is lost without having been closed. */
  readonly lost: AbortSignal;
  /**
   * One statement with parameters. Aborting cancels it on the server.
   * @throws PoststackError by SQLSTATE class, its `cause` a {@link SqlFailure}
   */
  query(sql: string, values: readonly SqlValue[], signal: AbortSignal): Promise<readonly Row[]>;
  /**
   * Several statement strings, each sent as one simple query, all sent before the call returns. A failure makes the ones
   * after it fail too when they stand in the same transaction; the first failure is thrown.
   * @throws PoststackError, its `cause` a {@link SqlFailure} with `message` = index of the string that failed
   */
  pipeline(strings: readonly string[], signal: AbortSignal): Promise<readonly (readonly Row[])[]>;
  /** Waits until the server has let go, so that what the session held is free. */
  close(): Promise<void>;
  /** Ends it without waiting: for a session that only read. Nothing keeps the process from ending meanwhile. */
  leave(): void;
}

/** What the server said of a statement that failed. */
export interface SqlFailure {
  readonly sqlState: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** 1-based, in characters (code points), inside the string that was sent. */
  readonly position?: number;
  readonly constraint?: string;
  /** For `pipeline`: which string failed; and how many statements of that string had completed before. */
  readonly string?: number;
  readonly completed?: number;
}

/** What Postgres keeps in place of a password, made and compared here, so that the server never sees one (RELIABILITY 35). */
export interface Passwords {
  /** One that nobody knows: 128 random bits. */
  random(): Secret;
  /** A SCRAM-SHA-256 verifier with a salt of its own. @throws PoststackError `SECRET_UNREADABLE`: the password is empty */
  verifier(password: Secret): string;
  /**
   * Whether the password gives this verifier. False for anything that is not a SCRAM-SHA-256 verifier. Deriving
   * takes a millisecond or more, and goes on beside everything else.
   *
   * @throws PoststackError `SECRET_UNREADABLE`: the password is empty
   */
  matches(password: Secret, verifier: string): Promise<boolean>;
}
