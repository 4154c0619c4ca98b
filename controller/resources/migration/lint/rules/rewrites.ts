import { later, noTransaction } from "../clauses.ts";
import { lockModes } from "../../../../core/table-lock.ts";
import type { Match, Rule } from "../rule.ts";
import { plain, show } from "../names.ts";
import { alterationsIn } from "../statement.ts";
import { constraintsIn, hasOption, isUnchecked, nameOf, qualifiedName, stringsIn } from "../tree.ts";

const table = "CREATE TABLE orders (id bigint PRIMARY KEY, placed date);";

/** Commands that write a table anew, whatever is in it (manual: ALTER TABLE). */
const rewriting: Readonly<Record<string, string>> = {
  AT_SetLogged: "to be logged",
  AT_SetUnLogged: "to be unlogged",
  AT_SetTableSpace: "in the other tablespace",
  AT_SetAccessMethod: "with the other access method",
  AT_SetExpression: "to compute the column anew",
};

/** Work on whole tables. */
export const rewriteRules: readonly Rule[] = [
  {
    name: "table-rewrite",
    nodes: ["ClusterStmt", "VacuumStmt", "AlterTableStmt", "AlterTableMoveAllStmt"],
    level: "error",
    weight: "size",
    title:
      "`VACUUM FULL`, `CLUSTER`, `SET LOGGED`, `SET UNLOGGED`, `SET TABLESPACE`, `SET ACCESS METHOD`, `SET EXPRESSION`",
    elsewhere: { squawk: "prefer-repack, ban-alter-generated-expression" },
    example: { setup: table, sql: "CLUSTER orders USING orders_pkey;" },
    find(statement) {
      const { node } = statement;
      const repack = ["-- pg_repack, an extension, does it while reads and writes go on"];
      const whole = (
        relation: Parameters<typeof nameOf>[0] | undefined,
        recipe: readonly string[],
      ): readonly Match[] => {
        if (relation === undefined) return [];
        const on = nameOf(relation);
        const what = `nobody reads or writes ${show(on)} while it is written anew`;
        return [{ on, what, locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "rewrite" }], recipe }];
      };
      if ("ClusterStmt" in node) return whole(node.ClusterStmt.relation, repack);
      if ("VacuumStmt" in node && hasOption(node.VacuumStmt.options, "full")) {
        return (node.VacuumStmt.rels ?? []).flatMap((one) => {
          const relation = "VacuumRelation" in one ? one.VacuumRelation.relation : undefined;
          const on = relation === undefined ? "" : show(nameOf(relation));
          return whole(relation, ["-- makes room for new rows, and blocks nobody:", noTransaction, `VACUUM ${on};`]);
        });
      }
      if ("AlterTableMoveAllStmt" in node) {
        const { orig_tablespacename: from = "", objtype } = node.AlterTableMoveAllStmt;
        const all = objtype === "OBJECT_INDEX" ? "index" : objtype === "OBJECT_MATVIEW" ? "materialized view" : "table";
        const what = `every ${all} of tablespace ${plain(from)} is written anew, one after the other, and those that are done stay locked until the last one is`;
        // Which these are, only the catalog knows.
        return [{ what, locks: [], recipe: [...repack, "-- or name them, one in each migration"] }];
      }
      return alterationsIn(statement).flatMap(({ command: { subtype = "" }, table: on, offset }): readonly Match[] => {
        const why = rewriting[subtype];
        if (why === undefined) return [];
        return [
          {
            on,
            offset,
            what: `nobody reads or writes ${show(on)} while it is written anew ${why}`,
            locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "rewrite" }],
            recipe:
              subtype === "AT_SetTableSpace"
                ? repack
                : ["-- a new table as it should be, written by a trigger, filled in batches, and swapped by renaming"],
          },
        ];
      });
    },
  },
  {
    name: "refresh-not-concurrent",
    nodes: ["RefreshMatViewStmt"],
    level: "warning",
    weight: "size",
    title: "`REFRESH MATERIALIZED VIEW` without `CONCURRENTLY`",
    elsewhere: {},
    example: {
      setup: `${table}\nCREATE MATERIALIZED VIEW totals AS SELECT placed, count(*) FROM orders GROUP BY placed;`,
      sql: "REFRESH MATERIALIZED VIEW totals;",
    },
    find({ node }) {
      if (!("RefreshMatViewStmt" in node)) return [];
      const { concurrent, skipData, relation } = node.RefreshMatViewStmt;
      if (concurrent === true || skipData === true || relation === undefined) return [];
      const on = nameOf(relation);
      return [
        {
          on,
          what: `nobody reads ${show(on)} while its query runs`,
          locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "rewrite" }],
          recipe: [
            "-- with a unique index on its columns, once:",
            `REFRESH MATERIALIZED VIEW CONCURRENTLY ${show(on)};`,
          ],
        },
      ];
    },
  },
  {
    name: "lock-table",
    nodes: ["LockStmt"],
    level: "warning",
    weight: "never",
    title: "`LOCK TABLE` that keeps others from writing",
    elsewhere: {},
    example: { setup: table, sql: "LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE;" },
    find({ node }) {
      if (!("LockStmt" in node)) return [];
      const mode = lockModes[(node.LockStmt.mode ?? 0) - 1];
      if (mode === undefined || lockModes.indexOf(mode) < lockModes.indexOf("SHARE")) return [];
      return (node.LockStmt.relations ?? []).flatMap((one): readonly Match[] => {
        if (!("RangeVar" in one)) return [];
        const on = nameOf(one.RangeVar);
        return [
          {
            on,
            what: `${show(on)} stays locked until the migration is at its end`,
            locks: [{ mode, on, work: "moment" }],
            recipe: ["-- leave it out: each statement takes the lock that it needs, when it needs it"],
          },
        ];
      });
    },
  },
  {
    name: "domain-constraint",
    nodes: ["AlterDomainStmt"],
    level: "error",
    weight: "never",
    title: "a constraint for a domain that tables use",
    elsewhere: { squawk: "ban-alter-domain-with-add-constraint" },
    example: {
      setup: "CREATE DOMAIN price AS int;\nCREATE TABLE orders (total price);",
      sql: "ALTER DOMAIN price ADD CONSTRAINT positive CHECK (VALUE > 0);",
    },
    find({ node, text }) {
      if (!("AlterDomainStmt" in node)) return [];
      const { subtype, def, typeName } = node.AlterDomainStmt;
      const isAdded = subtype === "C" && def !== undefined && "Constraint" in def && !isUnchecked(def.Constraint);
      if (!isAdded && subtype !== "O") return [];
      const on = qualifiedName(stringsIn(typeName));
      const name = def !== undefined && "Constraint" in def ? def.Constraint.conname : undefined;
      return [
        {
          on,
          what: `every row of every table that has a column of ${show(on)} is read, and none of them can be written meanwhile`,
          // Which tables these are, only the catalog knows.
          locks: [],
          recipe: isAdded
            ? [
                `${text} NOT VALID;`,
                later,
                `ALTER DOMAIN ${show(on)} VALIDATE CONSTRAINT ${name === undefined ? "…" : plain(name)}; -- most servers take the same locks again: in a quiet hour`,
              ]
            : ["-- SET NOT NULL on each column instead, by a validated CHECK (rule set-not-null)"],
        },
      ];
    },
  },
  {
    name: "domain-with-constraint",
    nodes: ["CreateDomainStmt"],
    level: "note",
    weight: "never",
    title: "a new domain with a constraint",
    elsewhere: { squawk: "ban-create-domain-with-constraint" },
    example: { setup: "", sql: "CREATE DOMAIN price AS int CHECK (VALUE > 0);" },
    find({ node }) {
      if (!("CreateDomainStmt" in node)) return [];
      const checks = constraintsIn(node.CreateDomainStmt.constraints).filter(
        ({ contype }) => contype === "CONSTR_CHECK",
      );
      if (checks.length === 0) return [];
      const name = show(qualifiedName(stringsIn(node.CreateDomainStmt.domainname)));
      return [
        {
          what: `another constraint for ${name} will have to read every table that uses it`,
          locks: [],
          recipe: ["-- a CHECK on each table's column can be changed one table at a time, with NOT VALID"],
        },
      ];
    },
  },
];
