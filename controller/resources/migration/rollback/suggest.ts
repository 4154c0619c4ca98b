import type { CommentStmt, Node, RangeVar } from "@pgsql/types";
import type { ParsedSql, SqlStatement } from "../../../core/ports/sql-parser.ts";
import { startOfCode } from "../lint/text.ts";
import { keyOf } from "../lint/names.ts";
import { functionsIn, nameOf, stringsIn } from "../lint/tree.ts";
import { undoAlterTable } from "./alter-table.ts";
import { undoCreate } from "./create.ts";
import { listed } from "./names.ts";
import { undoMove, undoRename } from "./rename.ts";
import { why, type Undo } from "./undo.ts";

export interface Suggestion {
  /** Statements, and comments for what none was found for. Empty: there is nothing to take back. */
  readonly text: string;
  /** It holds a statement that cannot run in a transaction. */
  readonly isOutside: boolean;
  /** Every statement is taken back, and nothing has to be looked into. */
  readonly isComplete: boolean;
}

/**
 * Pure. A way back from what the parse tree of the way forward says: the last statement first. A rollback that nobody can know
 * from the file alone (data that is gone, a text that was replaced) is a comment that says why.
 */
export function suggestRollback({ statements }: ParsedSql): Suggestion {
  const made = madeIn(statements);
  const blocks = statements.toReversed().flatMap((statement) => {
    const { tree } = statement;
    if (goesAlong(tree, made)) return [];
    const isOfMade = isMade(tree === undefined ? undefined : alteredBy(tree), made);
    return undoOf(statement).flatMap((undo) => {
      if (undo === "nothing" || (isOfMade && "why" in undo)) return [];
      const told = isOfMade && "sql" in undo ? { sql: undo.sql } : undo;
      return [{ undo: told, text: blockOf(told, statement) }];
    });
  });
  const isOutside = blocks.some(({ undo }) => "sql" in undo && /^drop index concurrently\b/.test(undo.sql));
  const lines = blocks.map(({ text }) => text);
  return {
    text: lines.join("\n"),
    isOutside,
    isComplete: blocks.every(({ undo }) => "sql" in undo && undo.note === undefined),
  };
}

function blockOf(undo: Exclude<Undo, "nothing">, statement: SqlStatement): string {
  if ("sql" in undo) return `${undo.note === undefined ? "" : `-- ${undo.note}\n`}${undo.sql};`;
  return `-- not derived: ${shortened(statement.text)}\n--   ${undo.why}`;
}

