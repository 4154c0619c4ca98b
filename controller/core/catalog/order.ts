import { components } from "./components.ts";
import { compareObjects } from "./decode.ts";
import { isCheck, lookupOf, type Lookup } from "./lookup.ts";
import { textOf, type Catalog, type CatalogObject, type Identity } from "./model.ts";

/** One step of making a catalog anew. */
export type Step =
  | { readonly does: "create"; readonly object: CatalogObject }
  /** The default of a column, which could not be in its CREATE TABLE. */
  | { readonly does: "default"; readonly object: CatalogObject }
  /** A view without its query, for what needs its row type and is needed by the query; a type without its functions. */
  | { readonly does: "stand-in"; readonly object: CatalogObject };

export interface Order {
  readonly steps: readonly Step[];
  /** Columns and checks that CREATE TABLE leaves out. */
  readonly later: ReadonlySet<Identity>;
  /** Views that have a stand-in, and are replaced; types whose name is known before they are made. */
  readonly replaced: ReadonlySet<Identity>;
}

/**
 * The objects in an order in which each finds what it needs; where that leaves a choice, by kind and name, so that the same
 * catalog gives the same order. Circles are cut as pg_dump cuts them: defaults and checks follow their table, a view stands
 * in for itself.
 */
export function orderOf(catalog: Pick<Catalog, "objects">): Order {
  const lookup = lookupOf(catalog);
  const cuts: Cuts = { later: new Set(), replaced: new Set(), freed: new Set() };
  for (;;) {
    const graph = graphOf(catalog, lookup, cuts);
    const circles = components(graph.edges).filter((members) => members.length > 1);
    if (circles.length === 0) return { steps: sorted(graph), later: cuts.later, replaced: cuts.replaced };
    for (const circle of circles) cut(circle, lookup, cuts);
  }
}

interface Cuts {
  readonly later: Set<Identity>;
  readonly replaced: Set<Identity>;
  /** Objects that no longer wait for anything. */
  readonly freed: Set<string>;
}

interface Graph {
  readonly nodes: ReadonlyMap<string, Step>;
  /** By node, what has to come before it. */
  readonly edges: ReadonlyMap<string, Set<string>>;
}

function graphOf({ objects }: Pick<Catalog, "objects">, lookup: Lookup, { later, replaced, freed }: Cuts): Graph {
  const isInline = (object: CatalogObject): boolean =>
    object.kind === "column" || object.kind === "domain constraint" || (isCheck(object) && !later.has(object.identity));
  /** The node that an object is made in: its own, where what it is a part of is not to be made. */
  const nodeOf = (identity: Identity): string => {
    const object = lookup.get(identity);
    const parent = object?.parent === undefined ? undefined : lookup.get(object.parent);
    return object !== undefined && parent !== undefined && isInline(object) ? parent.identity : identity;
  };
  const nodes = new Map<string, Step>();
  const edges = new Map<string, Set<string>>();
  const add = (from: string, to: string): void => {
    if (from !== to && !freed.has(from)) edges.get(from)?.add(to);
  };
  for (const object of objects) {
    if (nodeOf(object.identity) !== object.identity) continue;
    nodes.set(object.identity, { does: "create", object });
    edges.set(object.identity, new Set());
    if (replaced.has(object.identity)) {
      nodes.set(standIn(object.identity), { does: "stand-in", object });
      edges.set(standIn(object.identity), new Set());
      add(object.identity, standIn(object.identity));
    }
  }
  for (const object of objects) {
    const node = nodeOf(object.identity);
    if (object.parent !== undefined && edges.has(object.parent)) add(node, object.parent);
    const hasLateDefault = object.kind === "column" && later.has(object.identity);
    if (hasLateDefault) {
      nodes.set(lateDefault(object.identity), { does: "default", object });
      edges.set(lateDefault(object.identity), new Set([node]));
    }
    for (const { on, soft } of object.dependsOn) {
      const target = nodeOf(on);
      // Who needs what has a stand-in is content with that, unless it reads from it.
      const isContent = replaced.has(target as Identity) && isContentWith(object, lookup.get(target as Identity));
      const needed = isContent ? standIn(target) : target;
      if (edges.has(needed)) add(soft && hasLateDefault ? lateDefault(object.identity) : node, needed);
    }
  }
  return { nodes, edges };
}

/** A function with a view's row type; of a base type its own functions and no others: the type is only a shell by then. */
const isContentWith = (object: CatalogObject, target: CatalogObject | undefined): boolean =>
  object.kind === "function" && (target?.kind !== "type" || target.dependsOn.some(({ on }) => on === object.identity));

const standIn = (node: string): string => `stand-in ${node}`;
const lateDefault = (node: string): string => `default ${node}`;

/** Takes one way out of a circle; what is left of it comes again. */
function cut(circle: readonly string[], lookup: Lookup, { later, replaced, freed }: Cuts): void {
  const members = new Set(circle);
  const postponed = [...circle].sort().flatMap((node) =>
    lookup
      .partsOf(node as Identity)
      .filter((part) => canWait(part) && !later.has(part.identity))
      .filter(({ dependsOn }) => dependsOn.some(({ on }) => on !== node && members.has(homeOf(on, lookup)))),
  );
  if (postponed.length > 0) {
    for (const { identity } of postponed) later.add(identity);
    return;
  }
  const stoodFor = [...circle].sort().find((node) => hasStandIn(node, lookup) && !replaced.has(node as Identity));
  if (stoodFor !== undefined) {
    replaced.add(stoodFor as Identity);
    return;
  }
  // No restorable schema gets here: Postgres itself could not have made it in any order. The dump shows what there is.
  const [first = ""] = [...circle].sort().filter((node) => !freed.has(node));
  freed.add(first);
}

/** A view, and a type that is made of functions which speak of it. */
const hasStandIn = (node: string, lookup: Lookup): boolean => {
  const object = lookup.get(node as Identity);
  return object?.kind === "view" || (object?.kind === "type" && textOf(object, "form") === "base");
};

const canWait = (part: CatalogObject): boolean =>
  isCheck(part) || (part.kind === "column" && textOf(part, "default") !== undefined);

/** The table of a column, else the object itself. */
const homeOf = (identity: Identity, lookup: Lookup): string =>
  identity.startsWith("column ") ? (lookup.get(identity)?.parent ?? identity) : identity;

/** Kahn's algorithm; among those that are ready, the first by kind and name. */
function sorted({ nodes, edges }: Graph): readonly Step[] {
  const waiting = new Map([...edges].map(([node, before]) => [node, before.size]));
  const dependents = new Map<string, string[]>();
  for (const [node, before] of edges)
    for (const one of before) dependents.set(one, [...(dependents.get(one) ?? []), node]);
  const compare = (a: string, b: string): number => {
    const [one, other] = [nodes.get(a), nodes.get(b)];
    return one === undefined || other === undefined ? 0 : compareObjects(one.object, other.object);
  };
  const ready = [...waiting].filter(([, count]) => count === 0).map(([node]) => node);
  ready.sort(compare).reverse();
  const steps: Step[] = [];
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    const step = nodes.get(node);
    if (step !== undefined) steps.push(step);
    for (const dependent of dependents.get(node) ?? []) {
      const left = (waiting.get(dependent) ?? 0) - 1;
      waiting.set(dependent, left);
      if (left === 0) ready.splice(placeOf(dependent, ready, compare), 0, dependent);
    }
  }
  return steps;
}

/** Where it belongs in a list that is sorted backwards. */
function placeOf(node: string, list: readonly string[], compare: (a: string, b: string) => number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(list[middle] ?? "", node) > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
