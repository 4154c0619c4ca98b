import { isRemoval } from "../core/action.ts";
import { endangers, gateAction } from "../resources/backup/gate.ts";
import { resources, type Action, type Desired } from "../resources/index.ts";
import type { Observation } from "./observe.ts";

/**
 * Where the files ask for it (`backup.gate`), a backup comes before whatever endangers data. It comes behind what stops, so
 * that nobody writes what it does not hold, and before all else in the database, whose changes would have to wait for the
 * tables that it reads. A container that is removed is no stop: removals come last, when there is a backup.
 */
export function withBackup(
  { resources: wanted, scope }: Desired,
  { observed }: Observation,
  actions: readonly Action[],
): readonly Action[] {
  const [wish] = wanted.backup;
  if (wish === undefined || !scope.has("backup")) return actions;
  const endangering = actions.filter((action) => endangers(action, wish.gate, isInside(action)));
  const isTaken = actions.some(({ id }) => id === wish.id);
  if (endangering.length === 0 || isTaken) return actions;

  const stops = actions.filter(({ kind, verb }) => verb === "stop" && kind !== "instance");
  const server = actions.filter((action) => wish.dependsOn.includes(action.id) && !isLeaving(action));
  const taken = gateAction(
    wish,
    observed.backup,
    endangering,
    [...server, ...stops].map(({ id }) => id),
  );
  if (taken === undefined) return actions;
  const waiting = new Set(
    actions.filter((action) => isInDatabase(action) || endangering.includes(action)).map(({ id }) => id),
  );
  return [
    taken,
    ...actions.map((action) => {
      // What waits for one of them waits along.
      const isFirst = waiting.has(action.id) && !action.dependsOn.some((id) => waiting.has(id));
      return isFirst ? { ...action, dependsOn: [...action.dependsOn, taken.id] } : action;
    }),
  ];
}

const isLeaving = (action: Action): boolean => action.verb === "stop" || isRemoval(action);
const isInDatabase = ({ kind }: Action): boolean => resources[kind].livesIn === "database";
const isInside = (action: Action): boolean => isInDatabase(action) || resources[action.kind].livesIn === "server";
