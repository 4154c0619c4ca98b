import { isContention, lockTimeoutMs, retried, type Contender } from "../../core/contention.ts";
import { fromFacts, PoststackError } from "../../core/errors.ts";
import { fileStart } from "../../core/place.ts";
import type { Ports } from "../../core/ports.ts";
import type { Session } from "../../core/ports/postgres.ts";
import { sqlFailure } from "../../core/sql.ts";
import { holdBack, letGo } from "./ledger.ts";

/** One file's work on this session, where it may have to wait for locks. */
export const contender = (name: string, file: string, { pid }: Session): Contender => ({
  name,
  pid,
  where: fileStart(file),
  asking: "admin",
  code: "MIGRATION_LOCKED",
});

/** Until the server has answered: after an abort too, so that the session is left without a transaction. */
export const cleaningMs = 5_000;

/** What is asked of a session once, before its first transaction. */
interface FirstLook {
  /**
   * How often the server looks whether we are still there (RELIABILITY 29); empty where it cannot. A setting of the
   * connection's: `DISCARD ALL` takes it back to the server's.
   */
  readonly interval: string;
  /** Whether functions of somebody's may run with any statement that writes to the catalog. */
  readonly hasTriggers: boolean;
}

const firstLooks = new WeakMap<Session, Promise<FirstLook>>();

/** Sessions that are as `DISCARD ALL` left them, or will be when all that was sent has run. */
const untouched = new WeakSet<Session>();

/**
 * Says that a session is not as a fresh one would be. `DISCARD ALL` takes the mark away; one that fails, wherever that is,
 * is a transaction rolled back and leaves it, though prepared statements may be gone by then. Set behind each file, which
 * may have reset it.
 */
export const markUsed = "set poststack.used = yes";

/** From then on the session counts as used. */
export function firstLook(session: Session, signal: AbortSignal): Promise<FirstLook> {
  let known = firstLooks.get(session);
  if (known === undefined) {
    known = session
      .query(
        `select set_config('poststack.used', 'yes', false), current_setting('client_connection_check_interval', true) as value,
           exists (select from pg_catalog.pg_event_trigger) as triggers`,
        [],
        signal,
      )
      .then(([row]) => ({
        interval: typeof row?.["value"] === "string" ? row["value"] : "",
        hasTriggers: row?.["triggers"] !== false,
      }));
    firstLooks.set(session, known);
    known.catch(() => firstLooks.delete(session));
  }
  return known;
}

/** From now on the session counts as one with triggers of events: what is sent makes them, or an extension that may. */
export function expectTriggers(session: Session): void {
  const known = firstLooks.get(session);
  if (known === undefined) return;
  const looked = known.then((look) => ({ ...look, hasTriggers: true }));
  looked.catch(() => undefined);
  firstLooks.set(session, looked);
}

/**
 * What is sent before a file, so that it finds the session as a fresh connection would be: nothing, where all that ran since
 * the last time leaves no trace. What is sent from now on comes after the file.
 *
 * @param isPlain whether the file leaves the session as it finds it
 */
export function resetBefore(session: Session, isPlain: boolean): readonly string[] {
  const strings = untouched.has(session) ? [] : ["discard all"];
  if (isPlain) untouched.add(session);
  else untouched.delete(session);
  return strings;
}

/**
 * What every migration begins with. It may take its time, whatever its role is given. SET is answered by one word, which
 * is cheaper at both ends than a row of set_config's results.
 */
export function settings({ version }: Session, interval: string, isLocal: boolean): readonly string[] {
  return [
    `lock_timeout = ${lockTimeoutMs}`,
    "statement_timeout = 0",
    ...(version >= 170_000 ? ["transaction_timeout = 0"] : []),
    // Statements that run by themselves begin no transaction of ours, which says it better.
    ...(isLocal ? [] : ["default_transaction_read_only = off"]),
    ...(interval === "" ? [] : [`client_connection_check_interval = '${interval}'`]),
  ].map((setting) => `${isLocal ? "set local" : "set"} ${setting}`);
}

/**
 * The owner's session, with nothing left of what a file may have set: neither the ledger nor a statement outside of a
 * transaction meets another encoding, another role or a limit of a second.
 */
export async function freshSession({ server }: Ports, signal: AbortSignal): Promise<Session> {
  const session = await server.owner(signal);
  const { interval } = await firstLook(session, signal);
  untouched.delete(session);
  await session.pipeline(["discard all", [...settings(session, interval, false), markUsed].join("; ")], signal);
  return session;
}

