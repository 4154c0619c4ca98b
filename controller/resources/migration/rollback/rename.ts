import type { AlterObjectSchemaStmt, Node, RenameStmt } from "@pgsql/types";
import { plain } from "../lint/names.ts";
import { stringsIn } from "../lint/tree.ts";
import { listed, relation, withArguments } from "./names.ts";
import { why, type Undo } from "./undo.ts";

type Sort = NonNullable<RenameStmt["renameType"]>;

/** Kinds whose name is a relation's. */
const relations: Partial<Record<Sort, string>> = {
  OBJECT_TABLE: "table",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_INDEX: "index",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_FOREIGN_TABLE: "foreign table",
};

/** Parts of a relation. */
const parts: Partial<Record<Sort, string>> = {
  OBJECT_COLUMN: "rename column",
  OBJECT_TABCONSTRAINT: "rename constraint",
};

/** What hangs on a relation and is named before it. */
const hanging: Partial<Record<Sort, string>> = {
  OBJECT_TRIGGER: "trigger",
  OBJECT_POLICY: "policy",
  OBJECT_RULE: "rule",
};

/** What is named by a list of identifiers, or by one. */
const objects: Partial<Record<Sort, string>> = {
  OBJECT_TYPE: "type",
  OBJECT_DOMAIN: "domain",
  OBJECT_COLLATION: "collation",
  OBJECT_FUNCTION: "function",
  OBJECT_PROCEDURE: "procedure",
  OBJECT_STATISTIC_EXT: "statistics",
};

/** The new name back to the old one. */
export function undoRename(rename: RenameStmt): Undo {
  const { renameType = "OBJECT_TABLE", relation: range, subname = "", newname = "", relationType } = rename;
  const [from, to] = [plain(subname), plain(newname)];
  const table = relations[renameType];
  if (table !== undefined && range !== undefined) {
    return {
      sql: `alter ${table} ${relation({ ...range, relname: newname })} rename to ${plain(range.relname ?? "")}`,
    };
  }
  const part = parts[renameType];
  if (part !== undefined) {
    return {
      sql: `alter ${relations[relationType ?? "OBJECT_TABLE"] ?? "table"} ${relation(range)} ${part} ${to} to ${from}`,
    };
  }
  const hung = hanging[renameType];
  if (hung !== undefined) return { sql: `alter ${hung} ${to} on ${relation(range)} rename to ${from}` };
  if (renameType === "OBJECT_SCHEMA") return { sql: `alter schema ${to} rename to ${from}` };
  if (renameType === "OBJECT_ATTRIBUTE")
    return { sql: `alter type ${relation(range)} rename attribute ${to} to ${from}` };
  return undoNamed(objects[renameType], rename.object, newname);
}

function undoNamed(word: string | undefined, object: Node | undefined, newname: string): Undo {
  if (word === undefined || object === undefined) return why("write the renaming back by hand");
  const isCallable = "ObjectWithArgs" in object;
  const names = isCallable
    ? stringsIn(object.ObjectWithArgs.objname)
    : "List" in object
      ? stringsIn(object.List.items)
      : stringsIn([object]);
  const old = plain(names.at(-1) ?? "");
  const schema = names.length > 1 ? `${plain(names.at(-2) ?? "")}.` : "";
  const signature = isCallable
    ? withArguments(object.ObjectWithArgs).slice(listed(object.ObjectWithArgs.objname).length)
    : "";
  return { sql: `alter ${word} ${schema}${plain(newname)}${signature} rename to ${old}` };
}

/** Only where the statement says which schema it came from. */
export function undoMove({ objectType, relation: range, newschema = "" }: AlterObjectSchemaStmt): Undo {
  const word = objectType === undefined ? undefined : relations[objectType];
  if (word === undefined || range?.schemaname === undefined) return why("the schema of before is not in the file");
  return {
    sql: `alter ${word} ${relation({ ...range, schemaname: newschema })} set schema ${plain(range.schemaname)}`,
  };
}
