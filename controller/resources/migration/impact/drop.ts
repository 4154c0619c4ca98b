import type { DropStmt, Node } from "@pgsql/types";
import type { LockMode } from "../../../core/table-lock.ts";
import { droppedName } from "../lint/tree.ts";
import { objectName } from "./asked.ts";
import type { Catalog, Relation } from "./catalog.ts";
import { calm, exclusive } from "./command.ts";
import { effect, onEach, type Effect } from "./effect.ts";

/** What a DROP of a relation, or of something that belongs to one, locks: that, and what loses something by it. */
export function drop(
  { removeType, objects = [], concurrent, behavior }: DropStmt,
  catalog: Catalog,
): readonly Effect[] {
  const cascades = behavior === "DROP_CASCADE";
  if (removeType === "OBJECT_SCHEMA") return cascades ? objects.flatMap((one) => dropSchema(one, catalog)) : [];
  return objects.flatMap((object): readonly Effect[] => {
    const name = objectName(removeType, object);
    const dropped = name === undefined ? undefined : catalog.find(name);
    if (dropped === undefined) return [];
    if (removeType === "OBJECT_TABLE" || removeType === "OBJECT_FOREIGN_TABLE")
      return dropTable(dropped, cascades, catalog);
    if (removeType === "OBJECT_INDEX") return dropIndex(dropped, concurrent === true, catalog);
    if (removeType === "OBJECT_VIEW" || removeType === "OBJECT_MATVIEW")
      return onEach([dropped, ...(cascades ? catalog.viewsOf(dropped) : [])], exclusive);
    return effect(dropped, exclusive);
  });
}

/** With everything in it. */
function dropSchema(object: Node, catalog: Catalog): readonly Effect[] {
  const { name } = droppedName(object);
  const inside = catalog.relations.filter(({ name: { schema }, kind }) => schema === name && !/index/.test(kind));
  return inside.flatMap((relation) => dropTable(relation, true, catalog));
}

/** Indexes of partitions go with that of the whole. */
function dropIndex(index: Relation, isCalm: boolean, catalog: Catalog): readonly Effect[] {
  const mode: LockMode = isCalm ? calm : exclusive;
  return catalog.family(index).flatMap((one) => [...effect(one, mode), ...effect(catalog.tableOf(one), mode)]);
}

/** The triggers of foreign keys go from the tables at their other ends; a partition goes from its parent. */
function dropTable(table: Relation, cascades: boolean, catalog: Catalog): readonly Effect[] {
  const family = table.kind === "partitioned table" || cascades ? catalog.family(table) : [table];
  const parents = catalog.parents(table).filter(({ kind }) => kind === "partitioned table");
  const others = family.flatMap((one) => [
    ...catalog.sequencesOf(one),
    ...catalog.referenced(one).map(({ other }) => other),
    ...(cascades ? [...catalog.referencing(one).map(({ other }) => other), ...catalog.viewsOf(one)] : []),
  ]);
  const defaults = parents.flatMap((parent) => catalog.defaultOf(parent) ?? []);
  return onEach([...family, ...others, ...parents, ...defaults], exclusive);
}
