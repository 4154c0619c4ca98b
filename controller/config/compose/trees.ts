import type { Place } from "../../core/place.ts";
import type { Entry, ListTree, MapTree, Scalar, Tree } from "../tree.ts";

// Trees that no file holds as such: what a short form stands for, with the places of the short form.

export const textTree = (text: string, place: Place): Scalar => ({
  type: "scalar",
  value: text,
  text,
  plain: false,
  place,
});

export const valueTree = (value: boolean | number | null, place: Place): Scalar => ({
  type: "scalar",
  value,
  text: String(value),
  plain: true,
  place,
});

export const listTree = (items: readonly Tree[], place: Place): ListTree => ({ type: "list", items, place });

/** A map whose keys stand where their values do. Keys without a value are left out. */
export function mapTree(values: Iterable<readonly [string, Tree | undefined]>, place: Place): MapTree {
  const entries = new Map<string, Entry>();
  for (const [key, tree] of values) if (tree !== undefined) entries.set(key, { place: tree.place, tree });
  return { type: "map", entries, place };
}

/** The same map with other entries. */
export const withEntries = (map: MapTree, entries: ReadonlyMap<string, Entry>): MapTree => ({ ...map, entries });

/** The same map with one more entry, or another value under its key. */
export function withValue(map: MapTree, key: string, tree: Tree, place: Place = tree.place): MapTree {
  const entry = map.entries.get(key);
  return withEntries(map, new Map(map.entries).set(key, { place: entry?.place ?? place, tree }));
}

/** The same map without some keys. */
export function without(map: MapTree, keys: ReadonlySet<string>): MapTree {
  return withEntries(map, new Map([...map.entries].filter(([key]) => !keys.has(key))));
}

/** What stands under a key, if the tree is a map that has it. */
export const valueAt = (tree: Tree | undefined, key: string): Tree | undefined =>
  tree?.type === "map" ? tree.entries.get(key)?.tree : undefined;

/** The text under a key, if that is one. */
export function textAt(tree: Tree | undefined, key: string): string | undefined {
  const found = valueAt(tree, key);
  return found?.type === "scalar" && typeof found.value === "string" ? found.value : undefined;
}

/** The entries under a key, if a map stands there. */
export function entriesAt(tree: Tree | undefined, key: string): ReadonlyMap<string, Entry> {
  const found = valueAt(tree, key);
  return found?.type === "map" ? found.entries : new Map();
}

/** The items under a key, if a list stands there. */
export function itemsAt(tree: Tree | undefined, key: string): readonly Tree[] {
  const found = valueAt(tree, key);
  return found?.type === "list" ? found.items : [];
}

/** Every value of a map replaced by what is made of it; the same map where that changes nothing. */
export function mapValues(map: MapTree, change: (tree: Tree, key: string) => Tree): MapTree {
  let entries: Map<string, Entry> | undefined;
  for (const [key, entry] of map.entries) {
    const tree = change(entry.tree, key);
    if (tree !== entry.tree) (entries ??= new Map(map.entries)).set(key, { ...entry, tree });
  }
  return entries === undefined ? map : withEntries(map, entries);
}

/** Every item of a list replaced by what is made of it; the same list where that changes nothing. */
export function mapItems(list: ListTree, change: (tree: Tree, index: number) => Tree): ListTree {
  const items = list.items.map(change);
  return items.every((item, index) => item === list.items[index]) ? list : { ...list, items };
}

export const isNull = (tree: Tree): boolean => tree.type === "scalar" && tree.value === null;

/** How many values a tree holds, itself among them. */
export function countValues(tree: Tree): number {
  if (tree.type === "scalar") return 1;
  let count = 1;
  for (const item of tree.type === "list" ? tree.items : tree.entries.values()) {
    count += countValues("tree" in item ? item.tree : item);
  }
  return count;
}

/** Whether two trees say the same, wherever they stand. Keys of a map have no order. */
export function isSame(a: Tree, b: Tree): boolean {
  if (a === b) return true;
  if (a.type === "scalar") return b.type === "scalar" && a.value === b.value;
  if (a.type === "list") {
    return (
      b.type === "list" &&
      a.items.length === b.items.length &&
      a.items.every((item, index) => equals(item, b.items[index]))
    );
  }
  return (
    b.type === "map" &&
    a.entries.size === b.entries.size &&
    [...a.entries].every(([key, { tree }]) => equals(tree, b.entries.get(key)?.tree))
  );
}

const equals = (a: Tree, b: Tree | undefined): boolean => b !== undefined && isSame(a, b);
