import { PoststackError, type ErrorFacts } from "./errors.ts";
import type { Row, Session } from "./ports/postgres.ts";
import { quoteLiteral, sqlFailure } from "./sql.ts";

/** Two ints (`post`, 1): the transaction lock under which we change roles, privileges and extensions. */
const lockKeys = "1886352244, 1";

/** SQLSTATE of {@link unlessReplaced}. */
const replaced = "PS003";

/**
 * Runs statements as one transaction, sent as one string: the session is shared, so a transaction that took several
 * round trips would swallow the statements of others, and a failure would leave it aborted.
 *
 * One at a time among us: Postgres answers concurrent GRANT, ALTER ROLE or COMMENT with `tuple concurrently updated`.
 *
 * @param facts place and next step for an error that a person has to solve
 * @throws PoststackError `NOT_PERMITTED`, `POSTGRES_CONFLICT` (another hand changed the same thing: look again), `FENCED`
 */
export async function transact(
  session: Session,
  statements: readonly string[],
  signal: AbortSignal,
  facts: Pick<ErrorFacts, "where"> = {},
): Promise<readonly Row[]> {
  const text = [`select pg_catalog.pg_advisory_xact_lock(${lockKeys})`, ...statements].join(";\n");
  return session.query(text, [], signal).catch((error: unknown) => {
    throw explained(error, facts);
  });
}

/** A failure that every kind explains alike. */
export function explained(error: unknown, facts: Pick<ErrorFacts, "where">): unknown {
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
