import type { Ports } from "./ports.ts";
import type { Row, Session } from "./ports/postgres.ts";
import { describeProgress, progressQuery } from "./statement-progress.ts";
import { askedLength, withoutTexts } from "./without-texts.ts";

/** Between two looks, in milliseconds. What is quicker than the first costs no look. */
const pollMs = 1_000;

/** Between two words that it still runs, in milliseconds (RELIABILITY 31). */
const stillMs = 30_000;

/** What runs longer is asked how far it is; and how often that is told where it changes. In milliseconds. */
const progressMs = 3_000;

export interface Watch {
  /** Who stood in the way when we looked last: `pid 812 (psql, for 40 s): update users …`. */
  readonly last: () => string | undefined;
  readonly stop: () => void;
}

/** Where to ask: on the admin's session, or (what waits may be on that one) on a connection for this alone. */
export type Asking = "admin" | "own connection";

/** Made once: without a reason every abort makes an exception with a stack, a thousand times in a thousand migrations. */
const ended = new Error("what was watched has ended");

/**
 * Looks from another connection at who blocks this backend, and tells it as progress; so it does of how far a long statement
 * has come, as the server tells it, and of mere duration.
 */
export function watchBlockers(
  pid: number,
  asking: Asking,
  { clock, server, progress }: Pick<Ports, "clock" | "server" | "progress">,
): Watch {
  const stopped = new AbortController();
  const startMs = clock.nowMs();
  let last: string | undefined;
  const look = async (session: Session): Promise<void> => {
    let toldMs = startMs;
    let told = "";
    // Not stopped.signal: cancelling a question on a shared session could hit another one's.
    const unstopped = new AbortController().signal;
    for (;;) {
      const [row] = await session.query(blockersOf, [pid], unstopped);
      const nowMs = clock.nowMs();
      if (row !== undefined) {
        last = describeBlocker(row);
        progress(`waits for ${last}`, `pid ${String(row["pid"])}`);
        toldMs = nowMs;
      } else if (nowMs - toldMs >= progressMs) {
        // A server that has other views tells nothing of it, and still who stands in the way.
        const [far] = await session.query(progressQuery(session.version), [pid], unstopped).catch(() => []);
        const text = far === undefined ? "" : describeProgress(far);
        if ((text !== "" && text !== told) || nowMs - toldMs >= stillMs) {
          progress(text === "" || text === told ? `runs for ${Math.round((nowMs - startMs) / 1_000)} s` : text);
          toldMs = nowMs;
          told = text;
        }
      }
      await clock.sleep(pollMs, stopped.signal);
    }
  };
  const ask = async (): Promise<void> => {
    await clock.sleep(pollMs, stopped.signal);
    if (asking === "admin") return look(await server.admin(stopped.signal));
    const session = await server.maintenance(stopped.signal);
    try {
      await look(session);
    } finally {
      await session.close();
    }
  };
  // Whatever goes wrong here, the work goes on: it only would not say what it waits for.
  ask().catch(() => undefined);
  return { last: () => last, stop: () => stopped.abort(ended) };
}

const blockersOf = `
select a.pid, coalesce(nullif(a.application_name, ''), a.backend_type) as application,
  extract(epoch from now() - coalesce(a.xact_start, a.backend_start))::int as age_s, left(a.query, ${askedLength}) as statement
from unnest(pg_blocking_pids($1)) as blocking(pid) join pg_stat_activity a using (pid)
order by a.xact_start limit 1`;

const describeBlocker = ({ pid, application, age_s: ageS, statement }: Row): string =>
  `pid ${String(pid)} (${String(application)}, for ${String(ageS)} s): ${withoutTexts(typeof statement === "string" ? statement : "")}`;
