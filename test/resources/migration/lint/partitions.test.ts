import { expect, test } from "vitest";
import { judge } from "../../../../controller/resources/migration/lint/judge.ts";
import { plainPolicy } from "../../../../controller/resources/migration/lint/level.ts";
import { keyOf } from "../../../../controller/resources/migration/lint/names.ts";
import { observe } from "../../../../controller/resources/migration/observe.ts";
import { test as databaseTest } from "../../../support/postgres.ts";
import { migrations, pass, wish, world } from "../kit.ts";
import { suspicionsIn } from "./kit.ts";

const of = { schema: "shop", name: "events" };
const partitions = [
  { name: { schema: "shop", name: "events_2020" }, of, isPartitioned: false },
  { name: { schema: "shop", name: "Old" }, of, isPartitioned: false },
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

databaseTest(
  "the recipe, followed, builds a valid index of the very partitions that are there",
  async ({ database }) => {
    await database.createLedger();
    const events = `create schema shop; create table shop.events (at date, kind int) partition by range (at);
    create table shop.events_2020 partition of shop.events for values from ('2020-01-01') to ('2021-01-01');
    create table shop."Old" partition of shop.events for values from (minvalue) to ('2020-01-01') partition by list (kind);
    create table shop.old_1 partition of shop."Old" default;
    insert into shop.events select '2020-05-05'::date - n, n from generate_series(1, 500) n;`;
    const it = world(database, migrations({ "001_events.sql": events }));
    await pass(it);
    it.project.write("migrations/002_index.sql", "create index by_kind on shop.events (kind);");
    const [observed] = await observe([wish(it)], it.ports, database.signal);
    const [suspicions = []] = [...(observed?.pending.values() ?? [])].map((one) => one.suspicions ?? []);
    const known = observed?.tables;
    const [finding] = judge(suspicions, {
      policy: plainPolicy,
      ...(known === undefined ? {} : { facts: known }),
      unknown: "error",
    });
    expect(finding?.recipe.slice(2)).toEqual([
      "CREATE INDEX by_kind ON ONLY shop.events (kind);",
      'CREATE INDEX "Old_kind_idx" ON ONLY shop."Old" (kind);',
      'ALTER INDEX shop.by_kind ATTACH PARTITION shop."Old_kind_idx";',
      "CREATE INDEX CONCURRENTLY old_1_kind_idx ON shop.old_1 (kind);",
      'ALTER INDEX shop."Old_kind_idx" ATTACH PARTITION shop.old_1_kind_idx;',
      "CREATE INDEX CONCURRENTLY events_2020_kind_idx ON shop.events_2020 (kind);",
      "ALTER INDEX shop.by_kind ATTACH PARTITION shop.events_2020_kind_idx;",
    ]);
    const session = await database.server.owner(database.signal);
    for (const line of finding?.recipe.filter((one) => !one.startsWith("--")) ?? []) {
      await session.query(line, [], database.signal);
    }
    const valid = "select indisvalid from pg_index where indexrelid = 'shop.by_kind'::regclass";
    expect(await database.column(valid)).toEqual([true]);
  },
);
