import type { Node } from "@pgsql/types";
import { alter, inBatches } from "../clauses.ts";
import type { Match, Rule } from "../rule.ts";
import { keyOf, plain, show, type Name } from "../names.ts";
import { alterationsIn, type Statement } from "../statement.ts";
import { droppedName, nameOf } from "../tree.ts";

const table = "CREATE TABLE orders (id bigint PRIMARY KEY, note text NOT NULL DEFAULT '');";

/** A view of the old name, made in the same file, stands in for what was renamed. */
const isViewMade = (name: Name, after: () => readonly Statement[]): boolean =>
  after().some(
    ({ node }) =>
      "ViewStmt" in node && node.ViewStmt.view !== undefined && keyOf(nameOf(node.ViewStmt.view)) === keyOf(name),
  );

const objectName = (relation: Parameters<typeof nameOf>[0] | undefined, object: Node | undefined): Name | undefined =>
  relation === undefined ? (object === undefined ? undefined : droppedName(object)) : nameOf(relation);

/** What releases that still run do not expect. */
export const compatibilityRules: readonly Rule[] = [
  {
    name: "rename-table",
    nodes: ["RenameStmt"],
    level: "warning",
    weight: "never",
    title: "renaming a table, without a view of the old name",
    elsewhere: { atlas: "BC101", squawk: "renaming-table", strongMigrations: "renaming a table" },
    example: { setup: table, sql: "ALTER TABLE orders RENAME TO purchases;" },
    find({ node }, { after }) {
      if (!("RenameStmt" in node) || node.RenameStmt.renameType !== "OBJECT_TABLE") return [];
      const { relation, newname = "" } = node.RenameStmt;
      if (relation === undefined || isViewMade(nameOf(relation), after)) return [];
      const on = nameOf(relation);
      return [
        {
          on,
          what: `statements of the release that runs fail where they name ${show(on)}`,
          locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" }],
          recipe: [
            `ALTER TABLE ${show(on)} RENAME TO ${plain(newname)};`,
            `CREATE VIEW ${show(on)} AS SELECT * FROM ${show({ ...on, name: newname })}; -- takes writes, too`,
            "-- after a release that uses the new name:",
            `DROP VIEW ${show(on)};`,
          ],
        },
      ];
    },
  },
  {
    name: "rename-column",
    nodes: ["RenameStmt"],
    level: "warning",
    weight: "never",
    title: "renaming a column of a table or view",
    elsewhere: { atlas: "BC102", squawk: "renaming-column", strongMigrations: "renaming a column" },
    example: { setup: table, sql: "ALTER TABLE orders RENAME COLUMN note TO remark;" },
    find({ node }) {
      if (!("RenameStmt" in node) || node.RenameStmt.renameType !== "OBJECT_COLUMN") return [];
      const { relation, relationType, subname = "", newname = "" } = node.RenameStmt;
      if (relation === undefined) return [];
      const on = nameOf(relation);
      const filled = [
        `-- a new column ${plain(newname)} of the same type; a release that writes both; the old rows in batches:`,
        ...inBatches(
          on,
          `UPDATE ${show(on)} SET ${plain(newname)} = ${plain(subname)}`,
          `${plain(newname)} IS DISTINCT FROM ${plain(subname)}`,
        ),
        "-- a release that reads the new one only; and then:",
        alter(on, `DROP COLUMN ${plain(subname)}`),
      ];
      const queried = [
        `-- ${plain(newname)} beside ${plain(subname)} first: CREATE OR REPLACE VIEW takes more columns behind the others;`,
        "-- a release that reads the new one only; and then the view without the old one",
      ];
      return [
        {
          on,
          what: `statements of the release that runs fail where they name ${show(on)}.${plain(subname)}`,
          locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" }],
          recipe: relationType === "OBJECT_VIEW" || relationType === "OBJECT_MATVIEW" ? queried : filled,
        },
      ];
    },
  },
  {
    name: "rename-object",
    nodes: ["RenameStmt", "AlterEnumStmt"],
    level: "warning",
    weight: "never",
    title: "renaming a view, function, type, schema, sequence or enum value",
    elsewhere: { squawk: "renaming-object" },
    example: { setup: "CREATE TYPE state AS ENUM ('open');", sql: "ALTER TYPE state RENAME VALUE 'open' TO 'new';" },
    find({ node, text }, { after }) {
      const recipe = ["-- after a release that uses neither name, or both:", `${text};`];
      if ("AlterEnumStmt" in node && node.AlterEnumStmt.oldVal !== undefined) {
        const { oldVal } = node.AlterEnumStmt;
        return [{ what: `the release that runs fails where it writes '${oldVal}'`, locks: [], recipe }];
      }
      if (!("RenameStmt" in node)) return [];
      const { renameType, relation, object, subname } = node.RenameStmt;
      if (renameType === undefined || !renamed.has(renameType)) return [];
      const on = objectName(relation, object) ?? { name: subname ?? "" };
      if (isViewMade(on, after)) return [];
      return [{ on, what: `statements of the release that runs fail where they name ${show(on)}`, locks: [], recipe }];
    },
  },
  {
    name: "move-to-schema",
    nodes: ["AlterObjectSchemaStmt"],
    level: "warning",
    weight: "never",
    title: "`SET SCHEMA`",
    elsewhere: { squawk: "ban-set-schema" },
    example: { setup: `${table}\nCREATE SCHEMA shop;`, sql: "ALTER TABLE orders SET SCHEMA shop;" },
    find({ node, text }, { after }) {
      if (!("AlterObjectSchemaStmt" in node)) return [];
      const { relation, object, newschema: schema = "", objectType } = node.AlterObjectSchemaStmt;
      const on = objectName(relation, object);
      if (on === undefined || isViewMade(on, after)) return [];
      const isTable = objectType === "OBJECT_TABLE";
      return [
        {
          on,
          what: `statements of the release that runs fail where they name ${show(on)}, unless ${plain(schema)} is in their search path`,
          locks: isTable ? [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" }] : [],
          recipe: isTable
            ? [
                `${text};`,
                `CREATE VIEW ${show(on)} AS SELECT * FROM ${show({ schema, name: on.name })}; -- until no release asks for it`,
              ]
            : ["-- after a release that finds it in both:", `${text};`],
        },
      ];
    },
  },
  {
    name: "drop-not-null",
    nodes: ["AlterTableStmt"],
    level: "warning",
    weight: "never",
    title: "`DROP NOT NULL`",
    elsewhere: { squawk: "ban-drop-not-null" },
    example: { setup: table, sql: "ALTER TABLE orders ALTER COLUMN note DROP NOT NULL;" },
    find: (statement) =>
      alterationsIn(statement).flatMap(({ command, table: on, offset, text }): readonly Match[] =>
        command.subtype !== "AT_DropNotNull"
          ? []
          : [
              {
                on,
                offset,
                what: `the release that runs may meet a null in ${show(on)}.${plain(command.name ?? "")}, which it has never seen`,
                locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" }],
                recipe: ["-- after a release that expects nulls:", alter(on, text)],
              },
            ],
      ),
  },
  {
    name: "drop-default",
    nodes: ["AlterTableStmt"],
    level: "note",
    weight: "never",
    title: "`DROP DEFAULT`",
    elsewhere: { squawk: "ban-drop-default" },
    example: { setup: table, sql: "ALTER TABLE orders ALTER COLUMN note DROP DEFAULT;" },
    find: (statement) =>
      alterationsIn(statement).flatMap(({ command, table: on, offset, text }): readonly Match[] =>
        command.subtype !== "AT_ColumnDefault" || command.def !== undefined
          ? []
          : [
              {
                on,
                offset,
                what: `INSERTs of the release that runs which leave out ${plain(command.name ?? "")} write a null, or fail`,
                locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" }],
                recipe: ["-- after a release that always gives a value:", alter(on, text)],
              },
            ],
      ),
  },
  {
    name: "revoke",
    nodes: ["GrantStmt", "GrantRoleStmt"],
    level: "warning",
    weight: "never",
    title: "`REVOKE`",
    elsewhere: { squawk: "ban-revoke" },
    example: { setup: table, sql: "REVOKE SELECT ON orders FROM PUBLIC;" },
    find({ node, text }, { history }) {
      const isTaking =
        ("GrantStmt" in node && node.GrantStmt.is_grant !== true) ||
        ("GrantRoleStmt" in node && node.GrantRoleStmt.is_grant !== true);
      if (!isTaking) return [];
      const tables = ("GrantStmt" in node ? (node.GrantStmt.objects ?? []) : []).flatMap((one) =>
        "RangeVar" in one ? [nameOf(one.RangeVar)] : [],
      );
      // Only of what the chain makes: nobody had it.
      if (tables.length > 0 && tables.every(history.isNew)) return [];
      return [
        {
          what: "statements of the release that runs fail where they need the privilege",
          locks: [],
          recipe: ["-- after a release that does without, and best as `grants` in .poststack.yml:", `${text};`],
        },
      ];
    },
  },
];

const renamed = new Set<string>([
  "OBJECT_VIEW",
  "OBJECT_MATVIEW",
  "OBJECT_FUNCTION",
  "OBJECT_PROCEDURE",
  "OBJECT_ROUTINE",
  "OBJECT_TYPE",
  "OBJECT_DOMAIN",
  "OBJECT_SEQUENCE",
  "OBJECT_SCHEMA",
  "OBJECT_ATTRIBUTE",
]);
