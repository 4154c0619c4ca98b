import type { Place } from "../core/place.ts";
import type { Path } from "./source.ts";

/**
 * A document as a tree in which every value knows its place. Shared parts (anchors) are one object. `tag` is there where
 * the document's dialect has tags of its own (`!reset`) and one is written.
 */
export type Tree = Scalar | MapTree | ListTree;

export interface Scalar {
  readonly type: "scalar";
  readonly value: null | boolean | number | string;
  /** As it was written, without quotes: `1.10` where the value is 1.1. */
  readonly text: string;
  /** Written without quotes, so that YAML decides what it means. */
  readonly plain: boolean;
  readonly place: Place;
  readonly tag?: string;
}

export interface MapTree {
  readonly type: "map";
  readonly entries: ReadonlyMap<string, Entry>;
  readonly place: Place;
  readonly tag?: string;
}

export interface ListTree {
  readonly type: "list";
  readonly items: readonly Tree[];
  readonly place: Place;
  readonly tag?: string;
}

export interface Entry {
  /** Of the key. */
  readonly place: Place;
  readonly tree: Tree;
}

/** Where the value at a path was written; for what is not there, the nearest thing around it. */
export function placeOf(root: Tree, start: Place, path: Path): Place {
  let tree = root;
  let place = start;
  for (const step of path) {
    if (tree.type === "map") {
      const entry = tree.entries.get(String(step));
      if (entry === undefined) return place;
      tree = entry.tree;
      place = tree.type === "scalar" ? tree.place : entry.place;
    } else if (tree.type === "list") {
      const item = tree.items[Number(step)];
      if (item === undefined) return place;
      tree = item;
      place = tree.place;
    } else {
      return place;
    }
  }
  return place;
}

/** Where the key at a path was written; for what is not there, the nearest thing around it. */
export function keyPlaceOf(root: Tree, start: Place, path: Path): Place {
  const parent = at(root, path.slice(0, -1));
  const entry = parent?.type === "map" ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry?.place ?? placeOf(root, start, path);
}

/** The part of the tree at a path. */
export function at(root: Tree, path: Path): Tree | undefined {
  let tree: Tree | undefined = root;
  for (const step of path) {
    if (tree?.type === "map") tree = tree.entries.get(String(step))?.tree;
    else if (tree?.type === "list") tree = tree.items[Number(step)];
    else return undefined;
  }
  return tree;
}

/** `postgres.roles.reporting`, `init[0].run[1]`. */
export function renderPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? step : `.${step}`;
  }
  return text;
}
