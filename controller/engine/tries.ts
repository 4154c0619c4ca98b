import { classOf, PoststackError, type ErrorFacts } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { backoffMs } from "../core/retry.ts";
import type { Emit } from "./events.ts";

// What another try may help against, and how long to wait for it (RELIABILITY 32, 33).

/** Whether a failed action may succeed in a later pass. */
export const mayPass = ({ code }: ErrorFacts): boolean => ["retryable", "unknown", "stalled"].includes(classOf(code));

/** The action itself has waited for long enough: in this run there is no other try. */
export const isStalled = ({ code }: ErrorFacts): boolean => classOf(code) === "stalled";

/** A look that was cut short has changed nothing and may be repeated at once. */
export const mayPassByItself = (error: unknown): error is PoststackError =>
  error instanceof PoststackError && ["retryable", "unknown"].includes(error.errorClass);

/**
 * Waits before the next try, counted from 0; a signal ends the waiting.
 *
 * @param error why there is another one
 */
export async function pause(
  attempt: number,
  error: ErrorFacts | undefined,
  clock: Clock,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const waitMs = backoffMs(attempt, clock.random());
  emit({ type: "retry", waitMs, attempt: attempt + 1, ...(error === undefined ? {} : { error }) });
  await clock.sleep(waitMs, signal).catch(() => undefined);
}
