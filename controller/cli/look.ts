import { ask as askServer } from "../core/deadline.ts";
import type { Plan } from "../core/plan.ts";
import type { Ports } from "../core/ports.ts";
import type { Row, SqlValue } from "../core/ports/postgres.ts";
import { sqlFailure } from "../core/sql.ts";
import { observe, type Observation } from "../engine/observe.ts";
import { buildPlan } from "../engine/plan.ts";
import { noServer, passServer } from "../engine/server.ts";
import type { Action, Desired } from "../resources/index.ts";
import type { OpenedEnvironment } from "./open.ts";

/** One look at an environment: what is asked for, what is there, and what would be done about it. */
export interface Look {
  readonly desired: Desired;
  readonly observation: Observation;
  readonly plan: Plan<Action>;
  readonly ports: Ports;
  /** More of what the ledger holds, on the connection of the look; nothing while there is no ledger to ask. */
  readonly ask: (sql: string, values: readonly SqlValue[]) => Promise<readonly Row[]>;
}

/**
 * Looks, and lets `tell` ask further questions before the connection closes. Takes no lock and changes nothing; a server
 * that is down is an answer, not an error.
 */
export async function look<T>(
  { load, ports }: OpenedEnvironment,
  signal: AbortSignal,
  tell: (look: Look) => Promise<T>,
): Promise<T> {
  const desired = await load();
  const { endpoint } = desired;
  const server = endpoint === undefined ? noServer() : passServer(endpoint, ports.postgres);
  const world: Ports = { ...ports, server, progress: () => undefined };
  try {
    const observation = await observe(desired, world, signal);
    const plan = buildPlan(desired, observation);
    const isUp = observation.observed.instance?.[0]?.server === "up";
    const ask: Look["ask"] = async (sql, values) => {
      const session = isUp ? await server.database(signal) : undefined;
      if (session === undefined) return [];
      return askServer(session, sql, values, ports.clock, signal).catch(unlessWithoutLedger);
    };
    return await tell({ desired, observation, plan, ports: world, ask });
  } finally {
    await server.close();
  }
}

/** 42P01 undefined_table, 3F000 invalid_schema_name: the ledger is not made yet. */
function unlessWithoutLedger(error: unknown): readonly Row[] {
  const state = sqlFailure(error)?.sqlState;
  if (state === "42P01" || state === "3F000") return [];
  throw error;
}
