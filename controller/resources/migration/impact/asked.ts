import type { IndexStmt, Node, RangeVar, TypeName } from "@pgsql/types";
import { keyOf, meanings, type Name } from "../lint/names.ts";
import { droppedName, functionsIn, nameOf, qualifiedName, stringsIn } from "../lint/tree.ts";
import { quoteIdentifier } from "../../../core/sql.ts";
import { reachingIn, type Reaching } from "./reaching.ts";

/** What the live database is asked of, without doubles. */
export interface Asked {
  readonly relations: readonly Name[];
  /** As to_regtype reads them, and as {@link typeKey} calls them. */
  readonly types: readonly { readonly text: string; readonly key: string }[];
  readonly domains: readonly Name[];
  /** That go with everything in them. */
  readonly schemas: readonly string[];
  /** What is no relation, and reaches some. */
  readonly reaching: readonly Reaching[];
  /** The last part of each name. */
  readonly functions: ReadonlySet<string>;
  /** Something empties tables with all that reference them, and what references those. */
  readonly cascades: boolean;
}

/** A statement, and the schemas in which its file has names looked for, where it sets that. */
interface Asking {
  readonly node: Node;
  readonly path?: readonly string[];
}

/** Everything that statements name and that decides what they cost. */
export function askedBy(statements: readonly Asking[]): Asked {
  const nodes = statements.map(({ node }) => node);
  const relations = new Map<string, Name>();
  const types = new Map<string, { readonly text: string; readonly key: string }>();
  const domains = new Map<string, Name>();
  const functions = new Set<string>();
  const reaching = new Map<string, Reaching>();
  for (const { node, path } of statements) {
    for (const one of reachingIn(node, path)) reaching.set(JSON.stringify(one), one);
    for (const name of relationsIn(node)) for (const one of meanings(name, path)) relations.set(keyOf(one), one);
    if ("AlterDomainStmt" in node) {
      const name = qualifiedName(stringsIn(node.AlterDomainStmt.typeName));
      for (const one of meanings(name, path)) domains.set(keyOf(one), one);
    }
    if (!("AlterTableStmt" in node)) continue;
    for (const type of typesIn(node)) types.set(typeKey(type), { text: regtype(type), key: typeKey(type) });
    for (const name of functionsIn(node)) functions.add(name);
  }
  return {
    relations: [...relations.values()].filter(({ name }) => name !== ""),
    types: [...types.values()],
    domains: [...domains.values()],
    reaching: [...reaching.values()],
    schemas: [...new Set(nodes.flatMap(schemasDropped))],
    functions,
    cascades: nodes.some((node) => "TruncateStmt" in node && node.TruncateStmt.behavior === "DROP_CASCADE"),
  };
}

/** Schemas that a statement drops with everything in them. */
const schemasDropped = (node: Node): readonly string[] =>
  "DropStmt" in node && node.DropStmt.removeType === "OBJECT_SCHEMA" && node.DropStmt.behavior === "DROP_CASCADE"
    ? (node.DropStmt.objects ?? []).map((object) => droppedName(object).name)
    : [];

/** What {@link Catalog.types} calls a type. */
export const typeKey = ({ names, arrayBounds = [] }: TypeName): string =>
  `${stringsIn(names).join(".")}${arrayBounds.length === 0 ? "" : "[]"}`;

const regtype = ({ names, arrayBounds = [] }: TypeName): string =>
  `${stringsIn(names).map(quoteIdentifier).join(".")}${arrayBounds.length === 0 ? "" : "[]"}`;

/** Relations under any of the ways in which the tree names them. */
function relationsIn(node: Node): readonly Name[] {
  return [...rangesIn(node).map(nameOf), ...namedIn(node)];
}

/** What a WITH defines is no table, whatever its name. */
export function rangesIn(node: unknown): readonly RangeVar[] {
  const ranges: RangeVar[] = [];
  const own = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) visit(one);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return;
    if ("relname" in value && typeof value.relname === "string") ranges.push(value as RangeVar);
    if ("ctename" in value && typeof value.ctename === "string") own.add(value.ctename);
    for (const one of Object.values(value)) visit(one);
  };
  visit(node);
  return ranges.filter(({ schemaname, relname = "" }) => schemaname !== undefined || !own.has(relname));
}

function typesIn(node: unknown): readonly TypeName[] {
  if (Array.isArray(node)) return node.flatMap(typesIn);
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) =>
    key === "typeName" || key === "TypeName" ? [value as TypeName] : typesIn(value),
  );
}

/** Names that stand as lists of words: of DROP, COMMENT, SECURITY LABEL and OWNED BY. */
function namedIn(node: Node): readonly Name[] {
  if ("DropStmt" in node) {
    const { removeType, objects = [] } = node.DropStmt;
    return objects.flatMap((one) => objectName(removeType, one) ?? []);
  }
  if ("CommentStmt" in node) {
    const { objtype, object } = node.CommentStmt;
    return object === undefined ? [] : [objectName(objtype, object) ?? []].flat();
  }
  if ("SecLabelStmt" in node) {
    const { objtype, object } = node.SecLabelStmt;
    return object === undefined ? [] : [objectName(objtype, object) ?? []].flat();
  }
  if ("AlterTableStmt" in node) {
    return (node.AlterTableStmt.cmds ?? []).flatMap((cmd) => {
      const { subtype, def } = "AlterTableCmd" in cmd ? cmd.AlterTableCmd : {};
      const isOf = subtype === "AT_AddOf" && def !== undefined && "TypeName" in def;
      return isOf ? [qualifiedName(stringsIn(def.TypeName.names))] : [];
    });
  }
  if ("IndexStmt" in node) {
    const name = indexName(node.IndexStmt);
    return name === undefined ? [] : [name];
  }
  if ("AlterSeqStmt" in node || "CreateSeqStmt" in node) {
    const { options = [] } = "AlterSeqStmt" in node ? node.AlterSeqStmt : node.CreateSeqStmt;
    return options.flatMap((option) => ownerOf(option) ?? []);
  }
  return [];
}

/** An index is made where its table is. */
export function indexName({ idxname: name, relation }: IndexStmt): Name | undefined {
  if (name === undefined || relation === undefined) return undefined;
  return { ...nameOf(relation), name };
}

/** The relation that an object is, or belongs to; undefined where it is none and belongs to none. */
export function objectName(type: string | undefined, object: Node): Name | undefined {
  if (type === undefined) return undefined;
  if (ownRelations.has(type)) return droppedName(object);
  if (!partsOfRelations.has(type) || !("List" in object)) return undefined;
  return qualifiedName(stringsIn(object.List.items).slice(0, -1));
}

const ownRelations: ReadonlySet<string> = new Set(
  ["TABLE", "INDEX", "VIEW", "MATVIEW", "SEQUENCE", "FOREIGN_TABLE"].map((word) => `OBJECT_${word}`),
);
const partsOfRelations: ReadonlySet<string> = new Set(
  ["COLUMN", "TABCONSTRAINT", "TRIGGER", "RULE", "POLICY"].map((word) => `OBJECT_${word}`),
);

/** The table of `OWNED BY table.column`. */
export function ownerOf(option: Node): Name | undefined {
  if (!("DefElem" in option) || option.DefElem.defname !== "owned_by") return undefined;
  const { arg } = option.DefElem;
  const words = arg !== undefined && "List" in arg ? stringsIn(arg.List.items) : [];
  return words.length < 2 ? undefined : qualifiedName(words.slice(0, -1));
}
