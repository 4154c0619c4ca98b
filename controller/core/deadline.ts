import { PoststackError } from "./errors.ts";
import type { Clock } from "./ports.ts";
import type { Row, Session, SqlValue } from "./ports/postgres.ts";

/** Milliseconds that the server may take to answer a question (RELIABILITY 31: observe query). */
export const answerLimitMs = 10_000;

/** What is waited for, and what to do when it does not come. */
interface Awaiting {
  /** Of the sentence that says so: `raising the fence`. */
  readonly subject: string;
  readonly next: string;
}

/**
 * Runs `work` under a signal that aborts when its time is over, too. Keepalive tells of a machine that is gone; a server,
 * a pooler or a tunnel that holds the connection and says nothing is told by nothing but the clock.
 *
 * @throws PoststackError `TIMEOUT`, and what `work` throws
 */
export async function within<T>(
  limitMs: number,
  { subject, next }: Awaiting,
  clock: Clock,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const done = new AbortController();
  const late = (): void => over.abort(tookLonger(limitMs, { subject, next }));
  clock.sleep(limitMs, done.signal).then(late, () => undefined);
  try {
    return await work(AbortSignal.any([signal, over.signal]));
  } finally {
    done.abort();
  }
}

const tookLonger = (limitMs: number, { subject, next }: Awaiting): PoststackError =>
  new PoststackError("TIMEOUT", { what: `${subject} took longer than ${limitMs / 1_000} s`, next });

const answer: Awaiting = {
  subject: "an answer of the server",
  next: "see whether the server answers, and what stands between",
};

/** For who cannot cancel a question, and gives up the connection. */
export const unanswered = (): PoststackError => tookLonger(answerLimitMs, answer);

/**
 * One question to the server, with the limit of an answer.
 *
 * @throws PoststackError `TIMEOUT`, and what {@link Session.query} throws
 */
export const ask = (
  session: Session,
  sql: string,
  values: readonly SqlValue[],
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Row[]> =>
  within(answerLimitMs, answer, clock, signal, (limited) => session.query(sql, values, limited));
