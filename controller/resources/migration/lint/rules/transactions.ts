import type { Node } from "@pgsql/types";
import { inBatches, noTransaction } from "../clauses.ts";
import { alterationsIn, type Statement } from "../statement.ts";
import type { Match, Rule } from "../rule.ts";
import { show, type Name } from "../names.ts";
import { isZero, setters, settingsIn } from "../settings.ts";
import { hasOption, nameOf } from "../tree.ts";

const table = "CREATE TABLE orders (id bigint PRIMARY KEY, state text);";

/** What Postgres refuses to do inside of a transaction (PreventInTransactionBlock in its sources). */
function refusedInside(statement: Statement): string | undefined {
  const { node } = statement;
  if ("IndexStmt" in node && node.IndexStmt.concurrent === true) return "CREATE INDEX CONCURRENTLY";
  if ("DropStmt" in node && node.DropStmt.concurrent === true) return "DROP INDEX CONCURRENTLY";
  if ("ReindexStmt" in node) {
    const { params, kind } = node.ReindexStmt;
    if (hasOption(params, "concurrently")) return "REINDEX CONCURRENTLY";
    const isMany = kind !== "REINDEX_OBJECT_INDEX" && kind !== "REINDEX_OBJECT_TABLE";
    return isMany ? "REINDEX of more than one table" : undefined;
  }
  if ("VacuumStmt" in node && node.VacuumStmt.is_vacuumcmd === true) return "VACUUM";
  if ("ClusterStmt" in node && node.ClusterStmt.relation === undefined) return "CLUSTER of all tables";
  if ("AlterSystemStmt" in node) return "ALTER SYSTEM";
  if ("CreatedbStmt" in node) return "CREATE DATABASE";
  if ("DropdbStmt" in node) return "DROP DATABASE";
  if ("CreateTableSpaceStmt" in node) return "CREATE TABLESPACE";
  if ("DropTableSpaceStmt" in node) return "DROP TABLESPACE";
  const isDetaching = alterationsIn(statement).some(
    ({ command: { def } }) => def !== undefined && "PartitionCmd" in def && def.PartitionCmd.concurrent === true,
  );
  return isDetaching ? "DETACH PARTITION CONCURRENTLY" : undefined;
}

const refusable = [
  "IndexStmt",
  "DropStmt",
  "ReindexStmt",
  "VacuumStmt",
  "ClusterStmt",
  "AlterSystemStmt",
  "CreatedbStmt",
  "DropdbStmt",
  "CreateTableSpaceStmt",
  "DropTableSpaceStmt",
  "AlterTableStmt",
] as const;

/** The table whose rows a statement changes: UPDATE, DELETE, MERGE, and INSERT of what a query finds. */
function changedBy({ node }: Statement): Name | undefined {
  if ("UpdateStmt" in node) return node.UpdateStmt.relation && nameOf(node.UpdateStmt.relation);
  if ("DeleteStmt" in node) return node.DeleteStmt.relation && nameOf(node.DeleteStmt.relation);
  if ("MergeStmt" in node) return node.MergeStmt.relation && nameOf(node.MergeStmt.relation);
  if (!("InsertStmt" in node)) return undefined;
  const { relation, selectStmt } = node.InsertStmt;
  const reads =
    selectStmt !== undefined && "SelectStmt" in selectStmt && selectStmt.SelectStmt.fromClause !== undefined;
  return reads && relation !== undefined ? nameOf(relation) : undefined;
}

/** Whether it changes a row for every row of a table: with a list of constants, or a WHERE, it is meant for a few. */
function isWhole({ node }: Statement): boolean {
  if ("UpdateStmt" in node) return node.UpdateStmt.whereClause === undefined;
  if ("DeleteStmt" in node) return node.DeleteStmt.whereClause === undefined;
  if (!("MergeStmt" in node)) return false;
  const { sourceRelation: source, mergeWhenClauses = [] } = node.MergeStmt;
  const changes = mergeWhenClauses.flatMap((one) =>
    "MergeWhenClause" in one && changing.has(one.MergeWhenClause.commandType) ? [one.MergeWhenClause.matchKind] : [],
  );
  if (changes.includes("MERGE_WHEN_NOT_MATCHED_BY_SOURCE")) return true;
  return changes.length > 0 && source !== undefined && isTable(source);
}

