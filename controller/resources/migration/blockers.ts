import type { Ports } from "../../core/ports.ts";

/** Between two looks, in milliseconds. A migration that is quicker than the first costs no look. */
const pollMs = 1_000;

export interface Watch {
  /** Who stood in the way when we looked last: `pid 812 (psql, for 40 s): update users …`. */
  readonly last: () => string | undefined;
  readonly stop: () => void;
}

/** Made once: without a reason every abort makes an exception with a stack, a thousand times in a thousand migrations. */
const ended = new Error("the migration has ended");

/** Looks from another connection at who blocks this backend, and tells it as progress. */
export function watchBlockers(pid: number, { clock, server, progress }: Ports, everyMs = pollMs): Watch {
  const stopped = new AbortController();
  let last: string | undefined;
  const look = async (): Promise<void> => {
    const admin = await server.admin(stopped.signal);
    // Not stopped.signal: cancelling a question on a shared session could hit another one's.
    const asking = new AbortController().signal;
    for (;;) {
      const [row] = await admin.query(blockersOf, [pid], asking);
      if (row !== undefined) {
        last = String(row["blocker"]);
        progress(`waits for ${last}`);
      }
      await clock.sleep(everyMs, stopped.signal);
    }
  };
  // Whatever goes wrong here, the migration goes on: it only would not say what it waits for.
  clock
    .sleep(everyMs, stopped.signal)
    .then(look)
    .catch(() => undefined);
  return { last: () => last, stop: () => stopped.abort(ended) };
}

const blockersOf = `
select format('pid %s (%s, for %s s): %s', a.pid, coalesce(nullif(a.application_name, ''), a.backend_type),
  extract(epoch from now() - coalesce(a.xact_start, a.backend_start))::int,
  left(regexp_replace(a.query, '\\s+', ' ', 'g'), 100)) as blocker
from unnest(pg_blocking_pids($1)) as blocking(pid) join pg_stat_activity a using (pid)
order by a.xact_start limit 1`;
