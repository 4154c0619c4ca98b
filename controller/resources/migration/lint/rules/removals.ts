import type { DropStmt, Node } from "@pgsql/types";
import { alter } from "../clauses.ts";
import type { Match, Rule } from "../rule.ts";
import { keyOf, plain, show, type Name } from "../names.ts";
import { alterationsIn, type Statement } from "../statement.ts";
import { droppedName, nameOf, qualifiedName, stringsIn } from "../tree.ts";

const table = "CREATE TABLE orders (id bigint PRIMARY KEY, note text);";

/** What a file drops of one sort, and does not make again. */
function drops(
  { node }: Statement,
  after: () => readonly Statement[],
  types: readonly DropStmt["removeType"][],
): readonly Name[] {
  if (!("DropStmt" in node) || !types.includes(node.DropStmt.removeType)) return [];
  const again = new Set(after().flatMap((statement) => remakes(statement.node)));
  return (node.DropStmt.objects ?? []).map(droppedName).filter((name) => !again.has(keyOf(name)));
}

/** Views, functions and types that a statement makes: dropped before, they are only changed. */
function remakes(node: Node): readonly string[] {
  if ("ViewStmt" in node && node.ViewStmt.view !== undefined) return [keyOf(nameOf(node.ViewStmt.view))];
  if ("CreateTableAsStmt" in node && node.CreateTableAsStmt.objtype === "OBJECT_MATVIEW") {
    const relation = node.CreateTableAsStmt.into?.rel;
    return relation === undefined ? [] : [keyOf(nameOf(relation))];
  }
  if ("CreateFunctionStmt" in node) return [keyOf(qualifiedName(stringsIn(node.CreateFunctionStmt.funcname)))];
  if ("CreateEnumStmt" in node) return [keyOf(qualifiedName(stringsIn(node.CreateEnumStmt.typeName)))];
  if ("CreateDomainStmt" in node) return [keyOf(qualifiedName(stringsIn(node.CreateDomainStmt.domainname)))];
  return [];
}

/** What has columns that may be dropped. */
const columned = ["OBJECT_TABLE", "OBJECT_FOREIGN_TABLE", "OBJECT_TYPE"] as const;

/** What is lost with a column; the rows of a foreign table are elsewhere, and which tables are of a type only the catalog knows. */
function columnsOf({ node }: Statement): { readonly lost: (column: string) => string; readonly isStored: boolean } {
  const object = "AlterTableStmt" in node ? node.AlterTableStmt.objtype : undefined;
  if (object === "OBJECT_FOREIGN_TABLE")
    return { lost: (column) => `${column} is no longer seen here`, isStored: false };
  if (object === "OBJECT_TYPE")
    return {
      lost: (column) => `${column} is gone for good, with CASCADE also from every table that is of this type`,
      isStored: false,
    };
  return { lost: (column) => `what ${column} holds is gone for good`, isStored: true };
}

const afterRelease = "-- after a release that no longer uses it:";

