import type { Node } from "@pgsql/types";
import type { LockMode, Work } from "../../../core/table-lock.ts";
import type { Name } from "../lint/names.ts";
import { droppedName } from "../lint/tree.ts";
import type { Catalog } from "./catalog.ts";
import { calm, exclusive } from "./command.ts";
import { effect, type Effect } from "./effect.ts";

/**
 * What a statement names that is no relation, and by which it reaches some: those that lose a column, a default or a trigger
 * with a type or a function, those that belong to a role or lie in a tablespace.
 */
export interface Reaching {
  readonly sort: "statistics" | "type" | "function" | "owner" | "tablespace";
  /** Of a role, undefined: as which the files run. */
  readonly name?: string;
  /** In which it is looked for; undefined: in all but the system's. */
  readonly schemas?: readonly string[];
  /** What goes along: nothing; what belongs to it; all that needs it. */
  readonly takes: "nothing" | "parts" | "dependents";
  /** Of a tablespace: what is moved out of it (pg_class.relkind), and whose. */
  readonly kinds?: readonly string[];
  readonly owners?: readonly string[];
}

/** @param path in which the file has names looked for, where it sets that */
export function reachingIn(node: Node, path?: readonly string[]): readonly Reaching[] {
  if ("DropStmt" in node) {
    const { removeType, objects = [], behavior } = node.DropStmt;
    const sort = removeType === undefined ? undefined : sortOf[removeType];
    if (sort === undefined) return [];
    const takes = behavior === "DROP_CASCADE" ? "dependents" : "parts";
    return objects.map((object) => ({ sort, takes, ...placed(droppedName(object), path) }));
  }
  if ("ReassignOwnedStmt" in node) return owners(node.ReassignOwnedStmt.roles, "nothing");
  if ("DropOwnedStmt" in node) {
    const { roles, behavior } = node.DropOwnedStmt;
    return owners(roles, behavior === "DROP_CASCADE" ? "dependents" : "parts");
  }
  if ("AlterTableMoveAllStmt" in node) {
    const { orig_tablespacename: name = "", new_tablespacename: next, objtype, roles } = node.AlterTableMoveAllStmt;
    const kinds = objtype === "OBJECT_INDEX" ? ["i", "I"] : objtype === "OBJECT_MATVIEW" ? ["m"] : ["r", "p"];
    const of = owners(roles, "nothing").flatMap((role) => role.name ?? []);
    if (name === next) return [];
    return [{ sort: "tablespace", name, takes: "nothing", kinds, ...(of.length === 0 ? {} : { owners: of }) }];
  }
  return [];
}

const sortOf: Partial<Readonly<Record<string, Reaching["sort"]>>> = {
  OBJECT_STATISTIC_EXT: "statistics",
  OBJECT_TYPE: "type",
  OBJECT_DOMAIN: "type",
  OBJECT_FUNCTION: "function",
  OBJECT_PROCEDURE: "function",
  OBJECT_ROUTINE: "function",
  OBJECT_AGGREGATE: "function",
};

function placed({ schema, name }: Name, path: readonly string[] | undefined): Pick<Reaching, "name" | "schemas"> {
  const schemas = schema === undefined ? path : [schema];
  return { name, ...(schemas === undefined ? {} : { schemas }) };
}

const owners = (roles: readonly Node[] = [], takes: Reaching["takes"]): readonly Reaching[] =>
  roles.flatMap((role): readonly Reaching[] => {
    if (!("RoleSpec" in role)) return [];
    const { rolename: name } = role.RoleSpec;
    return [{ sort: "owner", takes, ...(name === undefined ? {} : { name }) }];
  });

/** What two statements that reach the same have in common, whatever the paths of their files. */
export const reachingKey = ({ schemas: _schemas, ...rest }: Reaching): string => JSON.stringify(rest);

/** What they do to the relations that they reach. */
export const reached = (node: Node, catalog: Catalog): readonly Effect[] =>
  reachingIn(node).flatMap((one) => {
    const [mode, work] = doings[one.sort] ?? [exclusive, "moment"];
    const oids = new Set(catalog.reached.get(reachingKey(one)));
    const relations = catalog.relations.filter(({ oid }) => oids.has(oid));
    // What is partitioned has no rows of its own.
    return relations.flatMap((relation) =>
      effect(relation, mode, relation.kind.startsWith("partitioned") ? "moment" : work),
    );
  });

const doings: Partial<Readonly<Record<Reaching["sort"], readonly [LockMode, Work]>>> = {
  statistics: [calm, "moment"],
  tablespace: [exclusive, "rewrite"],
};
