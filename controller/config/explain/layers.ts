import { fileStart, type Place } from "../../core/place.ts";
import { extendAll, ownKeys } from "../extends.ts";
import { environmentEntries } from "../outline.ts";
import { environmentShape, inside } from "../shape.ts";
import type { Path } from "../source.ts";
import { at, keyPlaceOf, placeOf, type Entry, type Tree } from "../tree.ts";
import { shapeAt } from "./keys.ts";

/** What one environment itself writes; the part of the file that stands for itself has no environment. */
interface Layer {
  readonly environment?: string;
  readonly entry: Entry;
}

/** A part of the file as it came to be. */
export interface Layers {
  readonly merged: Entry;
  /** The environment, what it extends, what that extends, and so on. */
  readonly strongestFirst: readonly Layer[];
}

/** One layer's word on a path. */
export interface Origin {
  readonly environment?: string;
  /** Shorter than the path that was asked for where the layer has one value for all of it, such as a whole list. */
  readonly path: Path;
  readonly tree: Tree;
  readonly place: Place;
}

export interface Origins {
  /** Strongest first: the one that set a value, or all that a map was merged from. Empty: nobody wrote it. */
  readonly from: readonly Origin[];
  /** What that replaced. */
  readonly overrides: readonly Origin[];
}

/** An environment of the file. */
export function environmentLayers(file: Tree, name: string): Layers {
  const entries = environmentEntries(file);
  const strongestFirst: Layer[] = [];
  for (let next: string | undefined = name; next !== undefined;) {
    const entry = entries.entries.get(next);
    if (entry === undefined || strongestFirst.some(({ environment }) => environment === next)) break;
    strongestFirst.push({ environment: next, entry });
    const base = at(entry.tree, ["extends"]);
    next = base?.type === "scalar" ? base.text : undefined;
  }
  const merged = extendAll(entries).environments.get(name);
  return { merged: merged ?? nothing(file), strongestFirst };
}

/** The file as it stands: nothing is merged into what all environments share. */
export function fileLayers(file: Tree): Layers {
  const entry = { place: fileStart(file.place.file), tree: file };
  return { merged: entry, strongestFirst: [{ entry }] };
}

const nothing = ({ place }: Tree): Entry => {
  const start = fileStart(place.file);
  return { place: start, tree: { type: "map", entries: new Map(), place: start } };
};

/** Who wrote what stands at a path, and what else was written for it. */
export function originsOf({ merged, strongestFirst }: Layers, path: Path): Origins {
  const node = at(merged.tree, path);
  const from: Origin[] = [];
  const overrides: Origin[] = [];
  for (const [index, { environment, entry }] of strongestFirst.entries()) {
    if (index > 0 && ownKeys.has(String(path[0]))) break;
    const origin = (part: Path, tree: Tree): Origin => ({
      ...(environment === undefined ? {} : { environment }),
      path: part,
      tree,
      place: (isEmpty(tree) ? keyPlaceOf : placeOf)(entry.tree, entry.place, part),
    });
    const own = at(entry.tree, path);
    // Merging makes new maps and hands everything else on as it is.
    if (own !== undefined && own === node) {
      if (from.length === 0 && (!isEmpty(own) || isNameAlone(path))) from.push(origin(path, own));
      continue;
    }
    for (const [part, tree] of wordsOn(entry.tree, path, from.length > 0)) {
      // The list is what counts, and has nothing at this path.
      if (part !== path && tree === at(merged.tree, part)) continue;
      const isMerged = node?.type === "map" && tree.type === "map" && part === path && overrides.length === 0;
      (isMerged ? from : overrides).push(origin(part, tree));
    }
  }
  return { from, overrides };
}

/** YAML's null without quotes: a key that counts as not written. */
const isEmpty = (tree: Tree): boolean => tree.type === "scalar" && tree.plain && tree.value === null;

/** A name with nothing after it, which has all defaults. */
const isNameAlone = (path: Path): boolean => shapeAt(path.slice(0, -1)).nameAlone === true;

/**
 * What a layer has for a path: the value there, the list or text around it, which another layer replaces as a whole, or
 * the keys that cannot stand beside it.
 */
function wordsOn(root: Tree, path: Path, isWritten: boolean): readonly (readonly [Path, Tree])[] {
  let tree = root;
  let shape = environmentShape;
  for (const [index, step] of path.entries()) {
    if (isEmpty(tree)) return [];
    const around = path.slice(0, index);
    if (tree.type !== "map") return [[around, tree]];
    const entry = tree.entries.get(String(step));
    if (entry === undefined) {
      const { alternatives = [] } = shape;
      if (!isWritten || !alternatives.includes(String(step))) return [];
      const { entries } = tree;
      return alternatives.flatMap((key) => {
        const other = entries.get(key);
        return other === undefined ? [] : [[[...around, key], other.tree] as const];
      });
    }
    tree = entry.tree;
    shape = inside(shape, step);
  }
  return isEmpty(tree) ? [] : [[path, tree]];
}
