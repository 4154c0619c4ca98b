import { watchBlockers, type Asking } from "./blockers.ts";
import { PoststackError } from "./errors.ts";
import type { Place } from "./place.ts";
import type { Ports } from "./ports.ts";
import { backoffMs } from "./retry.ts";
import { sqlFailure } from "./sql.ts";

/** Milliseconds to wait for a lock, each try (RELIABILITY 31): a queue behind us stands no longer than this. */
export const lockTimeoutMs = 5_000;

const tries = 10;

/** What may have to wait for locks. */
export interface Contender {
  /** Subject of a sentence: `001_users`. */
  readonly name: string;
  /** The backend that runs it. */
  readonly pid: number;
  readonly where?: Place;
  /** Where it is asked who stands in the way: not where it waits itself. */
  readonly asking: Asking;
  readonly code: "MIGRATION_LOCKED" | "POSTGRES_LOCKED";
}

export type ContentionPorts = Pick<Ports, "clock" | "server" | "progress">;

/** A lock that was not granted, a serialization failure, a deadlock: another try may succeed. */
export const isContention = (error: unknown): boolean =>
  ["55P03", "40001", "40P01"].includes(sqlFailure(error)?.sqlState ?? "");

/**
 * Runs `attempt` until it is not a lock, a deadlock or a serialization failure that stops it; between two tries nothing of
 * ours holds or queues for a lock.
 *
 * @throws PoststackError of the contender's code after the last try, naming who stood in the way
 */
export async function retried<T>(
  contender: Contender,
  ports: ContentionPorts,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  const { clock, progress } = ports;
  let blocker: string | undefined;
  for (let count = 1; ; count++) {
    const watch = watchBlockers(contender.pid, contender.asking, ports);
    try {
      return await attempt();
    } catch (error) {
      blocker = watch.last() ?? blocker;
      if (!isContention(error)) throw error;
      if (count >= tries) throw locked(contender, blocker, error);
      progress(
        `try ${count + 1} of ${tries}: ${blocker === undefined ? (error as Error).message : `held by ${blocker}`}`,
      );
      await clock.sleep(backoffMs(count - 1, clock.random()), signal);
    } finally {
      watch.stop();
    }
  }
}

const locked = ({ name, where, code }: Contender, blocker: string | undefined, error: unknown): PoststackError =>
  new PoststackError(
    code,
    {
      what: `${name} did not get its locks in ${tries} tries`,
      ...(where === undefined ? {} : { where }),
      next: "wait until the other session has finished, or end it with pg_terminate_backend, and apply again",
      details: [blocker === undefined ? (error as Error).message : `held by ${blocker}`],
    },
    { cause: (error as PoststackError).cause },
  );
