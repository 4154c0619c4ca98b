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
 * @throws PoststackError of the connection
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
  const told = known.drift ?? (await driftOf(seen, ports, signal));
  if (told === undefined) return plan;
  // One that began has to end before there is a schema to compare with; what it began on was compared before.
  if (isUnfinished(seen)) return { ...plan, drift: told };
  known.drift = told;
  const objection = wish.drift.refuses ? objectionTo(told) : undefined;
  const isInTheWay = objection !== undefined && waiting !== undefined;
  return { ...(isInTheWay ? refusing(plan, waiting, objection) : plan), drift: told };
}

const isUnfinished = ({ observation: { observed } }: Seen): boolean =>
  (observed.migration?.[0]?.rows ?? []).some(({ state }) => state === "started");

type Objection = Pick<ErrorFacts, "what" | "next">;

/** Why no migration may run. */
function objectionTo({ differences, unknown }: SchemaDrift): Objection | undefined {
  if (unknown !== undefined) {
    return {
      what: `what was changed by hand is not known, and the environment's policy refuses to go on without: ${unknown}`,
      next: "`poststack db drift` has the whole error; `policy: { drift: warn }` goes on without knowing",
    };
  }
  const count = differences.length;
  if (count === 0) return undefined;
  return {
    what: `${count} ${count === 1 ? "object differs" : "objects differ"} from what the migrations make, and the environment's policy refuses that`,
    next: "adopt or undo each with the statements of `poststack db drift`, or name it in `policy.drift.ignore`",
  };
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

/** One that began and did not finish, or does not run from nothing, or may not: `db drift` tells it with its place. */
const isOfMigrations = ({ code }: ErrorFacts): boolean => code.startsWith("MIGRATION_") || code === "SCHEMA_NOT_COPIED";

function refusing(plan: Plan<Action>, first: Action, objection: Objection): Plan<Action> {
  const refused = refuse(first.id, {
    code: "SCHEMA_DRIFT",
    ...objection,
    ...(first.place === undefined ? {} : { where: first.place }),
  });
  const { actions } = plan;
  return {
    ...plan,
    actions: actions.map((action) => (action === first ? { ...refused, dependsOn: action.dependsOn } : action)),
  };
}
