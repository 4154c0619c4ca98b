import { alter, later, noTransaction } from "../clauses.ts";
import { plain, show } from "../names.ts";
import type { Match, Rule } from "../rule.ts";
import { alterationsIn } from "../statement.ts";
import { nameOf } from "../tree.ts";

const partitioned =
  "CREATE TABLE orders (id bigint, placed date) PARTITION BY RANGE (placed);\nCREATE TABLE orders_2026 (id bigint, placed date);";

/** Partitions that come and go. */
export const partitionRules: readonly Rule[] = [
  {
    name: "create-partition",
    nodes: ["CreateStmt", "CreateForeignTableStmt"],
    level: "warning",
    weight: "never",
    title: "`CREATE TABLE … PARTITION OF`",
    elsewhere: {},
    example: {
      setup: partitioned,
      sql: "CREATE TABLE orders_2027 PARTITION OF orders FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');",
    },
    find({ node, text }) {
      const made = "CreateStmt" in node ? node.CreateStmt : undefined;
      const far = "CreateForeignTableStmt" in node ? node.CreateForeignTableStmt.base : undefined;
      const { relation, inhRelations: [parent] = [], partbound } = made ?? far ?? {};
      if (relation === undefined || partbound === undefined || parent === undefined || !("RangeVar" in parent))
        return [];
      const [on, name] = [nameOf(parent.RangeVar), nameOf(relation)];
      return [
        {
          on,
          what: `it waits for every query on ${show(on)} to end, all later ones wait behind it, and a default partition is read meanwhile`,
          locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" }],
          recipe: [
            // ATTACH lets reads and writes of the whole go on (manual: 5.12.2.2, Partition Maintenance).
            ...(far === undefined
              ? [`CREATE TABLE ${show(name)} (LIKE ${show(on)} INCLUDING ALL)${partitionBy(text)};`]
              : ["-- the foreign table by itself, and then:"]),
            alter(on, `ATTACH PARTITION ${show(name)} ${boundIn(text)}`),
          ],
        },
      ];
    },
  },
  {
    name: "attach-partition",
    nodes: ["AlterTableStmt"],
    level: "warning",
    weight: "size",
    title: "`ATTACH PARTITION`, which reads every row where no `CHECK` proves its bounds",
    elsewhere: {},
    example: {
      setup: partitioned,
      sql: "ALTER TABLE orders ATTACH PARTITION orders_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
    },
    find: (statement) =>
      alterationsIn(statement).flatMap(({ command, table: parent, text }): readonly Match[] => {
        const { subtype, def } = command;
        const cmd =
          subtype === "AT_AttachPartition" && def !== undefined && "PartitionCmd" in def ? def.PartitionCmd : undefined;
        if (cmd?.name === undefined) return [];
        const on = nameOf(cmd.name);
        const name = plain(`${on.name}_bounds`);
        return [
          {
            on,
            what: `every row of ${show(on)} is read, and nobody else can, unless a valid CHECK says that all are within the bounds`,
            locks: [
              { mode: "ACCESS EXCLUSIVE", on, work: "scan" },
              { mode: "SHARE UPDATE EXCLUSIVE", on: parent, work: "scan" },
            ],
            recipe: [
              alter(on, `ADD CONSTRAINT ${name} CHECK (…) NOT VALID`),
              later,
              alter(on, `VALIDATE CONSTRAINT ${name}`),
              alter(parent, text),
              alter(on, `DROP CONSTRAINT ${name}`),
            ],
          },
        ];
      }),
  },
  {
    name: "detach-partition",
    nodes: ["AlterTableStmt"],
    level: "warning",
    weight: "never",
    title: "`DETACH PARTITION` without `CONCURRENTLY`",
    elsewhere: { squawk: "require-concurrent-partition-detach" },
    example: {
      setup: `${partitioned}\nALTER TABLE orders ATTACH PARTITION orders_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');`,
      sql: "ALTER TABLE orders DETACH PARTITION orders_2026;",
    },
    find: (statement) =>
      alterationsIn(statement).flatMap(({ command, table: on, text }): readonly Match[] => {
        const { subtype, def } = command;
        const cmd =
          subtype === "AT_DetachPartition" && def !== undefined && "PartitionCmd" in def ? def.PartitionCmd : undefined;
        if (cmd?.name === undefined || cmd.concurrent === true) return [];
        return [
          {
            on,
            what: `it waits for every query on ${show(on)} and all its partitions to end, and all later ones wait behind it`,
            locks: [
              { mode: "ACCESS EXCLUSIVE", on, work: "moment" },
              { mode: "ACCESS EXCLUSIVE", on: nameOf(cmd.name), work: "moment" },
            ],
            recipe: [noTransaction, alter(on, `${text} CONCURRENTLY`)],
          },
        ];
      }),
  },
];

/** What a statement says of the rows that a partition takes: `FOR VALUES …`, `DEFAULT`. */
const boundIn = (text: string): string =>
  /\bfor\s+values\s+(?:with\s*)?[\s\S]*?(?=\s+(?:partition\s+by|using|with|tablespace|server)\b|$)/i.exec(text)?.[0] ??
  "DEFAULT";

/** Of a partition that has some itself, with the blank before. */
const partitionBy = (text: string): string => {
  const [words] = /\bpartition\s+by\s+\w+\s*\([\s\S]*?\)(?=\s*(?:$|(?:using|with|tablespace)\b))/i.exec(text) ?? [];
  return words === undefined ? "" : ` ${words}`;
};