/** The first line, without comments before it. */
function shortened(text: string): string {
  const [line = ""] = text.slice(startOfCode(text)).split("\n", 1);
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** Tables that the file makes itself. */
function madeIn(statements: readonly SqlStatement[]): ReadonlySet<string> {
  return new Set(
    statements.flatMap(({ tree }) =>
      tree !== undefined && "CreateStmt" in tree && tree.CreateStmt.if_not_exists !== true
        ? [keyOf(nameOf(tree.CreateStmt.relation ?? {}))]
        : [],
    ),
  );
}

const isMade = (range: RangeVar | undefined, made: ReadonlySet<string>): boolean =>
  range !== undefined && made.has(keyOf(nameOf(range)));

/**
 * What is gone with its table and in nobody's way until then. What may point at something else that the file makes, such as a
 * foreign key or a trigger, is taken back by itself: the other would be dropped first.
 */
function goesAlong(node: Node | undefined, made: ReadonlySet<string>): boolean {
  if (node === undefined) return false;
  if ("InsertStmt" in node) return isMade(node.InsertStmt.relation, made);
  if ("UpdateStmt" in node) return isMade(node.UpdateStmt.relation, made);
  if ("DeleteStmt" in node) return isMade(node.DeleteStmt.relation, made);
  if ("IndexStmt" in node) return isMade(node.IndexStmt.relation, made) && functionsIn(node).length === 0;
  if ("GrantStmt" in node) {
    const objects = node.GrantStmt.objects ?? [];
    return objects.length > 0 && objects.every((one) => "RangeVar" in one && isMade(one.RangeVar, made));
  }
  if ("CommentStmt" in node) return isMade(commented(node.CommentStmt), made);
  return false;
}

/** The table of a comment on it or on one of its columns. */
function commented({ objtype, object }: CommentStmt): RangeVar | undefined {
  const names = object !== undefined && "List" in object ? stringsIn(object.List.items) : [];
  const parts = objtype === "OBJECT_TABLE" ? names : objtype === "OBJECT_COLUMN" ? names.slice(0, -1) : [];
  const [relname, schemaname] = parts.toReversed();
  return relname === undefined ? undefined : { relname, ...(schemaname === undefined ? {} : { schemaname }) };
}

function alteredBy(node: Node): RangeVar | undefined {
  if ("AlterTableStmt" in node) return node.AlterTableStmt.relation;
  if ("CreateTrigStmt" in node) return node.CreateTrigStmt.relation;
  if ("CreatePolicyStmt" in node) return node.CreatePolicyStmt.table;
  return "RuleStmt" in node ? node.RuleStmt.relation : undefined;
}

const rows = "which rows were there before, with which values, is not in the file";

/** What takes no rollback: settings, locks, statistics, what is built anew. */
const passing = new Set([
  "VariableSetStmt",
  "VariableShowStmt",
  "TransactionStmt",
  "LockStmt",
  "VacuumStmt",
  "ReindexStmt",
  "RefreshMatViewStmt",
  "ClusterStmt",
  "CheckPointStmt",
  "DiscardStmt",
]);

const reasons: Readonly<Record<string, string>> = {
  InsertStmt: "delete the rows again, by what tells them from others",
  UpdateStmt: rows,
  DeleteStmt: rows,
  MergeStmt: rows,
  TruncateStmt: rows,
  CopyStmt: rows,
  DropStmt: "what it drops is not in the file; `poststack db dump` of before has its text, and nobody its data",
  DoStmt: "what a block does is not known from its text",
  CallStmt: "what a procedure does is not known from its text",
  SelectStmt: "what the functions in it change is not known from its text",
  CreateRoleStmt: "roles are of the whole server: declare them in .poststack.yml",
};

function undoOf({ tree, text }: SqlStatement): readonly Undo[] {
  if (tree === undefined) return [why("the parser does not know the statement")];
  if ("AlterTableStmt" in tree) return undoAlterTable(tree.AlterTableStmt);
  if ("RenameStmt" in tree) return [undoRename(tree.RenameStmt)];
  if ("AlterObjectSchemaStmt" in tree) return [undoMove(tree.AlterObjectSchemaStmt)];
  if ("AlterEnumStmt" in tree) {
    const { typeName, oldVal, newVal = "" } = tree.AlterEnumStmt;
    if (oldVal === undefined) return [why("Postgres cannot take a value out of an enum")];
    return [{ sql: `alter type ${listed(typeName)} rename value ${literal(newVal)} to ${literal(oldVal)}` }];
  }
  if ("CommentStmt" in tree) return [undoComment(text)];
  if ("GrantStmt" in tree) return [undoGrant(tree.GrantStmt.is_grant === true, text)];
  const created = undoCreate(tree);
  if (created !== undefined) return [created];
  const [kind = ""] = Object.keys(tree);
  return [passing.has(kind) ? "nothing" : why(reasons[kind] ?? "what it was before is not in the file")];
}

const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** The text says on what. */
function undoComment(text: string): Undo {
  const [, head] = /^([\s\S]*?\sis\s+)(?:'|e'|\$|null\b)/i.exec(text.slice(startOfCode(text))) ?? [];
  if (head === undefined || /\bnull\s*$/i.test(text)) return why("the comment of before is not in the file");
  return { sql: `${head}null`, note: "if there was another comment before, put that one here" };
}

/** Grant and revoke are mirrors of each other, word by word. */
function undoGrant(isGrant: boolean, text: string): Undo {
  if (!isGrant) return why("whether it was granted before is not in the file");
  const code = text.slice(startOfCode(text)).trim();
  const [, what, whom] =
    /^grant\s+([\s\S]+?)\s+to\s+([\s\S]+?)(?:\s+with\s+grant\s+option)?(?:\s+granted\s+by\s+\S+)?$/i.exec(code) ?? [];
  if (what === undefined || whom === undefined) return why("write the revoke by hand");
  return { sql: `revoke ${what} from ${whom}`, note: "unless it was granted before" };
}
