import { expect, test } from "vitest";
import { judge } from "../../../../controller/resources/migration/lint/judge.ts";
import { plainPolicy } from "../../../../controller/resources/migration/lint/level.ts";
import { keyOf } from "../../../../controller/resources/migration/lint/names.ts";
import { suspicionsIn } from "./kit.ts";

const partitions = [
  { schema: "shop", name: "events_2020" },
  { schema: "shop", name: "Old" },
];
const table = { bytes: 50e9, rows: 1e9, indexes: 3, partitions };
const facts = {
  tables: new Map([
    [keyOf({ schema: "shop", name: "events" }), table],
    [keyOf({ schema: "shop", name: "by_kind" }), table],
  ]),
};

test.each<[sql: string, recipe: readonly string[]]>([
  [
    "create unique index by_kind on shop.events using btree (kind, lower(code)) where kind > 0",
    [
      "-- poststack: no-transaction",
      "-- shop.events is partitioned, and CONCURRENTLY builds for one partition at a time",
      "CREATE UNIQUE INDEX by_kind ON ONLY shop.events using btree (kind, lower(code)) where kind > 0;",
      "CREATE UNIQUE INDEX CONCURRENTLY events_2020_kind_expr_idx ON shop.events_2020 using btree (kind, lower(code)) where kind > 0;",
      "ALTER INDEX shop.by_kind ATTACH PARTITION shop.events_2020_kind_expr_idx;",
      'CREATE UNIQUE INDEX CONCURRENTLY "Old_kind_expr_idx" ON shop."Old" using btree (kind, lower(code)) where kind > 0;',
      'ALTER INDEX shop.by_kind ATTACH PARTITION shop."Old_kind_expr_idx";',
    ],
  ],
  [
    "create index on shop.events (kind)",
    [
      "-- poststack: no-transaction",
      "-- shop.events is partitioned, and CONCURRENTLY builds for one partition at a time",
      "CREATE INDEX events_kind_idx ON ONLY shop.events (kind);",
      "CREATE INDEX CONCURRENTLY events_2020_kind_idx ON shop.events_2020 (kind);",
      "ALTER INDEX shop.events_kind_idx ATTACH PARTITION shop.events_2020_kind_idx;",
      'CREATE INDEX CONCURRENTLY "Old_kind_idx" ON shop."Old" (kind);',
      'ALTER INDEX shop.events_kind_idx ATTACH PARTITION shop."Old_kind_idx";',
    ],
  ],
  [
    "drop index shop.by_kind",
    [
      "-- CONCURRENTLY does not drop an index of a partitioned table (manual: DROP INDEX): at a quiet time",
      "DROP INDEX shop.by_kind;",
    ],
  ],
])("on a partitioned table: %s", async (sql, recipe) => {
  const [suspicions = []] = await suspicionsIn([sql]);
  const [finding] = judge(suspicions, { policy: plainPolicy, facts, unknown: "error" });
  expect(finding?.recipe).toEqual(recipe);
  // Without facts nobody knows, and the usual recipe stands.
  const [other] = judge(suspicions, { policy: plainPolicy, unknown: "error" });
  expect(other?.recipe.join("\n")).not.toContain("ATTACH");
});
