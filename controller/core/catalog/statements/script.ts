import type { Difference } from "../compare.ts";
import type { Catalog, Identity, ObjectKind } from "../model.ts";
import { orderOf } from "../order.ts";
import { followRenames } from "../renames.ts";
import { remediesFor, type Remedy } from "./remedy.ts";

/** The differences' statements as one script that can run from top to bottom, and those that have none. */
export interface Script {
  readonly statements: readonly string[];
  readonly without: readonly Difference[];
}

/** Nothing that holds rows, and needed by nothing that does: they make room before anything else is changed. */
const light: ReadonlySet<ObjectKind> = new Set([
  ...(["view", "materialized view", "constraint", "index", "statistics", "foreign key"] as const),
  ...(["rule", "trigger", "policy", "publication", "event trigger"] as const),
]);

/**
 * Tables are renamed, never made anew. What hangs on other things goes first, then everything is made and changed in the order of creation, then the rest goes.
 */
export function scriptFor(
  differences: readonly Difference[],
  direction: keyof Remedy,
  old: Catalog,
  to: Catalog,
): Script {
  const { from } = followRenames(old, to);
  const remedies = remediesFor(old, to);
  const going = direction === "adopt" ? "removed" : "added";
  const [source, target] = direction === "adopt" ? [positions(from), positions(to)] : [positions(to), positions(from)];
  // Everything else says the names that are there now: a rename makes them, or comes when they are no longer needed.
  const renaming = direction === "adopt" ? -1 : 3;
  const phaseOf = (one: Difference): number => {
    if (isRename(one)) return renaming;
    return one.change !== going ? 1 : light.has(one.kind) ? 0 : 2;
  };
  const placeOf = (one: Difference): number =>
    phaseOf(one) === 1 ? (target.get(one.identity) ?? 0) : -(source.get(one.identity) ?? 0);
  const ordered = [...differences].sort((a, b) => phaseOf(a) - phaseOf(b) || placeOf(a) - placeOf(b));
  const statements = ordered.map((one) => ({ one, some: remedies(one)[direction] }));
  return {
    statements: statements.flatMap(({ some }) => some ?? []),
    without: statements.filter(({ some }) => some === undefined).map(({ one }) => one),
  };
}

const isRename = ({ from, to }: Difference): boolean => from !== undefined && to !== undefined && from.name !== to.name;

/** Where an object stands in the order of creation; a part with what it is a part of. */
function positions(catalog: Catalog): ReadonlyMap<Identity, number> {
  const places = new Map<Identity, number>(orderOf(catalog).steps.map(({ object }, index) => [object.identity, index]));
  for (const { identity, parent } of catalog.objects) {
    const place = parent === undefined ? undefined : places.get(parent);
    if (place !== undefined && !places.has(identity)) places.set(identity, place);
  }
  return places;
}
