import { PoststackError } from "../core/errors.ts";
import type { ResourceId } from "../core/id.ts";
import type { Place } from "../core/place.ts";
import { closure, dependencyGraph } from "../engine/graph.ts";
import { mayPassByItself } from "../engine/tries.ts";
import type { Action, Kind } from "../resources/index.ts";
import { look, type Look } from "./look.ts";
import type { OpenedEnvironment } from "./open.ts";

/** What a service finds in the database. Jobs are none of it: some run on every apply. */
const preparing: ReadonlySet<Kind> = new Set<Kind>(["role", "database", "extension", "migration", "grant"]);

/**
 * A restart is for what runs, and is done without all else that is pending. A service that the files have changed would come
 * up as it is there now, before what it was changed for: that is for an apply, which knows the order.
 *
 * @param opened as the files ask for it, without the restart
 * @throws PoststackError `PLAN_REFUSED`
 */
export async function refuseUnprepared(
  opened: OpenedEnvironment,
  targets: ReadonlySet<ResourceId>,
  signal: AbortSignal,
): Promise<void> {
  const found = await look(opened, signal, (seen) => Promise.resolve(unprepared(seen, targets))).catch(
    (error: unknown) => {
      // A server that does not answer is what a restart may be for.
      if (!mayPassByItself(error)) throw error;
      return undefined;
    },
  );
  if (found === undefined) return;
  const { changed, where, needs } = found;
  throw new PoststackError("PLAN_REFUSED", {
    what: `the files have changed ${changed.join(", ")} since it was started, and what it needs then is pending: ${needs.join(", ")}`,
    ...(where === undefined ? {} : { where }),
    next: `poststack apply ${opened.environment} does both, in order; or take the change back, and restart`,
  });
}

interface Unprepared {
  readonly changed: readonly ResourceId[];
  /** Of the first of them. */
  readonly where: Place | undefined;
  readonly needs: readonly ResourceId[];
}

/** Pure. What would be started otherwise than it runs, and what that needs of the database before. */
function unprepared(
  { desired, plan: { actions, deferred } }: Look,
  targets: ReadonlySet<ResourceId>,
): Unprepared | undefined {
  const services = actions.filter((action) => targets.has(action.id) && isChanged(action));
  const changed = services.map(({ id }) => id);
  if (changed.length === 0) return undefined;
  const graph = dependencyGraph(desired, actions, deferred);
  const before = closure(changed, (id) => graph.get(id) ?? []);
  const needs = actions.filter(({ id, kind }) => preparing.has(kind) && before.has(id)).map(({ id }) => id);
  return needs.length === 0 ? undefined : { changed, where: services[0]?.place, needs };
}

/** What only ended is started as it was; of a process that is so where its record has the same configuration. */
function isChanged(action: Action): boolean {
  if (action.verb !== "start") return true;
  return action.kind === "process" && action.leftover?.configHash !== action.desired.configHash;
}
