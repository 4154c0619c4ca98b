import { expect, test } from "vitest";
import {
  noFacts,
  openCatalog,
  type Holder,
  type Relation,
} from "../../../../controller/resources/migration/impact/catalog.ts";
import { impactOf } from "../../../../controller/resources/migration/impact/impact.ts";
import { lintFacts } from "../../../../controller/resources/migration/impact/sizes.ts";
import { newHistory } from "../../../../controller/resources/migration/lint/history.ts";
import { keyOf } from "../../../../controller/resources/migration/lint/names.ts";
import { statementsIn } from "../../../../controller/resources/migration/lint/statement.ts";
import { sqlParser } from "../../../../controller/adapters/sql-parser.ts";

const orders: Relation = {
  ...{ oid: 1, name: { schema: "public", name: "orders" }, kind: "table", bytes: 8192, indexBytes: 8192, rows: 1 },
  ...{ indexes: 1, isLogged: true, isTemporary: false, tablespace: "", accessMethod: "heap", columns: new Map() },
  ...{ checks: [], indexed: [] },
};

/** Who is named of four: a reader, a writer, one that is vacuumed, and one that has done nothing here for an hour. */
const holders: readonly Holder[] = [
  ["reads", "AccessShareLock"],
  ["writes", "RowExclusiveLock"],
  ["vacuum", "ShareUpdateExclusiveLock"],
  ["elsewhere", undefined],
].map(([application = "", mode]) => ({
  ...{ pid: 7, application, state: "active", ageS: 3600, query: "" },
  locks: mode === undefined ? [] : [{ relation: 1, mode }],
}));

test.each<[string, readonly string[]]>([
  ["alter table orders add a int", ["reads", "writes", "vacuum"]],
  ["create index on orders (a)", ["writes", "vacuum"]],
  ["alter table orders validate constraint c", ["vacuum"]],
  ["insert into orders values (1)", []],
  // It waits for whoever writes, and then for every older transaction, also of other tables.
  ["create index concurrently on orders (a)", ["writes", "vacuum", "elsewhere"]],
  ["drop index concurrently orders", ["writes", "vacuum", "elsewhere"]],
  ["reindex table concurrently orders", ["writes", "vacuum", "elsewhere"]],
])("%s waits for %j", async (sql, expected) => {
  const named = new Map([[keyOf(orders.name), orders.oid]]);
  const catalog = openCatalog({ ...noFacts, named, relations: [orders], holders });
  const parsed = await sqlParser.parse(sql);
  const [statement] = parsed === undefined ? [] : statementsIn(parsed);
  if (statement === undefined) throw new Error("no statement");
  const { relations } = impactOf(statement, { file: "1.sql", text: sql }, catalog, newHistory());
  expect(relations[0]?.inTheWay.map(({ application }) => application)).toEqual(expected);
});

test("an index weighs as much as its table, and is told by its name", () => {
  const index: Relation = {
    ...orders,
    oid: 2,
    name: { schema: "public", name: "by_a" },
    kind: "index",
    table: 1,
    bytes: 1,
  };
  const named = new Map([index, orders].map(({ name, oid }) => [keyOf(name), oid]));
  const { tables } = lintFacts(openCatalog({ ...noFacts, named, relations: [orders, index] }));
  expect(tables.get(keyOf(index.name))).toMatchObject({ name: "orders", bytes: 8192, rows: 1, indexes: 1 });
  expect(tables.get(keyOf(orders.name))?.name).toBeUndefined();
});
