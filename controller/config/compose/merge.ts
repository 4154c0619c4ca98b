import type { MapTree, Tree } from "../tree.ts";
import { overrideTag, resetTag, uniqueItems } from "./canonical.ts";
import type { Report } from "./report.ts";
import { inside, type Shape } from "./shape.ts";
import { isNull, mapItems, mapValues, textAt, without } from "./trees.ts";

/**
 * What two documents say together, the later on top (spec, 13-merge): maps merge, lists are put one after the other,
 * anything else is replaced, but for what the shape says. Both are canonical.
 */
export function merge(earlier: Tree | undefined, later: Tree, shape: Shape, report: Report): Tree | undefined {
  if (later.tag === resetTag) return undefined;
  if (earlier === undefined || later.tag === overrideTag) return untagged(later);
  if (shape.merge === "replace") return untagged(later);
  // `ports:` with nothing after it says nothing.
  if (isNull(later)) return earlier;
  if (isNull(earlier)) return untagged(later);
  if (earlier.type === "map" && later.type === "map") {
    if (shape.merge === "logging" && hasOtherDriver(earlier, later)) return untagged(later);
    return mergeMaps(earlier, later, shape, report);
  }
  if (earlier.type === "list" && later.type === "list") {
    const kept = later.items.filter(({ tag }) => tag !== resetTag).map(untagged);
    const each = inside(shape, 0);
    const items = uniqueItems([...earlier.items, ...kept], shape, (before, item) =>
      shape.mergesItems === true ? merge(before, item, each, report) : undefined,
    );
    return { type: "list", items, place: later.place };
  }
  if (earlier.type !== later.type) {
    const what = `${nameOf(later)} cannot be merged with the ${nameOf(earlier).replace(/^an? /, "")} of an earlier file`;
    report.mistake("CONFIG_TYPE", what, later.place, "give it the same form, or write `!override` before it");
  }
  return untagged(later);
}

function mergeMaps(earlier: MapTree, later: MapTree, shape: Shape, report: Report): MapTree {
  const entries = new Map(earlier.entries);
  for (const [key, entry] of later.entries) {
    const before = entries.get(key);
    const isNote = key.startsWith("x-") && shape.keys !== undefined;
    // A variable without a value has the shell's, and not an earlier file's.
    const replaces = isNote || (shape.merge === "variables" && isNull(entry.tree));
    const base = replaces ? undefined : before?.tree;
    const tree = merge(base, entry.tree, inside(shape, key), report);
    if (tree === undefined) entries.delete(key);
    else entries.set(key, { place: entry.place, tree });
  }
  return { type: "map", entries, place: later.place };
}

/** Without the tags, and without what `!reset` takes away. */
export function untagged(tree: Tree): Tree {
  const bare = tree.tag === undefined ? tree : withoutTag(tree);
  if (bare.type === "scalar") return bare;
  if (bare.type === "list") {
    const items = bare.items.filter(({ tag }) => tag !== resetTag);
    return mapItems(items.length === bare.items.length ? bare : { ...bare, items }, untagged);
  }
  const taken = new Set([...bare.entries].flatMap(([key, entry]) => (entry.tree.tag === resetTag ? [key] : [])));
  return mapValues(taken.size === 0 ? bare : without(bare, taken), untagged);
}

function withoutTag({ tag: _tag, ...bare }: Tree): Tree {
  return bare;
}

function hasOtherDriver(earlier: MapTree, later: MapTree): boolean {
  const [before, after] = [textAt(earlier, "driver"), textAt(later, "driver")];
  return before !== undefined && after !== undefined && before !== after;
}

const nameOf = (tree: Tree): string =>
  tree.type === "map" ? "a map" : tree.type === "list" ? "a list" : "a single value";
