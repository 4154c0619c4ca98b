import { schema, validateCompose } from "../../../schema/generated/compose.js";
import type { MapTree, Tree } from "../tree.ts";
import { validate } from "../validate.ts";
import type { Plain } from "../materialise.ts";
import type { Report } from "./report.ts";

/** Tells what in a canonical document does not fit the schema of Compose, and adds the names of the spoiled parts. */
export function checkSchema(
  document: MapTree,
  { report, misfits }: { readonly report: Report; readonly misfits: Set<string> },
): void {
  const value = plainOf(document);
  for (const error of validate(validateCompose, schema, { value, tree: document, place: document.place })) {
    report.attempt(() => {
      throw error;
    });
  }
  // `validate` has run the check, and its misfits are still there.
  for (const { instancePath } of validateCompose.errors ?? []) {
    const [, section = "", name] = instancePath.split("/");
    misfits.add(name === undefined ? section : `${section}.${name.replaceAll("~1", "/").replaceAll("~0", "~")}`);
  }
}

/** Maps have no prototype, so that every name is a name like any other. */
export function plainOf(tree: Tree): Plain {
  if (tree.type === "scalar") return tree.value;
  if (tree.type === "list") return tree.items.map(plainOf);
  const map = Object.create(null) as { [key: string]: Plain };
  for (const [key, entry] of tree.entries) map[key] = plainOf(entry.tree);
  return map;
}
