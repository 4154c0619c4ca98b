import type { Ports } from "../core/ports.ts";
import type { ActionResult } from "./events.ts";

/** Who runs, and which run it is: what the ledger's events say. */
export interface Run {
  /** Unique for one command. */
  readonly id: string;
  /** `user@host`, of the person or the service. */
  readonly who: string;
}

/** Events that are kept, the newest. */
const kept = 10_000;

// One statement and so one transaction, which holds the fence: it stands in the list of tables. What has become too old goes.
const insertEvents = `
  with old as (
    delete from poststack.events
    where id <= (select id from poststack.events order by id desc offset greatest($5::int - $4::int, 0) limit 1)
  )
  insert into poststack.events (run, who, resource, verb, reason, outcome, duration_ms)
  select $1::text, $2::text, e.* from poststack.check_fence($6::bigint), jsonb_to_recordset($3::jsonb)
    as e(resource text, verb text, reason text, outcome text, duration_ms integer)`;

/**
 * Keeps what a pass has done in `poststack.events`. History is for people: where it cannot be written (the server was
 * stopped, or is not ours to write to), the pass is as good without it.
 */
export async function recordEvents(
  results: readonly ActionResult[],
  ports: Ports,
  { id, who }: Run,
  signal: AbortSignal,
): Promise<void> {
  const events = results.flatMap((result) =>
    result.status === "skipped"
      ? []
      : [
          {
            resource: result.action.id,
            verb: result.action.verb,
            reason: result.action.reason,
            outcome: result.status === "done" ? "done" : result.error.code,
            duration_ms: result.durationMs,
          },
        ],
  );
  const stopped = results.some(({ action }) => action.kind === "instance" && ["stop", "delete"].includes(action.verb));
  if (events.length === 0 || stopped || signal.aborted) return;
  try {
    const session = await ports.server.database(signal);
    const values = [id, who, JSON.stringify(events), events.length, kept, ports.server.fence()];
    await session?.query(insertEvents, values, signal);
  } catch (error) {
    ports.log.debug({ error: String(error) }, "events not recorded");
  }
}
