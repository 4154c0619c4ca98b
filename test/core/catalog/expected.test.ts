import { describe, expect, test } from "vitest";
import { expecting } from "../../../controller/core/catalog/expected.ts";
import type { CatalogObject, Identity, ObjectKind } from "../../../controller/core/catalog/model.ts";
import { foreignLedgerPatterns } from "../../../controller/resources/migration/import/ledgers.ts";

type Named = Pick<CatalogObject, "kind" | "identity" | "parent">;

const object = (kind: ObjectKind, name: string, parent?: Identity): Named => ({
  kind,
  identity: kind === "database" ? kind : `${kind} ${name}`,
  ...(parent === undefined ? {} : { parent }),
});

const isExpected = (pattern: string, one: Named): boolean =>
  expecting([{ patterns: [pattern], because: "it is" }])(one) === "it is";

describe("what may differ", () => {
  test.each<[pattern: string, object: Named, boolean]>([
    ["public.cache", object("table", "public.cache"), true],
    ["public.cache", object("table", "public.cache_of"), false],
    ["public.cache*", object("view", "public.cache_of"), true],
    ["*.cache", object("table", '"Two ""Words"".x".cache'), true],
    ['Two "Words".cache', object("table", '"Two ""Words""".cache'), true],
    ["table public.cache", object("table", "public.cache"), true],
    ["view public.cache", object("table", "public.cache"), false],
    ["table public.cache", object("foreign table", "public.cache"), false],
    ["foreign table public.cache", object("foreign table", "public.cache"), true],
    ["table public.cache", object("column", "public.cache.a", "table public.cache"), true],
    ["public.cache", object("constraint", "cache_pkey on public.cache", "table public.cache"), true],
    ["database", object("database", ""), true],
    ["table public.cache", object("database", ""), false],
    ["trigger touch on *", object("trigger", "touch on public.users", "table public.users"), true],
    ["jobs", object("schema", "jobs"), true],
    ["jobs", object("table", "jobs.one"), false],
    ["jobs.*", object("function", "jobs.run(integer, text)"), true],
    // Nothing in a pattern is a regular expression but for the star.
    ["public.a.c", object("table", "public.abc"), false],
    ["public.f(integer)", object("function", "public.f(integer)"), true],
  ])("%s %o: %s", (pattern, one, expected) => {
    expect(isExpected(pattern, one)).toBe(expected);
  });

  test("the first reason is told", () => {
    const reason = expecting([
      { patterns: ["public.a"], because: "one" },
      { patterns: ["public.*"], because: "another" },
    ]);
    expect([
      reason(object("table", "public.a")),
      reason(object("table", "public.b")),
      reason(object("table", "x.b")),
    ]).toEqual(["one", "another", undefined]);
  });
});

describe("the ledger of another tool", () => {
  test.each([
    [{ format: "dbmate" }, ["table *.schema_migrations"]],
    [{ format: "flyway" }, ["table *.flyway_schema_history"]],
    [{ format: "flyway", table: "history" }, ["table *.history"]],
    [{ format: "prisma", table: "ops.history" }, ["table ops.history"]],
    [{ format: "sqitch" }, ["schema sqitch", "sqitch.*"]],
  ] as const)("%o is %o", (takesOver, patterns) => {
    expect(foreignLedgerPatterns(takesOver)).toEqual(patterns);
  });
});
