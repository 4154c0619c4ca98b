import { describe, expect, test } from "vitest";
import type { AnyAction } from "../../controller/core/action.ts";
import { resourceId } from "../../controller/core/id.ts";
import { describeStatement } from "../../controller/core/impact-words.ts";
import type { RelationImpact, StatementImpact } from "../../controller/core/impact.ts";
import { renderPlan } from "../../controller/core/render.ts";

const relation = (told: Partial<RelationImpact>): RelationImpact => ({
  ...{ name: "orders", kind: "table", lock: "ACCESS EXCLUSIVE", blocks: "reads and writes", work: "moment" },
  ...{ bytes: 0, indexBytes: 0, rows: -1, indexes: 0, inTheWay: [] },
  ...told,
});

const statement = (relations: readonly RelationImpact[], text = "alter table orders …"): StatementImpact => ({
  statement: text,
  place: { file: "migrations/002.sql", line: 3, column: 1 },
  relations,
});

const session = { pid: 812, application: "psql", state: "idle in transaction", ageS: 40, query: "update orders" };

describe("what a statement does, in words", () => {
  test.each<[string, RelationImpact]>([
    [
      "ACCESS EXCLUSIVE on orders (1.5 GiB in about 3000000 rows, 4 indexes) while the table and its indexes are written anew: reads and writes wait",
      relation({ work: "rewrite", bytes: 1.5 * 1024 ** 3, rows: 3_000_000, indexes: 4 }),
    ],
    [
      "SHARE on orders (8.0 KiB, 1 index) while the index is built: writes wait, reads go on",
      relation({ lock: "SHARE", blocks: "writes", work: "build", bytes: 8192, indexes: 1 }),
    ],
    ["ACCESS EXCLUSIVE on orders (empty) for a moment: reads and writes wait", relation({})],
    [
      "ACCESS SHARE on recent (view) while its query runs: reads and writes go on",
      relation({ name: "recent", kind: "view", lock: "ACCESS SHARE", blocks: "nothing", work: "query" }),
    ],
    ['ACCESS EXCLUSIVE on "a b" (empty) for a moment: reads and writes wait', relation({ name: '"a\n\u001Bb"' })],
  ])("%s", (words, told) => {
    expect(describeStatement(statement([told]))).toEqual(["3: alter table orders …", `  ${words}`]);
  });

  test("who is in the way stands below, the first three of them", () => {
    const inTheWay = [1, 2, 3, 4, 5].map((pid) => ({ ...session, pid }));
    expect(describeStatement(statement([relation({ inTheWay })])).slice(2)).toEqual([
      ...[1, 2, 3].map((pid) => `    in the way: psql (pid ${pid}, idle in transaction for 40 s): update orders`),
      "    and 2 sessions more",
    ]);
    const { pid: _pid, ...prepared } = {
      ...session,
      application: "a prepared transaction",
      state: "prepared",
      query: "",
    };
    expect(describeStatement(statement([relation({ inTheWay: [prepared] })])).at(-1)).toBe(
      "    in the way: a prepared transaction (prepared for 40 s)",
    );
  });

  test("partitions are counted after the third", () => {
    const parts = Array.from({ length: 30 }, (_, index) => relation({ name: `part_${index}` }));
    expect(describeStatement(statement(parts))).toHaveLength(5);
    expect(describeStatement(statement(parts)).at(-1)).toBe("  and 27 relations more");
  });

  test("a long statement is cut", () => {
    expect(describeStatement(statement([], "x".repeat(300)))).toEqual([`3: ${"x".repeat(100)}…`]);
  });
});

describe("in a plan", () => {
  const planOf = (told: Partial<AnyAction>) => {
    const id = resourceId("migration", "002");
    const action = { kind: "migration", verb: "apply", id, dependsOn: [], reason: "r", hazards: [], ...told } as const;
    return { project: "p", environment: "e", actions: [action], deferred: [], fingerprint: "" };
  };
  const statements = Array.from({ length: 14 }, (_, index) => statement([], `statement ${index}`));

  test("statements are folded where nothing is at stake, and shown with -v", () => {
    expect(renderPlan(planOf({ statements }))).not.toContain("statement");
    expect(renderPlan(planOf({ statements }), { all: true })).toContain("\n      3: statement 13");
  });

  test("with a hazard they stand below, the first twelve", () => {
    const text = renderPlan(planOf({ statements, hazards: ["lock"] }));
    expect(text).toContain("\n      3: statement 0\n");
    expect(text).toContain("statement 11\n      … 2 statements more (-v shows all)");
    expect(text).not.toContain("statement 12");
  });
});
