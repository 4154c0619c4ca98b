import type { IndexStmt } from "@pgsql/types";
import { chosenName, noTransaction } from "../clauses.ts";
import { plain, show, type Name } from "../names.ts";
import type { PartitionedRecipe, Rule } from "../rule.ts";
import { droppedName, hasOption, nameOf } from "../tree.ts";

const table = "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, code text);";

const identifier = String.raw`(?:"(?:[^"]|"")*"|[\w$.\u0080-\uffff])+`;
const indexWords = new RegExp(
  String.raw`^create\s+(unique\s+)?index\s+(?:if\s+not\s+exists\s+)?(?:(?!on\b)${identifier}\s+)?on\s+${identifier}\s*(?:\*\s*)?([\s\S]*)$`,
  "iu",
);

/**
 * CONCURRENTLY does not work on a partitioned table: there it is an index without rows, one built for each partition, and
 * each attached; the last makes the first valid (manual: CREATE INDEX).
 */
function onPartitions({ idxname, indexParams = [] }: IndexStmt, text: string, on: Name): PartitionedRecipe | undefined {
  const [, unique, rest] = indexWords.exec(text) ?? [];
  if (rest === undefined) return undefined;
  const create = `CREATE ${unique === undefined ? "" : "UNIQUE "}INDEX`;
  const columns = indexParams.flatMap((one) => ("IndexElem" in one ? [one.IndexElem.name ?? "expr"] : []));
  const name = idxname ?? chosenName(on, columns, "idx");
  const attach = "ALTER INDEX {index above} ATTACH PARTITION {index};";
  return {
    before: [
      noTransaction,
      `-- ${show(on)} is partitioned, and CONCURRENTLY builds for one partition at a time`,
      `${create} ${plain(name)} ON ONLY ${show(on)} ${rest};`,
    ],
    branch: [`${create} {new index} ON ONLY {table} ${rest};`, attach],
    leaf: [`${create} CONCURRENTLY {new index} ON {table} ${rest};`, attach],
    index: on.schema === undefined ? { name } : { schema: on.schema, name },
    suffix: [...columns, "idx"].join("_"),
  };
}

