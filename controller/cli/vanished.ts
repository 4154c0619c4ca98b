import type { Plan } from "../core/plan.ts";
import type { Action, Desired } from "../resources/index.ts";

/** A kind of which the files have nothing any more, and of which everything would go. */
export interface Vanished {
  /** In the plural: `processes`. */
  readonly kind: string;
  readonly actions: readonly Action[];
}

const leaving: ReadonlySet<string> = new Set(["delete", "drop", "revoke"]);

/**
 * What the files asked for once and now ask for in no single case. A file that was cut off is still valid and looks just
 * so: an empty wish is a mistake until somebody says that it is none (RELIABILITY 22).
 */
export function vanishedKinds({ actions }: Plan<Action>, { resources, endpoint }: Desired): readonly Vanished[] {
  // The owner of the database is wanted by every file, also by the first three lines of one.
  const named = resources.role.filter(({ name }) => name !== endpoint?.owner.user);
  const going = (kind: Action["kind"]): readonly Action[] =>
    actions.filter((action) => action.kind === kind && leaving.has(action.verb));
  return [
    { kind: "processes", wanted: resources.process.length, actions: going("process") },
    { kind: "containers", wanted: resources.container.length, actions: going("container") },
    { kind: "roles", wanted: named.length, actions: going("role") },
    { kind: "grants", wanted: resources.grant.length, actions: going("grant") },
  ].filter((one) => one.wanted === 0 && one.actions.length > 0);
}
