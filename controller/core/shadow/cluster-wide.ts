import type { Node } from "@pgsql/types";
import type { ParsedSql, SqlStatement } from "../ports/sql-parser.ts";
import { withoutComments } from "../sql-comments.ts";
import { quoteIdentifier } from "../sql.ts";
import { callsOfServer, namesDatabase, wordsOfServer } from "./beyond-words.ts";

/**
 * How far a statement reaches. shadow: not beyond the database in which it runs. database: into the one that it names. server:
 * to roles, tablespaces, another database, files and programs of the server's machine, which no shadow has for itself.
 */
type Reach = "shadow" | "database" | "server";

/**
 * A doubt counts as "server": what is not run changes nothing.
 *
 * @param database that may be named; every other one is the server's
 */
export function reachOf({ tree, text }: SqlStatement, database: string | undefined): Reach {
  if (tree === undefined) {
    const words = withoutComments(text, { texts: "blank" });
    if (wordsOfServer.test(words) || callsOfServer.test(words)) return "server";
    if (!namesDatabase.test(words)) return "shadow";
    return database === undefined ? "server" : "database";
  }
  // Its connection limit is what a shadow is known by, and a template is not dropped. Nothing of a schema hangs on them.
  if ("AlterDatabaseStmt" in tree) return "server";
  const names = databasesIn(tree);
  if (names !== undefined)
    return names.length === 1 && database !== undefined && names[0] === database ? "database" : "server";
  return isOfServer(tree) || (mayCall(tree) && callsOfServer.test(withoutComments(text, { texts: "blank" })))
    ? "server"
    : "shadow";
}

/** Names of nodes and their fields: src/include/nodes/parsenodes.h */
const serverNodes: ReadonlySet<string> = new Set([
  "CreateRoleStmt",
  "AlterRoleStmt",
  "AlterRoleSetStmt",
  "DropRoleStmt",
  "GrantRoleStmt",
  "DropOwnedStmt",
  "ReassignOwnedStmt",
  "CreateTableSpaceStmt",
  "AlterTableSpaceOptionsStmt",
  "DropTableSpaceStmt",
  "CreatedbStmt",
  "DropdbStmt",
  "AlterSystemStmt",
  // Theirs are slots on another server.
  "CreateSubscriptionStmt",
  "AlterSubscriptionStmt",
  "DropSubscriptionStmt",
]);

const serverObjects: ReadonlySet<string | undefined> = new Set([
  "OBJECT_ROLE",
  "OBJECT_TABLESPACE",
  "OBJECT_SUBSCRIPTION",
  "OBJECT_PARAMETER_ACL",
]);

const nameOfNode = (tree: Node): string => Object.keys(tree)[0] ?? "";

function isOfServer(tree: Node): boolean {
  if (serverNodes.has(nameOfNode(tree))) return true;
  if ("CopyStmt" in tree) {
    const { is_program: isProgram, is_from: isFrom, filename } = tree.CopyStmt;
    return isProgram === true || (filename !== undefined && isFrom !== true);
  }
  return serverObjects.has(objectOf(tree)?.type);
}

/** Names of databases that a statement is about; undefined for what is about none. */
function databasesIn(tree: Node): readonly (string | undefined)[] | undefined {
  if ("AlterDatabaseSetStmt" in tree) return [tree.AlterDatabaseSetStmt.dbname];
  // Without IN DATABASE it is about the role, wherever that has a session.
  if ("AlterRoleSetStmt" in tree && tree.AlterRoleSetStmt.database !== undefined)
    return [tree.AlterRoleSetStmt.database];
  if ("AlterDatabaseRefreshCollStmt" in tree) return [tree.AlterDatabaseRefreshCollStmt.dbname];
  const object = objectOf(tree);
  return object?.type === "OBJECT_DATABASE" ? object.names : undefined;
}

interface Objects {
  readonly type: string | undefined;
  readonly names: readonly (string | undefined)[];
}

/** Of statements that are about objects of any type. */
function objectOf(tree: Node): Objects | undefined {
  if ("CommentStmt" in tree) return { type: tree.CommentStmt.objtype, names: [stringIn(tree.CommentStmt.object)] };
  if ("SecLabelStmt" in tree) return { type: tree.SecLabelStmt.objtype, names: [stringIn(tree.SecLabelStmt.object)] };
  if ("AlterOwnerStmt" in tree)
    return { type: tree.AlterOwnerStmt.objectType, names: [stringIn(tree.AlterOwnerStmt.object)] };
  if ("RenameStmt" in tree) return { type: tree.RenameStmt.renameType, names: [tree.RenameStmt.subname] };
  if ("GrantStmt" in tree) return { type: tree.GrantStmt.objtype, names: (tree.GrantStmt.objects ?? []).map(stringIn) };
  return undefined;
}

const stringIn = (node: Node | undefined): string | undefined =>
  node !== undefined && "String" in node ? node.String.sval : undefined;

const callers: ReadonlySet<string> = new Set([
  "SelectStmt",
  "InsertStmt",
  "UpdateStmt",
  "DeleteStmt",
  "MergeStmt",
  "CallStmt",
  "CopyStmt",
  "ExplainStmt",
  "CreateTableAsStmt",
  "AlterTableStmt",
]);

/** Whether functions that a statement names run with it: one that creates, grants or drops them runs none. */
export const mayCall = (tree: Node): boolean => callers.has(nameOfNode(tree));

/**
 * A migration's text as it runs in a shadow: what names the environment's database names the shadow, and what is about the
 * whole server is left out. Every character that stays keeps its line. What a DO block does is not seen.
 */
export function withinDatabase(text: string, { statements }: ParsedSql, database: string, shadow: string): string {
  let result = text;
  // From the end: what stands before keeps its place.
  for (const statement of statements.toReversed()) {
    const { text: written, start } = statement;
    const reach = reachOf(statement, database);
    if (reach === "shadow") continue;
    const renamed = reach === "database" ? withName(written, database, shadow) : undefined;
    const changed = renamed ?? written.replaceAll(/[^\n]/gu, " ");
    result = result.slice(0, start) + changed + result.slice(start + written.length);
  }
  return result;
}

/** The name behind the word DATABASE, quoted or not; undefined where it is not the database's, or is written otherwise. */
function withName(statement: string, database: string, shadow: string): string | undefined {
  const words = withoutComments(statement, { texts: "blank" });
  const found = /\bdatabase\s+(?<name>"(?:[^"]|"")*"|[\w$\u0080-\uffff]+)/i.exec(words);
  if (found === null) return undefined;
  const end = found.index + found[0].length;
  const start = end - (found.groups?.["name"] ?? "").length;
  const name = statement.slice(start, end);
  const plain = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
  return plain === database ? statement.slice(0, start) + quoteIdentifier(shadow) + statement.slice(end) : undefined;
}
