import type { ColumnDef, Constraint, Node, RangeVar, TypeName } from "@pgsql/types";
import type { Name } from "./names.ts";

/** What of Postgres's tree several rules look at. Its every field may be missing, so that each look says what then. */

export const nameOf = ({ schemaname: schema, relname: name = "" }: RangeVar): Name =>
  schema === undefined ? { name } : { schema, name };

/** Of identifiers in a list: `["shop", "orders"]`. */
export const stringsIn = (nodes: readonly Node[] = []): readonly string[] =>
  nodes.flatMap((node) => ("String" in node && node.String.sval !== undefined ? [node.String.sval] : []));

/** The last two parts of a qualified name; before them stands the database. */
export function qualifiedName(parts: readonly string[]): Name {
  const [name = "", schema] = parts.toReversed();
  return schema === undefined ? { name } : { schema, name };
}

/** What a DROP names: relations as lists of identifiers, types as names of types, functions with their arguments. */
export function droppedName(node: Node): Name {
  if ("List" in node) return qualifiedName(stringsIn(node.List.items));
  if ("TypeName" in node) return qualifiedName(stringsIn(node.TypeName.names));
  if ("ObjectWithArgs" in node) return qualifiedName(stringsIn(node.ObjectWithArgs.objname));
  return { name: "String" in node ? (node.String.sval ?? "") : "" };
}

export const constraintsIn = (nodes: readonly Node[] = []): readonly Constraint[] =>
  nodes.flatMap((node) => ("Constraint" in node ? [node.Constraint] : []));

/** A column's constraint of one sort, where it has one. */
export const constraintOf = (column: ColumnDef, type: Constraint["contype"]): Constraint | undefined =>
  constraintsIn(column.constraints).find(({ contype }) => contype === type);

/** The last part of a type's name, as the parser has it: `int4`, `varchar`, `serial`. */
export const typeOf = (type: TypeName | undefined): string => stringsIn(type?.names).at(-1) ?? "";

/** Whether NOT VALID (or NOT ENFORCED, of which no row is checked either) stands with a constraint. */
export const isUnchecked = ({ skip_validation: unchecked, is_enforced: enforced, contype }: Constraint): boolean =>
  unchecked === true || (enforced !== true && (contype === "CONSTR_CHECK" || contype === "CONSTR_FOREIGN"));

/** Every function that an expression calls, by the last part of its name. */
export function functionsIn(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(functionsIn);
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    const inside = functionsIn(value);
    // CALL keeps it in a field of its own.
    if (key !== "FuncCall" && key !== "funccall") return inside;
    const name = stringsIn((value as { readonly funcname?: Node[] }).funcname).at(-1);
    return name === undefined ? inside : [name, ...inside];
  });
}

/** Columns of which a CHECK says that they are not null: `c IS NOT NULL`, also where AND joins it to more. */
export function columnsNotNull(node: Node | undefined): readonly string[] {
  if (node === undefined) return [];
  if ("BoolExpr" in node && node.BoolExpr.boolop === "AND_EXPR")
    return (node.BoolExpr.args ?? []).flatMap(columnsNotNull);
  if (!("NullTest" in node) || node.NullTest.nulltesttype !== "IS_NOT_NULL") return [];
  const { arg } = node.NullTest;
  return arg !== undefined && "ColumnRef" in arg ? stringsIn(arg.ColumnRef.fields).slice(-1) : [];
}

/** Whether an option such as `concurrently` or `full` is given and not switched off. */
export const hasOption = (options: readonly Node[] | undefined, name: string): boolean =>
  (options ?? []).some((node) => {
    if (!("DefElem" in node) || node.DefElem.defname !== name) return false;
    const { arg } = node.DefElem;
    const value = arg !== undefined && "String" in arg ? (arg.String.sval ?? "") : "";
    const isFalse = arg !== undefined && "Boolean" in arg && arg.Boolean.boolval !== true;
    const isZero = arg !== undefined && "Integer" in arg && (arg.Integer.ival ?? 0) === 0;
    return !isFalse && !isZero && !/^(?:false|off|0)$/i.test(value);
  });
