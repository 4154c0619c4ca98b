import { PoststackError, type ErrorCode } from "../core/errors.ts";
import { sqlState } from "../core/ledger.ts";
import type { Endpoint, Login, SqlFailure } from "../core/ports/postgres.ts";

/** What the driver throws: the server's fields, or a socket's `code`. */
interface DriverError extends Error {
  readonly code?: string;
  readonly severity?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
  readonly constraint?: string;
}

/** SQLSTATEs by what a caller may do (manual: appendix A); everything else is a statement that failed. */
const codes: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["40001", "POSTGRES_CONFLICT"], // serialization_failure
  ["40P01", "POSTGRES_CONFLICT"], // deadlock_detected
  ["55P03", "POSTGRES_CONFLICT"], // lock_not_available
  ["53300", "POSTGRES_BUSY"], // too_many_connections
  ["57P01", "POSTGRES_BUSY"], // admin_shutdown
  ["57P02", "POSTGRES_BUSY"], // crash_shutdown
  ["57P03", "POSTGRES_BUSY"], // cannot_connect_now
  ["53100", "DISK_FULL"], // disk_full
  ["28P01", "POSTGRES_LOGIN"], // invalid_password
  ["28000", "POSTGRES_LOGIN"], // invalid_authorization_specification
  [sqlState.fenced, "FENCED"],
  [sqlState.transactionEnded, "MIGRATION_INTERRUPTED"],
]);

const nextSteps: Partial<Record<ErrorCode, string>> = {
  POSTGRES_LOGIN: "check user and password, and the server's pg_hba.conf",
  POSTGRES_BUSY: "wait until the server has started or has a free connection",
  POSTGRES_UNREACHABLE: "start the server, or check host, port and firewall",
  DISK_FULL: "make room on the server's disk and apply again",
};

/** A failed connection or login as an error of ours. The driver's own text may hold a connection string: it is not kept. */
export function connectError(
  thrown: unknown,
  { host, port }: Endpoint,
  { user }: Login,
  database: string,
  signal: AbortSignal,
): unknown {
  if (signal.aborted) return signal.reason;
  const error = thrown as DriverError;
  const where = `${host}:${port}`;
  const failure = serverFailure(error);
  if (failure !== undefined) {
    const code = codes.get(failure.sqlState) ?? "POSTGRES_QUERY";
    return wrap(code, `${where} refuses user "${user}" on database "${database}": ${failure.message}`, failure);
  }
  const text = error instanceof Error ? (error.code ?? error.message) : String(thrown);
  return wrap("POSTGRES_UNREACHABLE", `no Postgres answers at ${where} (${text})`);
}

/** A failed statement as an error of ours. */
export function queryError(
  thrown: unknown,
  signal: AbortSignal,
  lost: AbortSignal,
  place: Pick<SqlFailure, "string" | "completed"> = {},
): unknown {
  const failure = serverFailure(thrown as DriverError);
  // 57014 query_canceled is the server's answer to our own cancel.
  if (signal.aborted && (failure === undefined || failure.sqlState === "57014")) return signal.reason;
  if (failure === undefined) {
    const text = lost.reason instanceof Error ? lost.reason.message : (thrown as Error).message;
    return wrap("POSTGRES_CONNECTION_LOST", `the connection to the server broke (${text})`);
  }
  const code = codes.get(failure.sqlState) ?? "POSTGRES_QUERY";
  return wrap(code, failure.message, { ...failure, ...place });
}

function wrap(code: ErrorCode, what: string, cause?: SqlFailure): PoststackError {
  const next = nextSteps[code] ?? cause?.hint;
  return new PoststackError(
    code,
    {
      what,
      ...(next === undefined ? {} : { next }),
      ...(cause?.detail === undefined ? {} : { details: [cause.detail] }),
    },
    { cause },
  );
}

/** Characters of what the server says: it repeats a word of the statement in full, and a word may be a file. */
const mostCharacters = 2_000;

const clipped = (text: string): string =>
  text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)} … (${text.length} characters)`;

/** The server's fields; undefined when the server said nothing (a socket's error has a `code` too, but no severity). */
function serverFailure(error: DriverError): SqlFailure | undefined {
  if (typeof error.severity !== "string" || typeof error.code !== "string") return undefined;
  const position = Number(error.position);
  return {
    sqlState: error.code,
    message: clipped(error.message),
    ...(error.detail === undefined ? {} : { detail: clipped(error.detail) }),
    ...(error.hint === undefined ? {} : { hint: clipped(error.hint) }),
    ...(error.constraint === undefined ? {} : { constraint: error.constraint }),
    ...(Number.isInteger(position) && position > 0 ? { position } : {}),
  };
}
