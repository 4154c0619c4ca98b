import type { CreateFunctionStmt, IndexStmt, Node, ViewStmt } from "@pgsql/types";
import { plain } from "../lint/names.ts";
import { argumentsText, listed, relation, typeText } from "./names.ts";
import { maybeThere, replaced, why, type Undo } from "./undo.ts";

/** What takes a CREATE back: the DROP of the same thing. Undefined: the statement creates nothing that is known. */
export function undoCreate(node: Node): Undo | undefined {
  if ("CreateStmt" in node) {
    const { relation: table, if_not_exists: mayBe } = node.CreateStmt;
    return drop(`drop table ${relation(table)}`, mayBe);
  }
  if ("CreateForeignTableStmt" in node) {
    const { base } = node.CreateForeignTableStmt;
    return drop(`drop foreign table ${relation(base?.relation)}`, base?.if_not_exists);
  }
  if ("CreateTableAsStmt" in node) {
    const { into, objtype, if_not_exists: mayBe } = node.CreateTableAsStmt;
    return drop(`drop ${objtype === "OBJECT_MATVIEW" ? "materialized view" : "table"} ${relation(into?.rel)}`, mayBe);
  }
  if ("IndexStmt" in node) return undoIndex(node.IndexStmt);
  if ("ViewStmt" in node) return undoView(node.ViewStmt);
  if ("CreateFunctionStmt" in node) return undoFunction(node.CreateFunctionStmt);
  if ("CreateSeqStmt" in node) {
    const { sequence, if_not_exists: mayBe } = node.CreateSeqStmt;
    return drop(`drop sequence ${relation(sequence)}`, mayBe);
  }
  if ("CreateSchemaStmt" in node) {
    const { schemaname = "", if_not_exists: mayBe } = node.CreateSchemaStmt;
    return drop(`drop schema ${plain(schemaname)}`, mayBe);
  }
  if ("CreateExtensionStmt" in node) {
    const { extname = "", if_not_exists: mayBe } = node.CreateExtensionStmt;
    return drop(`drop extension ${plain(extname)}`, mayBe);
  }
  return undoType(node) ?? undoOnTable(node) ?? undoElsewhere(node);
}

const drop = (sql: string, mayBeThere: boolean | undefined): Undo =>
  mayBeThere === true ? maybeThere(`${sql};`) : { sql };

/** An index lives in the schema of its table. */
function undoIndex({ idxname, relation: table, concurrent, if_not_exists: mayBe }: IndexStmt): Undo {
  if (idxname === undefined)
    return why("the index has no name of its own: give it one, then it is `drop index` of that name");
  const schema = table?.schemaname === undefined ? "" : `${plain(table.schemaname)}.`;
  return drop(`drop index ${concurrent === true ? "concurrently " : ""}${schema}${plain(idxname)}`, mayBe);
}

function undoView({ view, replace }: ViewStmt): Undo {
  const sql = `drop view ${relation(view)}`;
  return replace === true ? replaced(`${sql};`) : { sql };
}

function undoFunction({ funcname, parameters, is_procedure: isProcedure, replace }: CreateFunctionStmt): Undo {
  const sql = `drop ${isProcedure === true ? "procedure" : "function"} ${listed(funcname)}${argumentsText(parameters)}`;
  return replace === true ? replaced(`${sql};`) : { sql };
}

function undoType(node: Node): Undo | undefined {
  if ("CreateEnumStmt" in node) return { sql: `drop type ${listed(node.CreateEnumStmt.typeName)}` };
  if ("CompositeTypeStmt" in node) return { sql: `drop type ${relation(node.CompositeTypeStmt.typevar)}` };
  if ("CreateRangeStmt" in node) return { sql: `drop type ${listed(node.CreateRangeStmt.typeName)}` };
  if ("CreateDomainStmt" in node) return { sql: `drop domain ${listed(node.CreateDomainStmt.domainname)}` };
  return undefined;
}

/** What hangs on a table and has a name beside it. */
function undoOnTable(node: Node): Undo | undefined {
  if ("CreateTrigStmt" in node) {
    const { trigname = "", relation: table, replace } = node.CreateTrigStmt;
    const sql = `drop trigger ${plain(trigname)} on ${relation(table)}`;
    return replace === true ? replaced(`${sql};`) : { sql };
  }
  if ("CreatePolicyStmt" in node) {
    const { policy_name: name = "", table } = node.CreatePolicyStmt;
    return { sql: `drop policy ${plain(name)} on ${relation(table)}` };
  }
  if ("RuleStmt" in node) {
    const { rulename = "", relation: table, replace } = node.RuleStmt;
    const sql = `drop rule ${plain(rulename)} on ${relation(table)}`;
    return replace === true ? replaced(`${sql};`) : { sql };
  }
  if ("CreateStatsStmt" in node) {
    const { defnames, if_not_exists: mayBe } = node.CreateStatsStmt;
    if ((defnames ?? []).length === 0) return why("the statistics have no name of their own: give them one");
    return drop(`drop statistics ${listed(defnames)}`, mayBe);
  }
  return undefined;
}

function undoElsewhere(node: Node): Undo | undefined {
  if ("CreateEventTrigStmt" in node)
    return { sql: `drop event trigger ${plain(node.CreateEventTrigStmt.trigname ?? "")}` };
  if ("CreatePublicationStmt" in node)
    return { sql: `drop publication ${plain(node.CreatePublicationStmt.pubname ?? "")}` };
  if ("CreateFdwStmt" in node) return { sql: `drop foreign data wrapper ${plain(node.CreateFdwStmt.fdwname ?? "")}` };
  if ("CreateForeignServerStmt" in node) {
    const { servername = "", if_not_exists: mayBe } = node.CreateForeignServerStmt;
    return drop(`drop server ${plain(servername)}`, mayBe);
  }
  if ("CreateCastStmt" in node) {
    const { sourcetype, targettype } = node.CreateCastStmt;
    return { sql: `drop cast (${typeText(sourcetype)} as ${typeText(targettype)})` };
  }
  if ("DefineStmt" in node && node.DefineStmt.kind === "OBJECT_COLLATION") {
    const { defnames, if_not_exists: mayBe } = node.DefineStmt;
    return drop(`drop collation ${listed(defnames)}`, mayBe);
  }
  return undefined;
}
