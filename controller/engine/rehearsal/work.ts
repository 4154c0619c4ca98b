import { isRefusal } from "../../core/action.ts";
import type { Plan } from "../../core/plan.ts";
import type { Files } from "../../core/ports/files.ts";
import type { SqlParser } from "../../core/ports/sql-parser.ts";
import type { Action, Desired } from "../../resources/index.ts";
import type { MigrationAction, MigrationFile, RepeatableFile } from "../../resources/migration/model.ts";
import type { Names } from "../../resources/migration/repeatable/model.ts";
import { namesIn } from "../../resources/migration/repeatable/names.ts";
import { inOrder } from "../../resources/migration/repeatable/order.ts";
import { readSource } from "../../resources/migration/source.ts";
import { isAfter, parseTarget } from "../../resources/migration/target.ts";

export type Rollback = Extract<MigrationAction, { readonly verb: "rollback" }>;

/** What a plan would run, each in order. */
export interface Work {
  /** Forward. */
  readonly pending: readonly MigrationFile[];
  /** After them. */
  readonly repeats: readonly RepeatableFile[];
  /** Contracts that wait: they run behind all of that, once the release before them is gone. */
  readonly held: readonly MigrationFile[];
  /** Back, from the last one; with these nothing goes forward. */
  readonly rollbacks: readonly Rollback[];
}

const nothing: Work = { pending: [], repeats: [], held: [], rollbacks: [] };

/**
 * Nothing where one of them may not run anyway: those that follow it would fail for that reason alone.
 *
 * @param isUnknown nobody knows what is pending: all of them
 */
export async function workIn(
  { actions, held = [] }: Pick<Plan<Action>, "actions" | "held">,
  desired: Desired,
  isUnknown: boolean,
  ports: { readonly files: Files; readonly parser: SqlParser },
): Promise<Work> {
  const own = actions.filter((one): one is MigrationAction => one.kind === "migration");
  if (own.some(isRefusal)) return nothing;
  const [wish] = desired.resources.migration;
  if (own.length === 0 && isUnknown && wish !== undefined && desired.scope.has("migration")) {
    const target = parseTarget(wish.target, wish.files, []) ?? "none";
    const repeats = wish.target === undefined ? await sorted(wish.repeatable ?? [], ports) : [];
    return { ...nothing, pending: wish.files.filter(({ order }) => !isAfter(order, target)), repeats };
  }
  const isAnyForward = own.some(({ verb }) => verb === "apply" || verb === "repeat" || verb === "hold");
  const waiting = new Set([...held, ...own.filter(({ verb }) => verb === "hold")].map(({ id }) => id));
  return {
    // Alone they were rehearsed when they came, and every plan from then on would do it again.
    held: isAnyForward ? (wish?.files ?? []).filter(({ id }) => waiting.has(id)) : [],
    pending: own.flatMap((one) => (one.verb === "apply" ? [one.migration] : [])),
    repeats: own.flatMap((one) => (one.verb === "repeat" ? [one.repeatable] : [])),
    rollbacks: own.flatMap((one) => (one.verb === "rollback" ? [one] : [])),
  };
}

async function sorted(
  files: readonly RepeatableFile[],
  { files: from, parser }: { readonly files: Files; readonly parser: SqlParser },
): Promise<readonly RepeatableFile[]> {
  const names = new Map<string, Names>();
  for (const { name, file } of files) names.set(name, await namesIn(readSource(file, from).text, parser));
  return inOrder(files, names).sorted;
}
