import type { CommentStmt, Node } from "@pgsql/types";
import type { SqlParser } from "../../../core/ports/sql-parser.ts";
import { searchPathOf } from "../text.ts";
import type { Names } from "./model.ts";

type Kind = "relation" | "function" | "type";
type Fields = Readonly<Record<string, unknown>>;

interface Found {
  /** Where names without a schema are looked for; what is made lies in the first. */
  readonly path: readonly [string, ...string[]];
  readonly defined: Set<string>;
  readonly used: Set<string>;
  readonly mentioned: Set<string>;
  /** Names that a WITH gives inside of a statement. */
  readonly local: Set<string>;
  readonly bodies: { readonly language: string; readonly text: string }[];
}

/**
 * What a text defines and uses, from the parse tree: views, functions, types, tables; also inside of functions in SQL, which
 * the server checks when they are made. Of other languages the words are kept.
 *
 * What cannot be parsed has no names: the server will say what is wrong with it.
 */
export async function namesIn(text: string, parser: SqlParser): Promise<Names> {
  const [first = "public", ...others] = searchPathOf(text) ?? [];
  const path = [first, ...others] as const;
  const found: Found = {
    path,
    defined: new Set(),
    used: new Set(),
    mentioned: new Set(),
    local: new Set(),
    bodies: [],
  };
  await read(text, parser, found);
  for (const { language, text: body } of found.bodies.splice(0)) {
    if (language === "sql") await read(body, parser, { ...found, defined: new Set(), bodies: [] });
    else for (const word of body.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []) found.mentioned.add(word);
  }
  for (const key of found.defined) found.used.delete(key);
  return found;
}

async function read(text: string, parser: SqlParser, found: Found): Promise<void> {
  for (const { tree } of (await parser.parse(text))?.statements ?? []) {
    if (tree === undefined) continue;
    found.local.clear();
    collectLocal(tree, found.local);
    for (const [kind, parts] of definedBy(tree)) found.defined.add(keys(kind, parts, [found.path[0]]).join(""));
    if ("CommentStmt" in tree) noteComment(tree.CommentStmt, found);
    if (!("DropStmt" in tree)) walk(tree, found);
  }
}

/** What a name may mean: without a schema, one of each on the path. */
const keys = (kind: Kind, parts: readonly string[], path: readonly string[]): readonly string[] => {
  const [name = "", schema] = parts.toReversed();
  return (schema === undefined ? path : [schema]).map((one) => `${kind} ${one}.${name}`);
};

const use = ({ used, path }: Found, kind: Kind, parts: readonly string[]): void => {
  for (const one of keys(kind, parts, path)) used.add(one);
};

/** COMMENT ON names a relation by plain words; of a column, trigger, policy or rule the last of them is its own name. */
function noteComment({ objtype, object }: CommentStmt, found: Found): void {
  const words = object !== undefined && "List" in object ? strings(object.List.items) : [];
  if (words.length === 0 || objtype === undefined) return;
  const isWhole = ["OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"].includes(objtype);
  const isPart = ["OBJECT_COLUMN", "OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"].includes(objtype);
  if (isWhole || isPart) use(found, "relation", isWhole ? words : words.slice(0, -1));
}

/** What a statement makes. A view or table is a type, too. */
function definedBy(node: Node): readonly (readonly [Kind, readonly string[]])[] {
  const relation = (range: unknown): readonly (readonly [Kind, readonly string[]])[] => {
    const parts = partsOfRange(range);
    return [["relation", parts] as const, ["type", parts] as const];
  };
  if ("ViewStmt" in node) return relation(node.ViewStmt.view);
  if ("CreateTableAsStmt" in node) return relation(node.CreateTableAsStmt.into?.rel);
  if ("CreateStmt" in node) return relation(node.CreateStmt.relation);
  if ("CompositeTypeStmt" in node) return [["type", partsOfRange(node.CompositeTypeStmt.typevar)]];
  if ("CreateFunctionStmt" in node) return [["function", strings(node.CreateFunctionStmt.funcname)]];
  if ("CreateEnumStmt" in node) return [["type", strings(node.CreateEnumStmt.typeName)]];
  if ("CreateDomainStmt" in node) return [["type", strings(node.CreateDomainStmt.domainname)]];
  if ("CreateRangeStmt" in node) return [["type", strings(node.CreateRangeStmt.typeName)]];
  if ("DefineStmt" in node) {
    const kind = node.DefineStmt.kind === "OBJECT_AGGREGATE" ? "function" : "type";
    return [[kind, strings(node.DefineStmt.defnames)]];
  }
  return [];
}

function collectLocal(value: unknown, into: Set<string>): void {
  if (Array.isArray(value)) for (const one of value) collectLocal(one, into);
  if (!isFields(value)) return;
  if (typeof value["ctename"] === "string") into.add(value["ctename"]);
  for (const one of Object.values(value)) collectLocal(one, into);
}

function walk(value: unknown, found: Found): void {
  if (Array.isArray(value)) for (const one of value) walk(one, found);
  if (!isFields(value)) return;
  for (const [name, inside] of Object.entries(value)) {
    if (isFields(inside)) note(name, inside, found);
    walk(inside, found);
  }
}

/** Names of nodes: src/include/nodes/parsenodes.h. */
function note(node: string, fields: Fields, found: Found): void {
  const { local, bodies } = found;
  const parts = (list: unknown): readonly string[] => strings(Array.isArray(list) ? list : []);
  if (typeof fields["relname"] === "string") {
    const range = partsOfRange(fields);
    if (range.length > 1 || !local.has(fields["relname"])) use(found, "relation", range);
  }
  if (node === "FuncCall" || node === "CreateTrigStmt") use(found, "function", parts(fields["funcname"]));
  if (node === "ObjectWithArgs") use(found, "function", parts(fields["objname"]));
  if (Array.isArray(fields["names"])) use(found, "type", parts(fields["names"]));
  if (node === "CreateFunctionStmt") bodies.push(...bodyOf(fields));
}

/** `as` and `language` among the options of CREATE FUNCTION. */
function bodyOf(fields: Fields): Found["bodies"] {
  const options = (Array.isArray(fields["options"]) ? fields["options"] : []).map((one: unknown) =>
    isFields(one) && isFields(one["DefElem"]) ? one["DefElem"] : {},
  );
  const argument = (name: string): unknown => options.find((option) => option["defname"] === name)?.["arg"];
  const [text = ""] = stringsBelow(argument("as"));
  const [language = "sql"] = stringsBelow(argument("language"));
  return text === "" ? [] : [{ language: language.toLowerCase(), text }];
}

function stringsBelow(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(stringsBelow);
  if (!isFields(value)) return [];
  return typeof value["sval"] === "string" ? [value["sval"]] : Object.values(value).flatMap(stringsBelow);
}

const strings = (nodes: readonly unknown[] = []): readonly string[] => nodes.flatMap((node) => stringsBelow(node));

function partsOfRange(range: unknown): readonly string[] {
  if (!isFields(range)) return [];
  const { schemaname, relname } = range;
  return [schemaname, relname].filter((part) => typeof part === "string");
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
