import { limitError, limits } from "./limits.ts";
import { isNote } from "./shape.ts";
import { at, type Entry, type MapTree, type Tree } from "./tree.ts";

/** The file with its environments empty: what is in them is looked at once variables and `extends` are worked in. */
export function outline(tree: Tree): Tree {
  if (tree.type !== "map") return tree;
  const environments = at(tree, ["environments"]);
  const entry = tree.entries.get("environments");
  if (environments?.type !== "map" || entry === undefined) return tree;
  const hollow = new Map<string, Entry>();
  for (const [name, { place, tree: inner }] of environments.entries) {
    hollow.set(name, { place, tree: inner.type === "map" ? { ...inner, entries: new Map() } : inner });
  }
  const entries = new Map(tree.entries).set("environments", { ...entry, tree: { ...environments, entries: hollow } });
  return { ...tree, entries };
}

/** Environments that are maps, or names with nothing after them. */
export function environmentEntries(tree: Tree): MapTree {
  const environments = at(tree, ["environments"]);
  const place = environments?.place ?? tree.place;
  const entries = new Map<string, Entry>();
  if (environments?.type !== "map") return { type: "map", entries, place };
  for (const [name, entry] of environments.entries) {
    const { tree: inner } = entry;
    const isEmpty = inner.type === "scalar" && inner.plain && inner.value === null;
    if (isNote({}, name) || (inner.type !== "map" && !isEmpty)) continue;
    entries.set(name, isEmpty ? { ...entry, tree: { type: "map", entries: new Map(), place: inner.place } } : entry);
  }
  if (entries.size > limits.environments) throw limitError(`more than ${limits.environments} environments`, place);
  return { type: "map", entries, place };
}
