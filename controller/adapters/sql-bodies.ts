import type { DefElem, Node } from "@pgsql/types";
import type { SqlStatement } from "../core/ports/sql-parser.ts";
import { kindOfNode } from "./sql-statement.ts";

/** What of libpg-query is needed; loaded. */
export interface BodyParser {
  readonly parseSync: (text: string) => { readonly stmts?: readonly { readonly stmt?: unknown }[] };
  readonly parsePlPgSQLSync: (text: string) => unknown;
}

/** A piece of a body: what it says, and where it begins in it, in UTF-16 code units. */
interface Piece {
  readonly text: string;
  readonly start: number;
}

/**
 * The SQL inside of a DO block, or of the body of a function or procedure in plpgsql or SQL, in the order of the text: also
 * behind IF and in loops, and what EXECUTE is given as a constant. Undefined for other statements.
 */
export function bodyOf(statement: SqlStatement, library: BodyParser): readonly SqlStatement[] | undefined {
  const { tree, text, start } = statement;
  const written = tree === undefined ? undefined : writtenBody(tree);
  if (written === undefined) return undefined;
  const { body, language } = written;
  // Between dollars it stands as it is; in quotes every quote is doubled, and only the statement's own place is known.
  const at = text.indexOf(body);
  const pieces = language === "sql" ? [{ text: body, start: 0 }] : piecesIn(text, body, library);
  return pieces.flatMap((piece) =>
    statementsIn(piece, library).map((one) => ({ ...one, start: at < 0 ? start : start + at + one.start })),
  );
}

/** In which language, and the text of it; undefined for what has none that is told here. */
function writtenBody(tree: Node): { readonly body: string; readonly language: string } | undefined {
  const options =
    "DoStmt" in tree ? tree.DoStmt.args : "CreateFunctionStmt" in tree ? tree.CreateFunctionStmt.options : undefined;
  const given = new Map((options ?? []).flatMap((node) => ("DefElem" in node ? [wordsOf(node.DefElem)] : [])));
  const language = (given.get("language") ?? ("DoStmt" in tree ? "plpgsql" : "")).toLowerCase();
  const body = given.get("as");
  return body === undefined || !["plpgsql", "sql"].includes(language) ? undefined : { body, language };
}

function wordsOf({ defname = "", arg }: DefElem): readonly [string, string | undefined] {
  const first = arg !== undefined && "List" in arg ? arg.List.items?.[0] : arg;
  return [defname, first !== undefined && "String" in first ? first.String.sval : undefined];
}

/** What plpgsql's own parser tells; where it gives up (a type that only a server knows), what begins like SQL. */
function piecesIn(text: string, body: string, library: BodyParser): readonly Piece[] {
  let tree: unknown;
  try {
    tree = library.parsePlPgSQLSync(text);
  } catch {
    return likePieces(body);
  }
  const lines = lineStarts(body);
  const found = queriesIn(tree, 1).map(({ query, written: words, line }): Piece => {
    const from = lines[line - 1] ?? 0;
    // Of SELECT … INTO the words up to INTO stand as they are.
    const first = /^[^\n]*?(?=\s{2}|\n|$)/.exec(words)?.[0] ?? words;
    const at = body.indexOf(first, from);
    return { text: query, start: at < 0 ? from : at };
  });
  return found.sort((a, b) => a.start - b.start);
}

function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

interface Query {
  readonly query: string;
  /** As the body has it: of EXECUTE the expression, of PERFORM what follows it. */
  readonly written: string;
  /** From 1. */
  readonly line: number;
}

/** Statements of SQL in plpgsql's tree, however deep. The lines are those of the statements around them. */
function queriesIn(node: unknown, line: number): readonly Query[] {
  if (Array.isArray(node)) return node.flatMap((one) => queriesIn(one, line));
  if (typeof node !== "object" || node === null) return [];
  const { lineno } = node as { readonly lineno?: number };
  const here = lineno ?? line;
  return Object.entries(node).flatMap(([key, value]): readonly Query[] => {
    const own = ownQuery(key, value, here);
    const inner = queriesIn(value, here);
    return own === undefined ? inner : [own, ...inner];
  });
}

function ownQuery(key: string, value: unknown, around: number): Query | undefined {
  const statement = (value ?? {}) as Readonly<Record<string, unknown>>;
  const line = typeof statement["lineno"] === "number" ? statement["lineno"] : around;
  const queryIn = (field: string): string | undefined => {
    const { PLpgSQL_expr: expression } = (statement[field] ?? {}) as { PLpgSQL_expr?: { query?: string } };
    return expression?.query;
  };
  const plain = (query: string | undefined, written = query): Query | undefined =>
    query === undefined || written === undefined ? undefined : { query, written, line };
  switch (key) {
    case "PLpgSQL_stmt_execsql":
      return plain(queryIn("sqlstmt"));
    case "PLpgSQL_stmt_call":
      return plain(queryIn("expr"));
    case "PLpgSQL_stmt_perform":
      return plain(queryIn("expr"), queryIn("expr")?.replace(/^SELECT /, ""));
    case "PLpgSQL_stmt_dynexecute":
      return plain(constantIn(queryIn("query")), queryIn("query"));
    default:
      return undefined;
  }
}

/** `'drop table a'`, and `format('drop table %I', name)` with a name in the place of what is not known. */
function constantIn(expression = ""): string | undefined {
  const [, formatted, literal] = /^\s*(format\s*\(\s*)?'((?:[^']|'')*)'\s*(?:$|,|\))/i.exec(expression) ?? [];
  const text = literal?.replaceAll("''", "'");
  if (formatted === undefined) return /^\s*'(?:[^']|'')*'\s*$/.test(expression) ? text : undefined;
  return text
    ?.replaceAll(/%(?:\d+\$)?[Is]/g, '"?"')
    .replaceAll(/%(?:\d+\$)?L/g, "'?'")
    .replaceAll("%%", "%");
}

/** From each verb of SQL up to the next semicolon. */
function likePieces(body: string): readonly Piece[] {
  const verbs =
    /\b(?:create|alter|drop|truncate|update|delete\s+from|insert\s+into|lock|reindex|refresh|cluster|grant|revoke)\b[^;]*/gi;
  return [...body.replaceAll(/--[^\n]*/g, (comment) => " ".repeat(comment.length)).matchAll(verbs)].map(
    ({ 0: text, index }) => ({ text, start: index }),
  );
}

/** What the grammar does not know, with variables in a place where it expects names, is left out. */
function statementsIn({ text, start }: Piece, { parseSync }: BodyParser): readonly SqlStatement[] {
  try {
    const bytes = Buffer.from(text);
    const { stmts = [] } = parseSync(text) as {
      readonly stmts?: readonly {
        stmt: Readonly<Record<string, unknown>>;
        stmt_location?: number;
        stmt_len?: number;
      }[];
    };
    return stmts.map(({ stmt, stmt_location: from = 0, stmt_len: length }) => ({
      text: bytes.toString("utf8", from, length === undefined ? bytes.length : from + length).trimEnd(),
      start: start + bytes.toString("utf8", 0, from).length,
      tree: stmt as Node,
      kind: kindOfNode(stmt),
    }));
  } catch {
    return [];
  }
}
