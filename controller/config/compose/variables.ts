import { interpolate } from "../interpolate.ts";
import type { MapTree, Tree } from "../tree.ts";
import type { Report } from "./report.ts";
import { mapItems, mapValues, textTree } from "./trees.ts";

/** Values by name, as a shell has them. Only ever asked by name: so it is known which of them have a part in a project. */
export type Variables = Pick<ReadonlyMap<string, string>, "get">;

/**
 * A document with its `${…}` filled in. Keys stay as they are, and so do looked-up values: what they hold is text. A
 * variable without a value and without a default is empty, which is told, once.
 */
export function fillIn(document: MapTree, variables: Variables, report: Report, told: Set<string>): MapTree {
  const fill = (tree: Tree): Tree => {
    if (tree.type === "map") return mapValues(tree, fill);
    if (tree.type === "list") return mapItems(tree, fill);
    if (typeof tree.value !== "string" || !tree.value.includes("$")) return tree;
    const { value: template, place } = tree;
    const look = (name: string): string | undefined => {
      const value = variables.get(name);
      if (value !== undefined) report.lookedUp(name, place);
      return value;
    };
    const filled = report.attempt(() => interpolate(template, look, place));
    if (filled === undefined) return tree;
    // A long value that is named often: sixteen letters count like a value.
    report.spend(filled.value.length / 16, place);
    for (const name of filled.unset) {
      if (told.has(name)) continue;
      told.add(name);
      report.unset(name, place);
    }
    return { ...textTree(filled.value, place), ...(tree.tag === undefined ? {} : { tag: tree.tag }) };
  };
  return mapValues(document, fill);
}
