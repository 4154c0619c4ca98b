import type { Plan } from "../core/plan.ts";
import type { Ports } from "../core/ports.ts";
import { quoteLiteral } from "../core/sql.ts";
import { transact } from "../core/transaction.ts";
import type { Action } from "../resources/index.ts";
import type { ActionResult } from "./events.ts";
import type { Observation } from "./observe.ts";
import { recordRelease } from "./release.ts";

/** Who runs, and which run it is: what the ledger's events say. */
export interface Run {
  /** Unique for one command. */
  readonly id: string;
  /** `user@host`, of the person or the service. */
  readonly who: string;
}

/** What is there, before a plan changes it. A server that is down keeps nothing, and need not be asked. */
export async function recordBefore(
  { actions }: Plan<Action>,
  { observed }: Observation,
  ports: Ports,
  run: Run,
  signal: AbortSignal,
): Promise<void> {
  if (observed.instance?.[0]?.server === "up") await recordRelease(actions, ports, run, signal);
}

/** Events that are kept, the newest. */
const kept = 10_000;

/** One transaction under the fence; what has become too old goes with it. */
const insertEvents = (events: readonly object[], { id, who }: Run): readonly string[] => [
  `insert into poststack.events (run, who, resource, verb, reason, outcome, duration_ms)
   select ${quoteLiteral(id)}, ${quoteLiteral(who)}, e.* from jsonb_to_recordset(${quoteLiteral(JSON.stringify(events))}::jsonb)
     as e(resource text, verb text, reason text, outcome text, duration_ms integer)`,
  `delete from poststack.events
   where id <= (select id from poststack.events order by id desc offset ${kept} limit 1)`,
];

/**
 * Keeps what a pass has done in `poststack.events`. History is for people: where it cannot be written (the server was
 * stopped, or is not ours to write to), the pass is as good without it.
 */
export async function recordEvents(
  results: readonly ActionResult[],
  ports: Ports,
  run: Run,
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
    if (session === undefined) return;
    const fence = `select poststack.check_fence(${ports.server.fence()})`;
    await transact(session, [fence, ...insertEvents(events, run)], ports, signal);
  } catch (error) {
    ports.log.debug({ error: String(error) }, "events not recorded");
  }
  await recordRelease(
    results.flatMap(({ status, action }) => (status === "done" ? [action] : [])),
    ports,
    run,
    signal,
  );
}