const changing = new Set<string | undefined>(["CMD_UPDATE", "CMD_DELETE"]);

/** A table, or a query of all of one. */
function isTable(source: Node): boolean {
  if ("RangeVar" in source) return true;
  const query = "RangeSubselect" in source ? source.RangeSubselect.subquery : undefined;
  if (query === undefined || !("SelectStmt" in query)) return false;
  return query.SelectStmt.fromClause !== undefined && query.SelectStmt.whereClause === undefined;
}

/** How statements of one file get along with its transaction, and with each other. */
export const transactionRules: readonly Rule[] = [
  {
    name: "not-in-transaction",
    nodes: refusable,
    level: "error",
    weight: "never",
    title: "what Postgres refuses inside of a transaction",
    elsewhere: { atlas: "PG103", squawk: "ban-concurrent-index-creation-in-transaction" },
    example: { setup: table, sql: "CREATE INDEX CONCURRENTLY orders_by_state ON orders (state);" },
    find(statement, { transactional }) {
      const what = transactional ? refusedInside(statement) : undefined;
      if (what === undefined) return [];
      return [
        {
          what: `${what} cannot run in a transaction, and this file is one`,
          locks: [],
          recipe: ["-- in a file of its own:", noTransaction, `${statement.text};`],
        },
      ];
    },
  },
  {
    name: "backfill-at-once",
    nodes: ["UpdateStmt", "DeleteStmt", "MergeStmt"],
    level: "warning",
    weight: "size",
    title: "`UPDATE`, `DELETE` or `MERGE` of all rows in one transaction, also in a `WITH`",
    elsewhere: { strongMigrations: "backfilling data" },
    example: { setup: table, sql: "UPDATE orders SET state = 'open';" },
    find(statement) {
      const { node, text, isPart = false } = statement;
      const on = changedBy(statement);
      if (on === undefined || !isWhole(statement)) return [];
      const isDelete = "DeleteStmt" in node;
      const isPlain =
        "UpdateStmt" in node &&
        !isPart &&
        node.UpdateStmt.fromClause === undefined &&
        node.UpdateStmt.withClause === undefined;
      return [
        {
          on,
          what: `every row of ${show(on)}${"MergeStmt" in node ? " that matches" : ""} is locked until the migration is at its end: writes to them wait`,
          locks: [{ mode: "ROW EXCLUSIVE", on, work: "scan" }],
          recipe: isPlain
            ? inBatches(on, text.replace(/\s+returning\b[\s\S]*$/i, ""), "…")
            : inBatches(on, isDelete ? `DELETE FROM ${show(on)}` : `UPDATE ${show(on)} SET …`, isDelete ? "true" : "…"),
        },
      ];
    },
  },
  {
    name: "backfill-under-lock",
    nodes: ["UpdateStmt", "DeleteStmt", "InsertStmt", "MergeStmt"],
    level: "error",
    weight: "size",
    title: "changing rows in the transaction that has altered a table",
    elsewhere: { strongMigrations: "backfilling data" },
    example: {
      setup: table,
      sql: "ALTER TABLE orders ADD COLUMN open boolean;\nUPDATE orders SET open = true WHERE state = 'open';",
    },
    find(statement, { history, transactional }) {
      const locked = transactional && changedBy(statement) !== undefined ? history.lockedHere() : [];
      // Rows of a new table may be changed, too: it is the altered one that others wait for.
      const [on] = locked;
      if (on === undefined) return [];
      const names = locked.map(show).join(", ");
      return [
        {
          on,
          what: `nobody reads or writes ${names} while this runs: the lock of the ALTER TABLE above is kept until the end`,
          locks: locked.map((one) => ({ mode: "ACCESS EXCLUSIVE", on: one, work: "scan" })),
          recipe: ["-- in a migration of its own, after this one:", `${statement.text};`],
        },
      ];
    },
  },
  {
    name: "enum-value-used",
    nodes: "any",
    level: "warning",
    weight: "never",
    title: "using an enum value in the transaction that adds it",
    elsewhere: {},
    example: {
      setup: "CREATE TYPE state AS ENUM ('open');\nCREATE TABLE orders (state state);",
      sql: "ALTER TYPE state ADD VALUE 'done';\nINSERT INTO orders VALUES ('done');",
    },
    // 55P04 unsafe_use_of_new_value_of_enum_type (manual: ALTER TYPE, Notes).
    find(statement, { history, transactional }) {
      if (!transactional) return [];
      return history
        .enumValuesHere()
        .filter(({ value }) => statement.text.includes(`'${value.replaceAll("'", "''")}'`))
        .map(({ type, value }) => ({
          what: `'${value}' can be used once the transaction that adds it to ${show(type)} is committed`,
          locks: [],
          recipe: ["-- in a migration of its own, after this one:", `${statement.text};`],
        }));
    },
  },
  {
    name: "lock-timeout-off",
    nodes: setters,
    level: "warning",
    weight: "never",
    title: "`SET lock_timeout = 0`, or the same by `set_config`",
    elsewhere: { squawk: "require-timeout-settings" },
    example: { setup: "", sql: "SET lock_timeout = 0;" },
    find(statement) {
      if (!settingsIn(statement).some(({ name, value }) => name === "lock_timeout" && isZero(value))) return [];
      return [
        {
          what: "a statement that waits for its lock without end makes everybody queue up behind it",
          locks: [],
          recipe: ["-- leave it out: 5 seconds are set already, and it is tried again"],
        },
      ];
    },
  },
  {
    name: "disable-trigger",
    nodes: ["AlterTableStmt", ...setters],
    level: "warning",
    weight: "never",
    title: "switching off triggers, rules or row security, for everybody or for this session",
    elsewhere: { squawk: "ban-disable-trigger" },
    example: { setup: table, sql: "ALTER TABLE orders DISABLE TRIGGER ALL;" },
    find(statement) {
      const ofTables = alterationsIn(statement).flatMap(
        ({ command: { subtype = "" }, table: on, offset }): readonly Match[] => {
          const off = switchedOff[subtype];
          if (off === undefined) return [];
          return [
            {
              on,
              offset,
              what: `${off.what} of ${show(on)} hold for nobody, also not for what others write meanwhile`,
              locks: [{ mode: off.mode, on, work: "moment" }],
              recipe: askingThemselves,
            },
          ];
        },
      );
      const ofSession = settingsIn(statement).filter(
        ({ name, value }) => name === "session_replication_role" && value.toLowerCase() === "replica",
      );
      return [
        ...ofTables,
        ...ofSession.map(() => ({
          what: "no trigger and no foreign key of any table looks at what this session writes, and nobody looks again later",
          locks: [],
          recipe: askingThemselves,
        })),
      ];
    },
  },
];

const askingThemselves = [
  "-- a trigger that is meant to be quiet now and then asks itself:",
  "-- WHEN (current_setting('app.quiet', true) IS DISTINCT FROM 'on'); and for this transaction alone:",
  "SET LOCAL app.quiet = 'on';",
];

const switchedOff: Readonly<Record<string, { readonly what: string; readonly mode: Match["locks"][number]["mode"] }>> =
  {
    AT_DisableTrig: { what: "triggers", mode: "SHARE ROW EXCLUSIVE" },
    AT_DisableTrigAll: { what: "triggers and foreign keys", mode: "SHARE ROW EXCLUSIVE" },
    AT_DisableTrigUser: { what: "triggers", mode: "SHARE ROW EXCLUSIVE" },
    AT_DisableRule: { what: "rules", mode: "ACCESS EXCLUSIVE" },
    AT_DisableRowSecurity: { what: "policies", mode: "ACCESS EXCLUSIVE" },
    AT_NoForceRowSecurity: { what: "policies for the owner", mode: "ACCESS EXCLUSIVE" },
  };