/** Indexes of tables that are in use. */
export const indexRules: readonly Rule[] = [
  {
    name: "index-not-concurrent",
    nodes: ["IndexStmt"],
    level: "error",
    weight: "size",
    title: "`CREATE INDEX` without `CONCURRENTLY`",
    elsewhere: {
      atlas: "PG101",
      squawk: "require-concurrent-index-creation",
      strongMigrations: "adding an index non-concurrently",
    },
    example: { setup: table, sql: "CREATE INDEX orders_by_customer ON orders (customer_id);" },
    find({ node, text }, { history }) {
      // ON ONLY, of a partitioned table: an invalid index without rows, to which those of the partitions are attached.
      if (!("IndexStmt" in node) || node.IndexStmt.concurrent === true) return [];
      const { relation, idxname } = node.IndexStmt;
      if (relation?.inh !== true) return [];
      const on = nameOf(relation);
      // Of a table that the chain makes nobody is told, and nothing is written for it.
      const partitioned = history.isNew(on) ? undefined : onPartitions(node.IndexStmt, text, on);
      return [
        {
          on,
          ...(partitioned === undefined ? {} : { partitioned }),
          what: `building ${idxname === undefined ? "an index" : `index ${plain(idxname)}`} on ${show(on)} makes every INSERT, UPDATE and DELETE wait until it is built`,
          locks: [{ mode: "SHARE", on, work: "build" }],
          recipe: [noTransaction, `${text.replace(/\bindex\b/i, "INDEX CONCURRENTLY")};`],
        },
      ];
    },
  },
  {
    name: "drop-index-not-concurrent",
    nodes: ["DropStmt"],
    level: "warning",
    weight: "size",
    title: "`DROP INDEX` without `CONCURRENTLY`",
    elsewhere: { atlas: "PG102", squawk: "require-concurrent-index-deletion" },
    example: {
      setup: `${table}\nCREATE INDEX orders_by_customer ON orders (customer_id);`,
      sql: "DROP INDEX orders_by_customer;",
    },
    find({ node, text }) {
      if (!("DropStmt" in node) || node.DropStmt.removeType !== "OBJECT_INDEX") return [];
      const { concurrent, objects = [] } = node.DropStmt;
      if (concurrent === true) return [];
      const ifExists = /\bif\s+exists\b/i.test(text) ? "IF EXISTS " : "";
      // CONCURRENTLY takes one index (manual: DROP INDEX).
      return objects.map(droppedName).map((on) => ({
        on,
        what: `dropping ${show(on)} waits for every query on its table to end, and all later ones wait behind it`,
        locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" }],
        recipe: [noTransaction, `DROP INDEX CONCURRENTLY ${ifExists}${show(on)};`],
        partitioned: {
          before: [
            "-- CONCURRENTLY does not drop an index of a partitioned table (manual: DROP INDEX): at a quiet time",
            `DROP INDEX ${ifExists}${show(on)};`,
          ],
          branch: [],
          leaf: [],
          index: on,
          suffix: "",
        },
      }));
    },
  },
  {
    name: "reindex-not-concurrent",
    nodes: ["ReindexStmt"],
    level: "error",
    weight: "size",
    title: "`REINDEX` without `CONCURRENTLY`",
    elsewhere: { squawk: "require-concurrent-reindex" },
    example: { setup: table, sql: "REINDEX TABLE orders;" },
    find({ node, text }) {
      if (!("ReindexStmt" in node) || hasOption(node.ReindexStmt.params, "concurrently")) return [];
      const { relation, name = "", kind } = node.ReindexStmt;
      // System catalogs cannot be rebuilt concurrently (manual: REINDEX).
      if (kind === "REINDEX_OBJECT_SYSTEM") return [];
      const on = relation === undefined ? undefined : nameOf(relation);
      const isTable = kind === "REINDEX_OBJECT_TABLE";
      return [
        {
          ...(on === undefined ? {} : { on }),
          what: `rebuilding ${isTable ? "the indexes of " : ""}${on === undefined ? plain(name) : show(on)} makes every write wait, and every query that would use an index which is being rebuilt`,
          locks: on === undefined ? [] : [{ mode: isTable ? "SHARE" : "ACCESS EXCLUSIVE", on, work: "build" }],
          recipe: [
            noTransaction,
            `${text.replace(/\b(index|table|schema|database)\b(?!\s*\()/i, (word) => `${word.toUpperCase()} CONCURRENTLY`)};`,
          ],
        },
      ];
    },
  },
  {
    name: "unique-index",
    nodes: ["IndexStmt"],
    level: "note",
    weight: "rows",
    title: "a unique index that fails where two rows are equal",
    elsewhere: { atlas: "MF101, MF102" },
    example: {
      setup: table,
      sql: "CREATE UNIQUE INDEX CONCURRENTLY orders_code ON orders (code);",
      transactional: false,
    },
    find({ node }) {
      if (!("IndexStmt" in node) || node.IndexStmt.unique !== true || node.IndexStmt.relation === undefined) return [];
      const on = nameOf(node.IndexStmt.relation);
      const columns = (node.IndexStmt.indexParams ?? []).flatMap((param) =>
        "IndexElem" in param ? [param.IndexElem.name] : [],
      );
      const names = columns.flatMap((name) => (name === undefined ? [] : [plain(name)])).join(", ");
      const isPlain = columns.every((name) => name !== undefined) && node.IndexStmt.whereClause === undefined;
      return [
        {
          on,
          what: `it fails when two rows of ${show(on)} are equal in ${names === "" ? "what it is on" : names}`,
          locks: [],
          recipe: isPlain
            ? [
                "-- before, this must find nothing:",
                `SELECT ${names}, count(*) FROM ${show(on)} GROUP BY ${names} HAVING count(*) > 1;`,
              ]
            : ["-- look for equal rows before"],
        },
      ];
    },
  },
];
