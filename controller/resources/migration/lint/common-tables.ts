import type { Node, WithClause } from "@pgsql/types";
import type { Statement } from "./statement.ts";

/**
 * A statement, and behind it what its WITH changes: `WITH gone AS (DELETE FROM orders RETURNING *) …`. Such a WITH stands at
 * the top of a statement (manual: 7.8.4), or in the SELECT of an INSERT.
 */
export function withChanges(statement: Statement): Statement | readonly Statement[] {
  const clauses = clausesOf(statement.node);
  if (clauses.length === 0) return statement;
  const parts = clauses.flatMap(({ ctes = [] }) => ctes.flatMap(changeIn));
  return [statement, ...parts.map((node): Statement => ({ ...statement, node, within: statement, isPart: true }))];
}

function clausesOf(node: Node): readonly WithClause[] {
  if ("SelectStmt" in node) return [node.SelectStmt.withClause ?? []].flat();
  if ("UpdateStmt" in node) return [node.UpdateStmt.withClause ?? []].flat();
  if ("DeleteStmt" in node) return [node.DeleteStmt.withClause ?? []].flat();
  if ("MergeStmt" in node) return [node.MergeStmt.withClause ?? []].flat();
  if (!("InsertStmt" in node)) return [];
  const { withClause, selectStmt } = node.InsertStmt;
  return [...[withClause ?? []].flat(), ...(selectStmt === undefined ? [] : clausesOf(selectStmt))];
}

function changeIn(node: Node): readonly Node[] {
  const query = "CommonTableExpr" in node ? node.CommonTableExpr.ctequery : undefined;
  if (query === undefined) return [];
  return "InsertStmt" in query || "UpdateStmt" in query || "DeleteStmt" in query || "MergeStmt" in query ? [query] : [];
}
