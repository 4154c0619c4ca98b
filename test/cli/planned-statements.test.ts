import { expect, test } from "vitest";
import { planToJson } from "../../controller/cli/plan-json.ts";
import { renderMarkdown } from "../../controller/cli/render/markdown.ts";
import { resourceId } from "../../controller/core/id.ts";
import type { StatementImpact } from "../../controller/core/impact.ts";
import type { Plan } from "../../controller/core/plan.ts";
import type { Action } from "../../controller/resources/index.ts";
import { misfits } from "../support/schemas.ts";

const place = { file: "migrations/002_x.sql", line: 1, column: 1 };

const impact = (statement: string): StatementImpact => ({
  statement,
  place,
  relations: [
    {
      ...{ name: "orders", kind: "table", lock: "ACCESS EXCLUSIVE", blocks: "reads and writes", work: "rewrite" },
      ...{ bytes: 16384, indexBytes: 8192, rows: 9, indexes: 1 },
      inTheWay: [{ pid: 4, application: "<b>", state: "active", ageS: 3, query: "select `*`" }],
    },
  ],
});

function planOf(statements: readonly StatementImpact[]): Plan<Action> {
  const migration = { version: "002", order: "2", name: "002_x", file: place.file, checksum: "c", transactional: true };
  const id = resourceId("migration", "002_x");
  const action: Action = {
    ...{ kind: "migration", verb: "apply", id, dependsOn: [], reason: "not applied yet", hazards: ["lock"], place },
    ...{ migration: { id, ...migration }, durable: true, statements },
  };
  return { project: "p", environment: "dev", actions: [action], deferred: [], fingerprint: "0".repeat(64) };
}

test("in a pull request the statements of a migration can be unfolded, and none of them is markup", () => {
  const text = renderMarkdown(planOf([impact("alter table orders\n alter a type `int`"), impact("</details>")]));
  expect(text.split("<details><summary>All 1 lines</summary>")[1]).toBe(
    [
      "",
      "",
      "- `▸` apply `migration:002_x`: not applied yet **[lock]** (`migrations/002_x.sql:1:1`)",
      "",
      "  <details><summary>2 statements</summary>",
      "",
      "  - `` 1: alter table orders alter a type `int` ``",
      "    - ACCESS EXCLUSIVE on orders (16.0 KiB in about 9 rows, 1 index) while the table and its indexes are written anew: reads and writes wait",
      "    - in the way: &#60;b&#62; (pid 4, active for 3 s): select &#96;&#42;&#96;",
      "  - `1: </details>`",
      "    - ACCESS EXCLUSIVE on orders (16.0 KiB in about 9 rows, 1 index) while the table and its indexes are written anew: reads and writes wait",
      "    - in the way: &#60;b&#62; (pid 4, active for 3 s): select &#96;&#42;&#96;",
      "",
      "  </details>",
      "",
      "</details>",
      "",
      "<sub>Fingerprint `0000000000000000`</sub>",
    ].join("\n"),
  );
});

test("a comment holds as many of them as it has room for, and counts the rest", () => {
  const text = renderMarkdown(planOf(Array.from({ length: 250 }, (_, index) => impact(`select ${index}`))));
  const [, rest] = /- … and (\d+) more\n/.exec(text) ?? [];
  expect(text).toContain(`- \`1: select ${249 - Number(rest)}\``);
  expect(text).not.toContain(`\`1: select ${250 - Number(rest)}\``);
  expect(text.length).toBeLessThan(32_000);
});

test("JSON has all of them, as its schema says", () => {
  const statements = Array.from({ length: 250 }, (_, index) => impact(`select ${index}`));
  const json = planToJson(planOf(statements));
  expect(misfits("plan", json)).toEqual([]);
  expect(json).toMatchObject({ actions: [{ statements }] });
});
