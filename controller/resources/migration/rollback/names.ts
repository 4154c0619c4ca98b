import type { FunctionParameter, Node, ObjectWithArgs, RangeVar, TypeName } from "@pgsql/types";
import { plain, show } from "../lint/names.ts";
import { nameOf, stringsIn } from "../lint/tree.ts";

/** Names as a statement writes them. */
export const relation = (range: RangeVar | undefined): string => (range === undefined ? "" : show(nameOf(range)));

/** Of identifiers in a list: `shop.orders`. */
export const listed = (nodes: readonly Node[] | undefined): string => stringsIn(nodes).map(plain).join(".");

/** `text`, `numeric[]`, `shop.state`: without a length, which is no part of a function's signature. */
export function typeText(type: TypeName | undefined): string {
  const parts = stringsIn(type?.names);
  const own = parts[0] === "pg_catalog" ? parts.slice(1) : parts;
  const name = own.map((part) => internal[part] ?? plain(part)).join(".");
  const reference = type?.pct_type === true ? "%type" : "";
  return name + reference + "[]".repeat(type?.arrayBounds?.length ?? 0);
}

/** The parser's names that are words of the grammar as well. */
const internal: Readonly<Record<string, string>> = {
  bpchar: "character",
  char: '"char"',
  int4: "integer",
  int8: "bigint",
  int2: "smallint",
  bool: "boolean",
};

/** `(integer, text)`: what goes in, which is what tells functions of one name apart. */
export function argumentsText(parameters: readonly Node[] | undefined): string {
  const types = (parameters ?? []).flatMap((node): readonly FunctionParameter[] =>
    "FunctionParameter" in node ? [node.FunctionParameter] : [],
  );
  const going = types.filter(({ mode }) => mode !== "FUNC_PARAM_OUT" && mode !== "FUNC_PARAM_TABLE");
  return `(${going.map(({ argType, mode }) => (mode === "FUNC_PARAM_VARIADIC" ? "variadic " : "") + typeText(argType)).join(", ")})`;
}

/** A function as ALTER FUNCTION names it, by its arguments where the statement gave them. */
export function withArguments({ objname, objargs, args_unspecified: isBare }: ObjectWithArgs): string {
  if (isBare === true) return listed(objname);
  const types = (objargs ?? []).map((node) => ("TypeName" in node ? typeText(node.TypeName) : ""));
  return `${listed(objname)}(${types.join(", ")})`;
}
