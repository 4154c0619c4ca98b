import { ask as askServer } from "../core/deadline.ts";
import type { Plan } from "../core/plan.ts";
import type { Row, SqlValue } from "../core/ports/postgres.ts";
import { sqlFailure } from "../core/sql.ts";
import { see, type Seen } from "../engine/look.ts";
import { buildPlan } from "../engine/plan.ts";
import type { Action } from "../resources/index.ts";
import type { OpenedEnvironment } from "./open.ts";

/** One look at an environment: what is asked for, what is there, and what would be done about it. */
export interface Look extends Seen {
  readonly plan: Plan<Action>;
  /** More of what the ledger holds, on the connection of the look; nothing while there is no ledger to ask. */
  readonly ask: (sql: string, values: readonly SqlValue[]) => Promise<readonly Row[]>;
}

/**
 * Looks, and lets `tell` ask further questions before the connection closes. Takes no lock and changes nothing; a server
 * that is down is an answer, not an error.
 */
export function look<T>(
  { load, ports }: OpenedEnvironment,
  signal: AbortSignal,
  tell: (look: Look) => Promise<T>,
): Promise<T> {
  return see(load, ports, signal, (seen) => {
    const { desired, observation } = seen;
    const { server, clock } = seen.ports;
    const isUp = observation.observed.instance?.[0]?.server === "up";
    const ask: Look["ask"] = async (sql, values) => {
      const session = isUp ? await server.database(signal) : undefined;
      if (session === undefined) return [];
      return askServer(session, sql, values, clock, signal).catch(unlessWithoutLedger);
    };
    return tell({ ...seen, plan: buildPlan(desired, observation), ask });
  });
}

/** 42P01 undefined_table, 3F000 invalid_schema_name: the ledger is not made yet. */
function unlessWithoutLedger(error: unknown): readonly Row[] {
  const state = sqlFailure(error)?.sqlState;
  if (state === "42P01" || state === "3F000") return [];
  throw error;
}
