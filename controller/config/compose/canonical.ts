import type { ListTree, Tree } from "../tree.ts";
import type { Report } from "./report.ts";
import { inside, type Shape } from "./shape.ts";
import { isSame, mapItems, mapValues } from "./trees.ts";

/** The tag of a value that takes away what earlier files say. */
export const resetTag = "!reset";
/** The tag of a value that replaces what earlier files say. */
export const overrideTag = "!override";

/** A document with every short form expanded. What is no form at all is left for the schema to refuse. */
export function canonical(tree: Tree, shape: Shape, report: Report): Tree {
  if (tree.tag === resetTag) return tree;
  const long = shape.canonical?.(tree, report) ?? tree;
  const tagged = tree.tag === undefined || long.tag === tree.tag ? long : { ...long, tag: tree.tag };
  if (tagged.type === "map") return mapValues(tagged, (value, key) => canonical(value, inside(shape, key), report));
  if (tagged.type === "list") return canonicalList(tagged, shape, report);
  return tagged;
}

function canonicalList(list: ListTree, shape: Shape, report: Report): ListTree {
  const each = inside(shape, 0);
  const long = mapItems(list, (item) => canonical(item, each, report));
  if (shape.identity === undefined) return long;
  const items = uniqueItems(long.items, shape, (earlier, later) => {
    if (isSame(earlier, later) || shape.mergesItems) return;
    report.warn(
      "this entry replaces an earlier one of its list, which stands for the same thing",
      later.place,
      "remove one of them",
    );
  });
  return items.length === long.items.length ? long : { ...long, items };
}

/** The items, of which the later of two that are the same thing stands in the place of the earlier. */
export function uniqueItems(
  items: readonly Tree[],
  { identity }: Shape,
  replaced: (earlier: Tree, later: Tree) => Tree | void = () => undefined,
): readonly Tree[] {
  if (identity === undefined) return items;
  const kept: Tree[] = [];
  const known = new Map<string, number>();
  for (const item of items) {
    const name = identity(item);
    const index = name === undefined ? undefined : known.get(name);
    const earlier = index === undefined ? undefined : kept[index];
    if (index === undefined || earlier === undefined) {
      if (name !== undefined) known.set(name, kept.length);
      kept.push(item);
    } else {
      kept[index] = replaced(earlier, item) ?? item;
    }
  }
  return kept;
}
