import { createHash } from "node:crypto";
import { isRemoval, type Hazard } from "../core/action.ts";
import type { ResourceId } from "../core/id.ts";
import { compareNaturally } from "../core/natural-order.ts";
import { inDependencyOrder } from "../core/order.ts";
import { contentDigest, publicAction, type Plan } from "../core/plan.ts";
import type { Endpoint } from "../core/ports/postgres.ts";
import { contentOf, kinds, resources, type Action, type Desired } from "../resources/index.ts";
import { withBackup } from "./backup-gate.ts";
import { dependencyGraph, type DependencyGraph } from "./graph.ts";
import { holdBack } from "./hold-back.ts";
import type { Observation } from "./observe.ts";
import { isEverything, select, type Selection } from "./select.ts";
import { waitThrough } from "./through.ts";
import { changedBy, heldIn, undecidedIn } from "./undecided.ts";

/**
 * Desired + Observed → Plan. Pure: the same facts in any order give the same plan.
 *
 * @throws PoststackError `DEPENDENCY_CYCLE`, `TARGET_UNKNOWN`
 */
export function buildPlan(desired: Desired, observation: Observation, selection: Selection = {}): Plan<Action> {
  const found = withBackup(desired, observation, diffKinds(desired, observation));
  const ordered = leaveInReverse(found);
  // What is decided although it could not be looked at is not left for later: that no backup can be taken.
  const decided = new Set(ordered.map(({ id }) => id));
  const open = [
    ...observation.deferred.filter(({ id }) => !decided.has(id)),
    ...undecidedIn(desired, observation, ordered),
  ];
  // Where nothing is to be done nobody asks it, and ten thousand migrations are as many edges.
  const isAsked = ordered.length > 0 || open.length > 0 || !isEverything(selection);
  const graph: DependencyGraph = isAsked ? dependencyGraph(desired, ordered, open) : new Map();
  const chosen = select(holdBack(ordered, open, graph), graph, selection);
  const actions = inDependencyOrder(waitThrough(chosen.actions, graph), compareActions);
  const deferred = [...chosen.deferred].sort((a, b) => compareIds(a.id, b.id));
  const waiting = heldIn(desired, observation, ordered);
  const { project, environment, isKeyed = false } = desired;
  const digests = new Map(actions.map((action) => [action.id, contentDigest(contentOf(action), isKeyed)]));
  const held = waiting.length === 0 ? {} : { held: waiting };
  const plan = { project, environment, actions, deferred, ...held, contents: { digests, isKeyed } };
  return { ...plan, fingerprint: fingerprint(desired, plan) };
}

/** Kind by kind, in their order: what comes of one may decide what has to happen to those below it. */
function diffKinds(desired: Desired, { observed }: Observation): readonly Action[] {
  let found: readonly Action[] = [];
  const changing = new Set<ResourceId>();
  for (const kind of kinds) {
    const seen = observed[kind];
    // Out of scope, or deferred: what was not observed cannot be compared.
    if (seen === undefined || !desired.scope.has(kind)) continue;
    const wanted = desired.resources[kind] as readonly never[];
    const actions: readonly Action[] = resources[kind].diff(wanted, seen as readonly never[], changing);
    for (const id of changedBy(actions)) changing.add(id);
    found = [...found, ...actions];
  }
  return found;
}

/**
 * What goes away goes in the reverse order of what comes: processes before the server that they talk to. Networks go after
 * it, being its way to us. Where its data goes, too, it is the very last: with that goes the record by which all else is
 * known as ours. What makes room for one that comes waits for no removal: those are last.
 */
function leaveInReverse(actions: readonly Action[]): readonly Action[] {
  const leaving = actions.filter(isLeaving);
  const makesRoom = new Set(actions.flatMap((action) => (isLeaving(action) ? [] : action.dependsOn)));
  return actions.map((action) => {
    if (!isLeaving(action) || makesRoom.has(action.id)) return action;
    const before = leaving.filter((other) => leavingRank(other) > leavingRank(action)).map((other) => other.id);
    return before.length === 0
      ? action
      : { ...action, dependsOn: [...new Set([...action.dependsOn, ...before.sort()])] };
  });
}

const isLeaving = (action: Action): boolean => action.verb === "stop" || isRemoval(action);
const leavingRank = (action: Action): number => (takesRecordAlong(action) ? -1 : rank(action));
const takesRecordAlong = (action: Action): boolean =>
  action.kind === "instance" && action.verb === "delete" && action.desired.deleteData;
const rank = ({ kind }: Action): number => kinds.indexOf(kind);

/** Removals last, then by kind, then by name with numbers counted as numbers: `web.2` before `web.10`. */
function compareActions(a: Action, b: Action): number {
  return Number(isRemoval(a)) - Number(isRemoval(b)) || rank(a) - rank(b) || compareIds(a.id, b.id);
}

const compareIds = (a: ResourceId, b: ResourceId): number => compareNaturally(a, b) || (a < b ? -1 : a > b ? 1 : 0);

/**
 * Places do not count: a comment added above a job changes nothing. The server does: a job runs against it. How large a
 * table is, and whoever uses it just now, is no part of what somebody approved.
 */
function fingerprint({ lockName, endpoint }: Desired, plan: Omit<Plan<Action>, "fingerprint">): string {
  const { project, environment, actions, deferred, contents } = plan;
  const facts = {
    project,
    environment,
    lock: lockName,
    server: endpoint === undefined ? undefined : publicEndpoint(endpoint),
    actions: actions.map((action) => {
      const { place: _place, hazards, ...said } = publicAction(action);
      return { ...said, hazards: hazards.filter(isLasting), content: contents?.digests.get(action.id) };
    }),
    deferred,
  };
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

/** Those others come and go with the rows of a table. */
const isLasting = (hazard: Hazard): boolean => hazard !== "lock" && hazard !== "rewrite";

const publicEndpoint = ({ host, port, sslmode, database, maintenanceDatabase, admin, owner }: Endpoint) =>
  [host, port, sslmode, database, maintenanceDatabase, admin.user, owner.user] as const;
