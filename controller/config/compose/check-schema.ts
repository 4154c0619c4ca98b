import { partsAt, schema, validateWhole } from "../../../schema/generated/compose.js";
import type { Misfit, Validate } from "../../../schema/generated/validate.js";
import type { Plain } from "../materialise.ts";
import type { MapTree, Tree } from "../tree.ts";
import { validate } from "../validate.ts";
import type { Report } from "./report.ts";

/** Tells what in a canonical document does not fit the schema of Compose, and adds the names of the spoiled parts. */
export function checkSchema(
  document: MapTree,
  { report, misfits }: { readonly report: Report; readonly misfits: Set<string> },
): void {
  const value = plainOf(document);
  if (validateWhole(value)) return;
  const found = (validateWhole.errors ?? []).map(inWhole);
  const known: Validate = Object.assign(() => false, { errors: found });
  report.add(validate(known, schema, { value, tree: document, place: document.place }));
  for (const { instancePath, propertyName } of found) {
    const [, section = "", name = propertyName] = instancePath.split("/");
    misfits.add(name === undefined ? section : `${section}.${name.replaceAll("~1", "/").replaceAll("~0", "~")}`);
  }
}

/** A misfit whose path begins at the whole schema: `part-ports/items/type` as `#/properties/services/…/items/type`. */
function inWhole(misfit: Misfit): Misfit {
  const inPart = /^part-(.+)$/.exec(misfit.schemaPath)?.[1];
  return inPart === undefined ? misfit : { ...misfit, schemaPath: partsAt + inPart };
}

/** Maps have no prototype, so that every name is a name like any other. */
export function plainOf(tree: Tree): Plain {
  if (tree.type === "scalar") return tree.value;
  if (tree.type === "list") return tree.items.map(plainOf);
  const map = Object.create(null) as { [key: string]: Plain };
  for (const [key, entry] of tree.entries) map[key] = plainOf(entry.tree);
  return map;
}
