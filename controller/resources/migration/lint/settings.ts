import type { Node } from "@pgsql/types";
import type { Statement } from "./statement.ts";
import { stringsIn } from "./tree.ts";

/** What a statement sets for its session or transaction, by SET or by set_config with constants. */
interface Setting {
  /** Lower case. */
  readonly name: string;
  readonly value: string;
}

/** Statements that may set something; a block's PERFORM is parsed as a SELECT. */
export const setters = ["VariableSetStmt", "SelectStmt"] as const;

export function settingsIn({ node, text }: Statement): readonly Setting[] {
  if ("VariableSetStmt" in node) {
    const { name, args = [] } = node.VariableSetStmt;
    return name === undefined ? [] : args.flatMap(constant).map((value) => ({ name: name.toLowerCase(), value }));
  }
  // Most do not, and cost one search for a word.
  return /set_config/i.test(text) ? configured(node) : [];
}

function configured(node: unknown): readonly Setting[] {
  if (Array.isArray(node)) return node.flatMap(configured);
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, inside]: [string, unknown]) => {
    const { funcname, args = [] } = (key === "FuncCall" ? inside : {}) as { funcname?: Node[]; args?: Node[] };
    if (stringsIn(funcname).at(-1) !== "set_config") return configured(inside);
    const [name, value] = args.slice(0, 2).map((one) => constant(one)[0]);
    return name === undefined || value === undefined ? [] : [{ name: name.toLowerCase(), value }];
  });
}

/** `'0'` as well as `0`, and a bare word. */
function constant(node: Node): readonly string[] {
  if ("TypeCast" in node && node.TypeCast.arg !== undefined) return constant(node.TypeCast.arg);
  if (!("A_Const" in node)) return [];
  const { sval, ival, fval } = node.A_Const;
  if (sval !== undefined) return [sval.sval ?? ""];
  return ival === undefined ? [fval?.fval ?? []].flat() : [String(ival.ival ?? 0)];
}

/** A duration of nothing, which switches a timeout off (manual: 19.1.1, values with units). */
export const isZero = (value: string): boolean => /^\s*[+-]?0+(?:\.0*)?\s*(?:us|ms|s|min|h|d)?\s*$/.test(value);
