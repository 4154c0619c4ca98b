import type { Node } from "@pgsql/types";
import { nameOf } from "../lint/tree.ts";
import { objectName } from "./asked.ts";
import type { Catalog } from "./catalog.ts";

/** After a statement names may mean something else: what is renamed is still there, what is dropped is not. */
export function follow(node: Node, catalog: Catalog): void {
  if ("RenameStmt" in node) {
    const { relation: range, subname, newname } = node.RenameStmt;
    if (range === undefined || subname !== undefined || newname === undefined) return;
    move(range, { ...catalog.resolve(nameOf(range)), name: newname }, catalog);
  } else if ("AlterObjectSchemaStmt" in node) {
    const { relation: range, newschema: schema } = node.AlterObjectSchemaStmt;
    if (range === undefined || schema === undefined) return;
    move(range, { ...nameOf(range), schema }, catalog);
  } else if ("DropStmt" in node) {
    const { removeType, objects = [] } = node.DropStmt;
    if (partly.test(removeType ?? "")) return;
    for (const object of objects) {
      const name = objectName(removeType, object);
      if (name !== undefined) catalog.rename(name, undefined);
    }
  }
}

/** What belongs to a relation goes without it. */
const partly = /_(?:COLUMN|TABCONSTRAINT|TRIGGER|RULE|POLICY)$/;

function move(from: Parameters<typeof nameOf>[0], to: ReturnType<typeof nameOf>, catalog: Catalog): void {
  const relation = catalog.find(nameOf(from));
  if (relation === undefined) return;
  catalog.rename(nameOf(from), undefined);
  catalog.rename(to, relation);
}
