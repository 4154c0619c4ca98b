import type { Node } from "@pgsql/types";
import type { ParsedSql, SqlParser, SqlStatement } from "../core/ports/sql-parser.ts";
import type { BodyParser } from "./sql-bodies.ts";
import { kindOfNode, kindOfWords, type Token } from "./sql-statement.ts";

/** What libpg-query says of one statement. Offsets are UTF-8 bytes; a missing one is 0, a missing length "to the end". */
interface RawStatement {
  readonly stmt: Readonly<Record<string, unknown>>;
  readonly stmt_location?: number;
  readonly stmt_len?: number;
}

/** Kept: thousands of files are parsed in a row, and each import is a promise and a look into what is loaded. */
let loaded: ReturnType<typeof load> | undefined;

async function load() {
  try {
    const library = await import("libpg-query");
    await library.loadModule();
    return library;
  } catch (error) {
    // Too many open files, or too little memory: it may pass, and `watch` lives on.
    loaded = undefined;
    throw error;
  }
}

/** The real parser and lexer of Postgres 18, as WebAssembly. It takes 40 ms to load, so it is loaded when first asked. */
export const sqlParser: SqlParser = {
  async parse(text, { bodies = false } = {}) {
    if (text.trim() === "") return { statements: [] };
    const library = await (loaded ??= load());
    let misfit: NonNullable<ParsedSql["misfit"]>;
    try {
      // The type of the tree is wide and optional everywhere; sql-statement.ts looks at a few nodes only.
      const { stmts = [] } = library.parseSync(text) as { readonly stmts?: readonly RawStatement[] };
      const statements = fromTree(stmts, text);
      return { statements: bodies ? await withBodies(statements, library) : statements };
    } catch (error) {
      // Also out of memory, by brackets nested ten thousand deep.
      misfit = misfitOf(error, text);
    }
    try {
      return { ...fromTokens(library.scanSync(text).tokens, Buffer.from(text)), misfit };
    } catch {
      return undefined;
    }
  },
};

async function withBodies(statements: readonly SqlStatement[], library: BodyParser): Promise<readonly SqlStatement[]> {
  const { bodyOf } = await import("./sql-bodies.ts");
  return statements.map((statement) => {
    const body = bodyOf(statement, library);
    return body === undefined ? statement : { ...statement, body };
  });
}

function fromTree(statements: readonly RawStatement[], text: string): readonly SqlStatement[] {
  const piece = piecesOf(text);
  return statements.map(({ stmt, stmt_location: from = 0, stmt_len: length }) => ({
    ...piece(from, length),
    tree: stmt as Node,
    kind: kindOfNode(stmt),
  }));
}

/** Cuts a text at byte offsets that are asked in rising order. In most texts a byte is a character, and nothing is decoded. */
function piecesOf(text: string): (from: number, length: number | undefined) => Pick<SqlStatement, "text" | "start"> {
  if (Buffer.byteLength(text) === text.length) {
    return (from, length) => ({
      text: text.slice(from, length === undefined ? undefined : from + length).trimEnd(),
      start: from,
    });
  }
  const bytes = Buffer.from(text);
  const offsets = offsetsIn(bytes);
  return (from, length) => ({
    text: bytes.toString("utf8", from, length === undefined ? bytes.length : from + length).trimEnd(),
    start: offsets(from),
  });
}

/** Split at semicolons as psql does: not inside brackets, nor in the body of a function that begins with BEGIN ATOMIC. */
function fromTokens(tokens: readonly Token[], bytes: Buffer): ParsedSql {
  const offsets = offsetsIn(bytes);
  const statements: SqlStatement[] = [];
  let backslash: number | undefined;
  let words: Token[] = [];
  let brackets = 0;
  let blocks = 0;
  const end = (): void => {
    const [first] = words;
    const last = words.at(-1);
    if (first !== undefined && last !== undefined) {
      const text = bytes.toString("utf8", first.start, last.end);
      statements.push({ text, start: offsets(first.start), kind: kindOfWords(words) });
    }
    words = [];
    brackets = 0;
    blocks = 0;
  };
  for (const token of tokens) {
    if (token.tokenName === "SQL_COMMENT" || token.tokenName === "C_COMMENT") continue;
    const word = token.text.toLowerCase();
    if (word === ";" && brackets === 0 && blocks === 0) {
      end();
      continue;
    }
    if (word === "\\") backslash ??= offsets(token.start);
    if (word === "(") brackets++;
    if (word === ")") brackets--;
    if (word === "atomic" && words.at(-1)?.text.toLowerCase() === "begin") blocks++;
    if (blocks > 0 && word === "case") blocks++;
    if (blocks > 0 && word === "end") blocks--;
    words.push(token);
  }
  end();
  return { statements, ...(backslash === undefined ? {} : { backslash }) };
}

/** Byte offsets as UTF-16 offsets, for offsets that are asked in rising order. */
function offsetsIn(bytes: Buffer): (byte: number) => number {
  let seen = 0;
  let units = 0;
  return (byte) => {
    units += bytes.toString("utf8", seen, byte).length;
    seen = byte;
    return units;
  };
}

/** The error of libpg-query has the place in `sqlDetails`, in characters from 0; others have none. */
function misfitOf(error: unknown, text: string): NonNullable<ParsedSql["misfit"]> {
  const message = error instanceof Error ? error.message : String(error);
  const details = error instanceof Error && "sqlDetails" in error ? error.sqlDetails : undefined;
  const { cursorPosition: characters = 0 } = (details ?? {}) as { readonly cursorPosition?: number };
  return { message, offset: Array.from(text).slice(0, characters).join("").length };
}
