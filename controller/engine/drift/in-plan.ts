import { PoststackError, type ErrorFacts } from "../../core/errors.ts";
import type { Plan } from "../../core/plan.ts";
import type { SchemaDrift } from "../../core/schema-drift.ts";
import type { Action } from "../../resources/index.ts";
import { refuse } from "../../resources/migration/refusals.ts";
import type { EnginePorts } from "../converge.ts";
import type { Seen } from "../look.ts";
import { findDrift, toldDrift } from "./find.ts";

/** What one run has found out: a later pass of it does not ask again. */
export interface Compared {
  drift?: SchemaDrift | undefined;
}

/**
 * The plan, with what was changed by hand. No action heals it; where the environment's policy says so, no migration runs
 * until it is adopted or undone. The fingerprint stays: the drift says nothing of what would be done.
 *
 * @throws PoststackError of the connection; where drift refuses, also of what keeps it from being told
 */
export async function withDrift(
  plan: Plan<Action>,
  seen: Seen,
  ports: EnginePorts,
  known: Compared,
  signal: AbortSignal,
): Promise<Plan<Action>> {
  const [wish] = seen.desired.resources.migration;
  if (wish?.drift === undefined || !seen.desired.scope.has("migration")) return plan;
  const waiting = plan.actions.find(isStopped);
  if (wish.drift.compare === "before-migrations" && waiting === undefined) return plan;
  const told = (known.drift ??= await driftOf(seen, ports, signal));
  if (told === undefined) return plan;
  const { differences } = told;
  const isInTheWay = wish.drift.refuses && waiting !== undefined && differences.length > 0;
  return { ...(isInTheWay ? refusing(plan, waiting, differences.length) : plan), drift: told };
}

/** Rollbacks go on: they are what somebody does in a hurry. A baseline adopts what is there. */
const isStopped = ({ kind, verb }: Action): boolean => kind === "migration" && (verb === "apply" || verb === "repeat");

/** Undefined: there is no schema of which the ledger could say how it came about. */
async function driftOf(seen: Seen, ports: EnginePorts, signal: AbortSignal): Promise<SchemaDrift | undefined> {
  const { endpoint } = seen.desired;
  const { instance, migration } = seen.observation.observed;
  const isUp = instance?.[0]?.server === "up" && migration?.[0]?.ledger === "present";
  const session = isUp ? await seen.ports.server.database(signal) : undefined;
  if (endpoint === undefined || session === undefined) return undefined;
  try {
    return toldDrift(await findDrift(seen, { session, endpoint }, ports, signal));
  } catch (error) {
    if (!(error instanceof PoststackError) || !isOfMigrations(error.facts)) throw error;
    return { migrations: 0, differences: [], expected: [], unknown: error.facts.what };
  }
}

/** One that began and did not finish, or does not run from nothing: `db drift` tells it with its place. */
const isOfMigrations = ({ code }: ErrorFacts): boolean => code.startsWith("MIGRATION_");

function refusing(plan: Plan<Action>, first: Action, count: number): Plan<Action> {
  const refused = refuse(first.id, {
    code: "SCHEMA_DRIFT",
    what: `${count} ${count === 1 ? "object differs" : "objects differ"} from what the migrations make, and the environment's policy refuses that`,
    ...(first.place === undefined ? {} : { where: first.place }),
    next: "adopt or undo each with the statements of `poststack db drift`, or name it in `policy.drift.ignore`",
  });
  const { actions } = plan;
  return {
    ...plan,
    actions: actions.map((action) => (action === first ? { ...refused, dependsOn: action.dependsOn } : action)),
  };
}