/** What takes data away, or what releases that still run lean on. */
export const removalRules: readonly Rule[] = [
  {
    name: "drop-table",
    nodes: ["DropStmt"],
    level: "warning",
    weight: "rows",
    title: "`DROP TABLE`",
    elsewhere: {
      atlas: "DS102",
      squawk: "ban-drop-table",
      strongMigrations: "creating a table with the force option",
    },
    example: { setup: table, sql: "DROP TABLE orders;" },
    find: (statement, { after }) =>
      drops(statement, after, ["OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"]).map((on) => ({
        on,
        what: `the rows of ${show(on)} are gone for good, and the release that runs may still ask for them`,
        locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" }],
        recipe: [
          "-- first out of the way, so that it can come back:",
          `ALTER TABLE ${show(on)} RENAME TO ${plain(`${on.name}_old`)};`,
          afterRelease,
          `DROP TABLE ${show({ ...on, name: `${on.name}_old` })};`,
        ],
      })),
  },
  {
    name: "drop-column",
    nodes: ["AlterTableStmt"],
    level: "warning",
    weight: "rows",
    title: "`DROP COLUMN`, also of a foreign table, and `DROP ATTRIBUTE` of a type",
    elsewhere: { atlas: "DS103", squawk: "ban-drop-column", strongMigrations: "removing a column" },
    example: { setup: table, sql: "ALTER TABLE orders DROP COLUMN note;" },
    find: (statement) =>
      alterationsIn(statement, columned).flatMap(({ command, table: on, offset, text }): readonly Match[] => {
        if (command.subtype !== "AT_DropColumn") return [];
        const { lost, isStored } = columnsOf(statement);
        return [
          {
            on,
            offset,
            what: `${lost(`${show(on)}.${plain(command.name ?? "")}`)}, and statements of the release that runs fail where they name it`,
            locks: isStored ? [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" }] : [],
            recipe: [afterRelease, isStored ? alter(on, text) : `${statement.text};`],
          },
        ];
      }),
  },
  {
    name: "drop-schema",
    nodes: ["DropStmt"],
    level: "warning",
    weight: "never",
    title: "`DROP SCHEMA`",
    elsewhere: { atlas: "DS101", squawk: "ban-drop-schema" },
    example: { setup: "CREATE SCHEMA shop;", sql: "DROP SCHEMA shop;" },
    find: (statement, { after }) =>
      drops(statement, after, ["OBJECT_SCHEMA"]).map((on) => ({
        on,
        what: `schema ${show(on)} goes, with CASCADE all that is in it`,
        locks: [],
        recipe: [
          "-- drop what is in it by name first, so that this file says what is lost:",
          `DROP SCHEMA ${show(on)};`,
        ],
      })),
  },
  {
    name: "drop-owned",
    nodes: ["DropOwnedStmt"],
    level: "warning",
    weight: "never",
    title: "`DROP OWNED`",
    elsewhere: {},
    example: { setup: "", sql: "CREATE ROLE clerk;\nDROP OWNED BY clerk;" },
    find({ node, text }) {
      if (!("DropOwnedStmt" in node)) return [];
      const roles = text.replace(/^drop\s+owned\s+by\s+/i, "").replace(/\s+(?:cascade|restrict)\s*$/i, "");
      return [
        {
          what: `everything in this database that belongs to ${roles} goes, tables with their rows, and every privilege that was granted to it; this file does not say what that is`,
          locks: [],
          recipe: [
            `REASSIGN OWNED BY ${roles} TO CURRENT_USER;`,
            "-- what it was granted, by name, and best as `grants` in .poststack.yml:",
            `REVOKE ALL ON … FROM ${roles};`,
          ],
        },
      ];
    },
  },
  {
    name: "drop-database",
    nodes: ["DropdbStmt"],
    level: "error",
    weight: "never",
    title: "`DROP DATABASE`",
    elsewhere: { squawk: "ban-drop-database" },
    example: { setup: "", sql: "DROP DATABASE shop;", transactional: false },
    find: ({ node }) =>
      "DropdbStmt" in node
        ? [
            {
              what: `database ${plain(node.DropdbStmt.dbname ?? "")} and all that is in it is gone for good`,
              locks: [],
              recipe: ["-- not by a migration: take it out of .poststack.yml, or use `poststack db reset`"],
            },
          ]
        : [],
  },
  {
    name: "drop-object",
    nodes: ["DropStmt"],
    level: "warning",
    weight: "never",
    title: "dropping a view, function, type, domain, sequence or extension without making it again in the same file",
    elsewhere: {
      squawk: "ban-drop-view, ban-drop-function, ban-drop-type, ban-drop-domain, ban-drop-sequence, ban-drop-extension",
    },
    example: { setup: `${table}\nCREATE VIEW open_orders AS SELECT * FROM orders;`, sql: "DROP VIEW open_orders;" },
    find(statement, { after }) {
      const isRelation = "DropStmt" in statement.node && relations.has(statement.node.DropStmt.removeType);
      return drops(statement, after, objects).map((on) => ({
        on,
        what: `statements of the release that runs fail where they use ${show(on)}`,
        locks: isRelation ? [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" } as const] : [],
        recipe: [afterRelease, `${statement.text};`],
      }));
    },
  },
  {
    name: "drop-cascade",
    nodes: ["DropStmt", "AlterTableStmt"],
    level: "warning",
    weight: "never",
    title: "`CASCADE` when something is dropped",
    elsewhere: { squawk: "ban-truncate-cascade" },
    example: {
      setup: `${table}\nCREATE VIEW open_orders AS SELECT * FROM orders;`,
      sql: "ALTER TABLE orders DROP COLUMN note CASCADE;",
    },
    find(statement) {
      const { node, text } = statement;
      const found = alterationsIn(statement, columned).filter(
        ({ command: { subtype, behavior } }) =>
          behavior === "DROP_CASCADE" && (subtype === "AT_DropColumn" || subtype === "AT_DropConstraint"),
      );
      const what = "whatever depends on it goes, too, and this file does not say what that is";
      const recipe = (sql: string): readonly string[] => [
        "-- drop what depends on it by name, then:",
        `${sql.replace(/\s+cascade\s*$/i, "")};`,
      ];
      if ("DropStmt" in node && node.DropStmt.behavior === "DROP_CASCADE") {
        const [on] = (node.DropStmt.objects ?? []).map(droppedName);
        return [{ ...(on === undefined ? {} : { on }), what, locks: [], recipe: recipe(text) }];
      }
      const { isStored } = columnsOf(statement);
      return found.map(({ table: on, offset, text: command }) => ({
        on,
        offset,
        what,
        locks: isStored ? [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" } as const] : [],
        recipe: recipe(isStored ? `ALTER TABLE ${show(on)} ${command}` : text),
      }));
    },
  },
  {
    name: "truncate",
    nodes: ["TruncateStmt"],
    level: "warning",
    weight: "rows",
    title: "`TRUNCATE`",
    elsewhere: { squawk: "ban-truncate-cascade" },
    example: { setup: table, sql: "TRUNCATE orders;" },
    find({ node, text }) {
      if (!("TruncateStmt" in node)) return [];
      const names = (node.TruncateStmt.relations ?? []).flatMap((one) =>
        "RangeVar" in one ? [nameOf(one.RangeVar)] : [],
      );
      const isCascading = node.TruncateStmt.behavior === "DROP_CASCADE";
      return names.map((on) => ({
        on,
        what: `every row of ${show(on)}${isCascading ? ", and of every table that refers to it," : ""} is gone for good`,
        locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" }],
        recipe: isCascading
          ? ["-- name the tables, so that this file says what is lost:", `${text.replace(/\s+cascade\s*$/i, ", …")};`]
          : ["-- where only some rows are meant:", `DELETE FROM ${show(on)} WHERE …;`],
      }));
    },
  },
  {
    name: "drop-constraint",
    nodes: ["AlterTableStmt"],
    level: "note",
    weight: "rows",
    title: "`DROP CONSTRAINT`",
    elsewhere: { atlas: "CD101", squawk: "ban-drop-constraint" },
    example: {
      setup: "CREATE TABLE orders (id bigint, total int CONSTRAINT positive CHECK (total > 0));",
      sql: "ALTER TABLE orders DROP CONSTRAINT positive;",
    },
    find: (statement) =>
      alterationsIn(statement).flatMap(({ command, table: on, offset, text }): readonly Match[] =>
        command.subtype !== "AT_DropConstraint"
          ? []
          : [
              {
                on,
                offset,
                what: `from then on rows get into ${show(on)} that ${plain(command.name ?? "")} kept out, and adding it again has to read them all`,
                locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" }],
                recipe: ["-- when nothing relies on it any more:", alter(on, text)],
              },
            ],
      ),
  },
];

const relations = new Set<DropStmt["removeType"]>(["OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_SEQUENCE"]);
const objects: readonly DropStmt["removeType"][] = [
  ...relations,
  "OBJECT_FUNCTION",
  "OBJECT_PROCEDURE",
  "OBJECT_ROUTINE",
  "OBJECT_AGGREGATE",
  "OBJECT_TYPE",
  "OBJECT_DOMAIN",
  "OBJECT_EXTENSION",
];