/** Whatever the role or the database is given (`default_transaction_read_only`). */
export const begin = "begin read write";

const transactionOnly = "savepoint poststack; release savepoint poststack; ";
const statementsBefore = 2;

/**
 * SQL that runs in a transaction that is open, or not at all. A string that fails or is cancelled before its BEGIN leaves
 * none, and what is sent behind it would run by itself. SAVEPOINT refuses that, also where several statements in one
 * string are a transaction of their own (manual: Multiple Statements in a Simple Query).
 */
export const inside = (text: string): string => `${transactionOnly}${text}`;

/** The failure of a string made by `inside`, counted from where the text begins. */
function placed(error: unknown, strings: readonly string[]): unknown {
  const failure = sqlFailure(error);
  if (!(error instanceof PoststackError) || failure?.string === undefined) return error;
  if (strings[failure.string]?.startsWith(transactionOnly) !== true) return error;
  const { position, completed = 0, ...rest } = failure;
  const from = position === undefined ? {} : { position: position - transactionOnly.length };
  const cause = { ...rest, ...from, completed: Math.max(0, completed - statementsBefore) };
  return fromFacts(error.facts, { cause });
}

/**
 * Strings that begin a transaction and commit it. After a failure the session is without one: on a connection that is
 * gone the server has ended it.
 *
 * @param sent is called when all of them are on their way
 */
export async function sendTransaction(
  session: Session,
  strings: readonly string[],
  signal: AbortSignal,
  sent: (answer: Promise<unknown>) => void = () => undefined,
): Promise<void> {
  const answer = session.pipeline(strings, signal);
  // Before our own reaction: who sends behind it hears of a failure before the session is cleaned.
  sent(answer);
  try {
    await answer;
  } catch (error) {
    // Prepared statements and session locks of a file outlast its transaction.
    untouched.delete(session);
    const cleaned = session.query(`rollback; ${markUsed}`, [], AbortSignal.timeout(cleaningMs));
    await cleaned.catch((reason: unknown) => {
      // Another try would find a connection that we have given up ourselves. What is no contention is told as it is.
      if (isContention(error) && !(reason instanceof PoststackError)) throw unanswered(error);
    });
    throw placed(error, strings);
  }
}

/** Without the cause, which says that another try may help. */
const unanswered = (error: unknown): PoststackError =>
  new PoststackError("POSTGRES_CONNECTION_LOST", {
    what: `the server did not answer the rollback within ${cleaningMs / 1000} s after: ${(error as Error).message}`,
    next: "see whether the network to the server is slow or cut, and apply again: nothing of the transaction remains",
  });

/**
 * Takes back what was sent behind another transaction, where it has not begun. A connection that fails takes nothing back.
 *
 * @returns whether nothing of it has happened
 */
export async function withdraw(sending: number, answer: Promise<unknown>, { server }: Ports): Promise<boolean> {
  const limit = AbortSignal.timeout(cleaningMs);
  const admin = await server.database(limit);
  const [row] = (await admin?.query(holdBack, [sending], limit)) ?? [];
  if (row?.["held"] !== true) return false;
  try {
    // It may have ended before the lock was taken.
    return await answer.then(
      () => false,
      () => true,
    );
  } finally {
    await admin?.query(letGo, [sending], AbortSignal.timeout(cleaningMs)).catch(() => undefined);
  }
}

/** Writes to the ledger, as one transaction under the fence. @throws PoststackError `FENCED`, `POSTGRES_LOCKED` */
export async function writeLedger(session: Session, sql: string, ports: Ports, signal: AbortSignal): Promise<void> {
  const first = `${begin}; set local lock_timeout = ${lockTimeoutMs}; set local statement_timeout = 0; ${checkFence(ports.server.fence())}`;
  const ledger = { name: "the ledger", pid: session.pid, asking: "own connection", code: "POSTGRES_LOCKED" } as const;
  await retried(ledger, ports, signal, () =>
    sendTransaction(session, [`${first}; ${sql}; ${markUsed}; commit`], signal),
  );
}

/** The first statement of every transaction that writes to the ledger; remembers which transaction that is. */
export const checkFence = (fence: number | string): string => `select poststack.begin_migration(${fence})`;

/** For `checkFence` behind `DISCARD ALL`: no fence at all where that did not happen, which the check refuses. */
export const fenceIfFresh = (fence: number): string =>
  `case when pg_catalog.current_setting('poststack.used', true) = 'yes' then null else ${fence} end`;
