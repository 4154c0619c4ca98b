import { lockTimeoutMs, retried, type ContentionPorts } from "./contention.ts";
import { within } from "./deadline.ts";
import { PoststackError, type ErrorFacts } from "./errors.ts";
import type { Row, Session } from "./ports/postgres.ts";
import { onCatalogPath, quoteLiteral, sqlFailure } from "./sql.ts";

/** Two ints (`post`, 1): the transaction lock under which we change roles, privileges and extensions. */
const lockKeys = "1886352244, 1";

/** SQLSTATE of {@link unlessReplaced}. */
const replaced = "PS003";

/** Milliseconds that one statement may take, its waits for locks included (RELIABILITY 31). */
const statementLimitMs = 60_000;

/** The same for what copies or deletes the files of a whole database. */
const databaseLimitMs = 300_000;

/** Beyond what the server's own limits leave of a change: for a server that does not answer at all. */
const silenceMs = 15_000;

/**
 * Runs statements as one transaction, sent as one string: the session is shared, so a transaction that took several
 * round trips would swallow the statements of others, and a failure would leave it aborted.
 *
 * Names are looked up in the system alone, whatever the database's owner has put on the search path.
 *
 * One at a time among us: Postgres answers concurrent GRANT, ALTER ROLE or COMMENT with `tuple concurrently updated`.
 *
 * @param facts place and next step for an error that a person has to solve
 * @throws PoststackError `NOT_PERMITTED`, `POSTGRES_CONFLICT` (another hand changed the same thing: look again),
 *   `POSTGRES_LOCKED`, `TIMEOUT`, `FENCED`
 */
export async function transact(
  session: Session,
  statements: readonly string[],
  ports: ContentionPorts,
  signal: AbortSignal,
  facts: Pick<ErrorFacts, "where"> = {},
): Promise<readonly Row[]> {
  const limits = `select pg_catalog.set_config('lock_timeout', '${lockTimeoutMs}', true), pg_catalog.set_config('statement_timeout', '${statementLimitMs}', true)`;
  const text = [onCatalogPath, limits, `select pg_catalog.pg_advisory_xact_lock(${lockKeys})`, ...statements].join(
    ";\n",
  );
  // The server measures each statement by itself (manual: statement_timeout); two of them, REVOKE and GRANT, may be long.
  return patiently(session, ports, signal, facts, 2 * statementLimitMs, (limited) => session.query(text, [], limited));
}

/**
 * Runs one statement that the server takes in no transaction: CREATE DATABASE and DROP DATABASE.
 *
 * @throws PoststackError as {@link transact}
 */
export async function runAlone(
  session: Session,
  statement: string,
  ports: ContentionPorts,
  signal: AbortSignal,
  facts: Pick<ErrorFacts, "where"> = {},
): Promise<void> {
  const strings = [
    `set lock_timeout = ${lockTimeoutMs}; set statement_timeout = ${databaseLimitMs}`,
    statement,
    // Sent along at once, and run also when the statement failed: others use this session.
    "reset lock_timeout; reset statement_timeout",
  ];
  await patiently(session, ports, signal, facts, databaseLimitMs, (limited) => session.pipeline(strings, limited));
}

/** Tries again while others hold the locks that it needs, telling who. */
function patiently<T>(
  { pid }: Session,
  ports: ContentionPorts,
  signal: AbortSignal,
  facts: Pick<ErrorFacts, "where">,
  limitMs: number,
  attempt: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const contender = { name: "this change", pid, ...facts, asking: "own connection", code: "POSTGRES_LOCKED" } as const;
  const limited = (): Promise<T> => within(limitMs + silenceMs, change, ports.clock, signal, attempt);
  return retried(contender, ports, signal, limited).catch((error: unknown) => {
    throw explained(error, facts);
  });
}

const change = {
  subject: "an answer of the server to a change",
  next: "see whether the server answers; the next look tells whether the change was made",
};

/** A failure that every kind explains alike. */
function explained(error: unknown, facts: Pick<ErrorFacts, "where">): unknown {
  const failure = sqlFailure(error);
  if (failure === undefined) return error;
  const { sqlState, message, detail, hint } = failure;
  const details = [detail, hint].filter((line) => line !== undefined);
  const cause = { cause: failure };
  // 42501 insufficient_privilege
  if (sqlState === "42501") {
    const next = "let a more powerful login do it, or take it out of the file";
    return new PoststackError("NOT_PERMITTED", { what: message, ...facts, details, next }, cause);
  }
  // 57014 query_canceled, and not by us
  if (sqlState === "57014") return new PoststackError("TIMEOUT", { what: message, ...facts, details }, cause);
  if (sqlState === replaced || (sqlState === "XX000" && message.startsWith("tuple concurrently "))) {
    return new PoststackError("POSTGRES_CONFLICT", { what: message, ...facts }, cause);
  }
  return error;
}

/** A DO block; the code travels as a string constant, since any dollar quote could occur in a name. */
export const block = (code: string): string => `do ${quoteLiteral(code)}`;

/** Stops the transaction when `condition` (SQL) does not hold any more. */
export const unlessReplaced = (condition: string, what: string): string =>
  block(`begin
    if not (${condition}) then
      raise exception using errcode = '${replaced}', message = ${quoteLiteral(`${what} was changed while this pass ran`)};
    end if;
  end`);

/** Stops a writer that was asleep while another took over. Where there is no ledger yet there is nothing to check. */
export const checkFence = (fence: number): string =>
  block(`begin
    if pg_catalog.to_regprocedure('poststack.check_fence(bigint)') is not null then
      perform poststack.check_fence(${fence});
    end if;
  end`);
