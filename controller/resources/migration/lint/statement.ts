import type { AlterTableCmd, AlterTableStmt, Node } from "@pgsql/types";
import type { ParsedSql, SqlStatement } from "../../../core/ports/sql-parser.ts";
import type { Name } from "./names.ts";
import { piecesBetweenCommas, startOfCode } from "./text.ts";
import { functionsIn, nameOf, stringsIn } from "./tree.ts";

/** One statement as the rules see it. */
export interface Statement {
  readonly node: Node;
  /** From its first word to its last. */
  readonly text: string;
  /** Of its first word in the file, in UTF-16 code units. */
  readonly offset: number;
  /** Where the statement before it ends: comments of this one stand from here on. */
  readonly from: number;
  /** The DO block, or the function that the file calls, in which it stands. */
  readonly within?: Statement;
  /** Others stand in it. */
  readonly isBlock?: true;
  /** A WITH of `within` runs it. */
  readonly isPart?: true;
}

/** One command of an ALTER TABLE, with what several rules need of it. */
export interface Alteration {
  readonly table: Name;
  readonly command: AlterTableCmd;
  /** As the file has it: `ADD COLUMN note text`. The whole statement where it could not be cut. */
  readonly text: string;
  /** In the statement. */
  readonly offset: number;
  /** It is the statement's only command. */
  readonly isAlone: boolean;
}

/**
 * The statements that have a tree; of others nothing is known. Those of a DO block follow it, and those of a function follow
 * the statement that calls it: nobody runs what is only written down.
 */
export function statementsIn({ statements }: ParsedSql): readonly Statement[] {
  const routines = new Map<string, readonly Statement[]>();
  return plainly(statements).flatMap(({ statement, body }) => {
    const { node } = statement;
    if (body.length === 0) return [statement, ...calledBy(node, routines)];
    const block = { ...statement, isBlock: true } as const;
    const inside = plainly(body, startOfBody(block)).map((one) => ({ ...one.statement, within: block }));
    if (!("CreateFunctionStmt" in node))
      return [block, ...inside.flatMap((one) => [one, ...calledBy(one.node, routines)])];
    routines.set(stringsIn(node.CreateFunctionStmt.funcname).at(-1) ?? "", inside);
    return [statement];
  });
}

/** Statements that run the functions in them. */
export const callers = ["SelectStmt", "CallStmt", "UpdateStmt", "InsertStmt", "DeleteStmt"] as const;

/** Of every function that it calls, once; who creates one or a trigger with it does not call it. */
const calledBy = (node: Node, routines: ReadonlyMap<string, readonly Statement[]>): readonly Statement[] =>
  routines.size === 0 || !callers.some((name) => name in node)
    ? []
    : [...new Set(functionsIn(node))].flatMap((name) => routines.get(name) ?? []);

/** Behind its first line comments belong to what stands in it. */
const startOfBody = ({ text, offset }: Statement): number => offset + Math.max(0, text.search(/\$\w*\$/));

function plainly(statements: readonly SqlStatement[], from = 0) {
  let end = from;
  return statements.flatMap(({ tree, text, start, body = [] }) => {
    const begins = end;
    end = Math.max(end, start + text.length);
    if (tree === undefined) return [];
    const skipped = startOfCode(text);
    const statement: Statement = { node: tree, text: text.slice(skipped), offset: start + skipped, from: begins };
    return [{ statement, body }];
  });
}

const none: readonly Alteration[] = [];
/** Many rules ask for the same ones. */
const cut = new WeakMap<Node, readonly Alteration[]>();

type Altered = AlterTableStmt["objtype"];
const tables: readonly Altered[] = ["OBJECT_TABLE"];

/** Commands of a table, where a rule asks for others of those, too; views, sequences and indexes have rules of their own or none. */
export function alterationsIn(statement: Statement, objects = tables): readonly Alteration[] {
  const { node } = statement;
  if (!("AlterTableStmt" in node) || !objects.includes(node.AlterTableStmt.objtype)) return none;
  const known = cut.get(node);
  if (known !== undefined) return known;
  const found = cutCommands(node, statement.text);
  cut.set(node, found);
  return found;
}

function cutCommands(node: { readonly AlterTableStmt: AlterTableStmt }, text: string): readonly Alteration[] {
  const { relation, cmds = [] } = node.AlterTableStmt;
  if (relation === undefined) return [];
  const pieces = commandPieces(node.AlterTableStmt, text);
  return cmds.flatMap((cmd, index): readonly Alteration[] => {
    if (!("AlterTableCmd" in cmd)) return [];
    const { text: piece, offset } = pieces[index] ?? { text, offset: 0 };
    const table = nameOf(relation);
    return [{ table, command: cmd.AlterTableCmd, text: piece, offset, isAlone: cmds.length === 1 }];
  });
}

/** Of `ALTER TABLE name a, b`, or of another kind, what each command says; nothing where the cutting does not come out as the parser has it. */
function commandPieces({ cmds = [] }: AlterTableStmt, text: string) {
  const head =
    /^alter\s+(?:foreign\s+table|table|type)\s+(?:if\s+exists\s+)?(?:only\s+)?(?:"(?:[^"]|"")*"|[\w$.\u0080-\uffff])+(?:\s*\*)?\s+/iu.exec(
      text,
    );
  if (head === null) return [];
  const skipped = head[0].length;
  const pieces = piecesBetweenCommas(text.slice(skipped));
  if (pieces.length !== cmds.length) return [];
  return pieces.map(({ text: piece, offset }) => ({ text: piece, offset: skipped + offset }));
}
