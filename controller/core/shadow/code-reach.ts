import type { DefElem, Node } from "@pgsql/types";
import type { ParsedSql, SqlStatement } from "../ports/sql-parser.ts";
import { withoutComments } from "../sql-comments.ts";
import { callsOfServer, mayReachBeyond, namesDatabase, wordsOfServer } from "./beyond-words.ts";
import { mayCall } from "./cluster-wide.ts";

/** Looks at texts one after the other: a function that one of them makes may be called in a later one. */
export interface CodeReader {
  /** Whether a text has to be parsed at all. */
  readonly isOfInterest: (text: string) => boolean;
  /** Whether a DO block, or a function of the texts that is called, speaks of more than the database in which it runs. */
  readonly reachesBeyond: (parsed: ParsedSql) => boolean;
  /** Whether a statement makes a trigger of such a function: from then on it runs without being named. */
  readonly makesTrigger: (parsed: ParsedSql) => boolean;
  /** Whether a function that one of the texts makes does, by its name in lower case. */
  readonly isFar: (name: string) => boolean;
}

/**
 * Code is told by its words: what EXECUTE is given is known when it runs. A doubt counts as "beyond".
 */
export function codeReader(): CodeReader {
  /** Functions that speak of it, also by calling others that do. In lower case. */
  const far = new Set<string>();
  const isFarCode = (code: string): boolean => speaksOfServer(code) || callsAny(code, far);
  return {
    isOfInterest: (text) => mayReachBeyond(text) || mentions(text, far),
    reachesBeyond({ statements }) {
      let found = false;
      for (const statement of statements) {
        const code = codeOf(statement);
        if (code?.routine !== undefined) {
          if (isFarCode(code.body)) far.add(code.routine);
        } else if (code !== undefined) found ||= isFarCode(code.body);
        else if (statement.tree === undefined || mayCall(statement.tree)) found ||= callsAny(statement.text, far);
      }
      return found;
    },
    makesTrigger: ({ statements }) =>
      statements.some(({ tree, text }) => tree !== undefined && isTrigger(tree) && callsAny(text, far)),
    isFar: (name) => far.has(name),
  };
}

const isTrigger = (tree: Node): boolean => "CreateTrigStmt" in tree || "CreateEventTrigStmt" in tree;

interface Code {
  readonly body: string;
  /** The function's name, where it does not run at once. */
  readonly routine?: string;
}

function codeOf({ tree, text }: SqlStatement): Code | undefined {
  if (tree === undefined) {
    const words = withoutComments(text, { texts: "blank" });
    if (/^\s*do\b/i.test(words)) return { body: text };
    const [, routine] =
      /^\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\s+(?:[\w$"]+\s*\.\s*)?"?([\w$]+)/i.exec(words) ?? [];
    return routine === undefined ? undefined : { body: text, routine: routine.toLowerCase() };
  }
  if ("DoStmt" in tree) return { body: bodyIn(tree.DoStmt.args) ?? text };
  if (!("CreateFunctionStmt" in tree)) return undefined;
  const { funcname = [], options, sql_body: atomic } = tree.CreateFunctionStmt;
  const last = funcname.at(-1);
  const routine = last !== undefined && "String" in last ? (last.String.sval ?? "") : "";
  return { body: atomic === undefined ? (bodyIn(options) ?? text) : text, routine: routine.toLowerCase() };
}

/** What stands behind AS, without its quotes. */
function bodyIn(options: readonly Node[] = []): string | undefined {
  const isBody = ({ defname }: DefElem): boolean => defname === "as";
  const { arg } = options.flatMap((node) => ("DefElem" in node ? [node.DefElem] : [])).find(isBody) ?? {};
  const first = arg !== undefined && "List" in arg ? arg.List.items?.[0] : arg;
  return first !== undefined && "String" in first ? first.String.sval : undefined;
}

function speaksOfServer(code: string): boolean {
  const plain = withoutComments(code, { texts: "blank" });
  // A text is code where something is run that is put together.
  const isDynamic = /\bexecute\b/i.test(plain);
  const words = isDynamic ? joined(withoutComments(code, { texts: "code" })) : plain;
  if (wordsOfServer.test(words) || callsOfServer.test(words)) return true;
  // `alter database %I` of what current_database() says is the shadow's own.
  return namesDatabase.test(words) && !/\bcurrent_(?:database|catalog)\b/i.test(plain);
}

/** `'create ' || 'role'` */
const joined = (code: string): string => code.replaceAll(/'\s*\|\|\s*'/g, "");

const mentions = (text: string, names: ReadonlySet<string>): boolean => {
  if (names.size === 0) return false;
  const lower = text.toLowerCase();
  return [...names].some((name) => lower.includes(name));
};

/** A name (in lower case) with a bracket behind it, whatever stands between the two. */
export function callsAny(code: string, names: ReadonlySet<string>): boolean {
  if (!mentions(code, names)) return false;
  const words = withoutComments(code, { texts: "code" }).toLowerCase();
  return (
    [...words.matchAll(/[\w$\u0080-\uffff]+(?="?\s*\()/g)].some(([name]) => names.has(name)) || quoted(code, names)
  );
}

/** Blanks stand in the place of a name in quotes. */
const quoted = (code: string, names: ReadonlySet<string>): boolean =>
  [...code.toLowerCase().matchAll(/"([^"]+)"\s*\(/g)].some(([, name = ""]) => names.has(name));
