import { PoststackError } from "../../core/errors.ts";
import { fileStart } from "../../core/place.ts";
import type { Ports } from "../../core/ports.ts";
import { backoffMs } from "../../core/retry.ts";
import { watchBlockers } from "./blockers.ts";
import { isContention } from "./failure.ts";

const tries = 10;

/**
 * Runs `attempt` until it is not a lock, a deadlock or a serialization failure that stops it; between two tries nothing of
 * ours holds or queues for a lock.
 *
 * @throws PoststackError `MIGRATION_LOCKED` after the last try, naming who stood in the way
 */
export async function retried<T>(
  migration: { readonly name: string; readonly file: string; readonly pid: number },
  ports: Ports,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  const { clock, progress } = ports;
  let blocker: string | undefined;
  for (let count = 1; ; count++) {
    const watch = watchBlockers(migration.pid, ports);
    try {
      return await attempt();
    } catch (error) {
      blocker = watch.last() ?? blocker;
      if (!isContention(error)) throw error;
      if (count >= tries) throw locked(migration, blocker, error);
      progress(
        `try ${count + 1} of ${tries}: ${blocker === undefined ? (error as Error).message : `held by ${blocker}`}`,
      );
      await clock.sleep(backoffMs(count - 1, clock.random()), signal);
    } finally {
      watch.stop();
    }
  }
}

const locked = (
  { name, file }: { readonly name: string; readonly file: string },
  blocker: string | undefined,
  error: unknown,
): PoststackError =>
  new PoststackError(
    "MIGRATION_LOCKED",
    {
      what: `${name} did not get its locks in ${tries} tries`,
      where: fileStart(file),
      next: "wait until the other session has finished, or end it with pg_terminate_backend, and apply again",
      details: [blocker === undefined ? (error as Error).message : `held by ${blocker}`],
    },
    { cause: (error as PoststackError).cause },
  );
