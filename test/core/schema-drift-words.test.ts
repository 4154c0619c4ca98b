import { describe, expect, test } from "vitest";
import { plain, renderPlan } from "../../controller/core/render.ts";
import { driftLines, driftParagraph, summariseDrift } from "../../controller/core/schema-drift-words.ts";
import type { DriftedObject, SchemaDrift } from "../../controller/core/schema-drift.ts";

const table = (name: string, told: Partial<DriftedObject> = {}): DriftedObject => ({
  ...{ change: "added", kind: "table", identity: `table public.${name}`, fields: [] },
  ...{ adopt: [`create table public.${name} (\n  id integer\n)`], undo: [`drop table public.${name}`] },
  ...told,
});

const drift = (told: Partial<SchemaDrift>): SchemaDrift => ({ migrations: 3, differences: [], expected: [], ...told });

describe("drift in words", () => {
  test("by itself an object has its statements whole", () => {
    expect(driftParagraph(table("t", { undo: null }), plain)).toBe(
      "added table public.t\n  adopt  create table public.t (\n           id integer\n         );\n  undo   (no statement can)",
    );
  });

  test("in a plan each statement is a line, long ones are cut, and a long list is counted", () => {
    const long = table("long", { adopt: [`create table public.long (${"x ".repeat(200)})`] });
    const lines = driftLines(drift({ differences: [table("t"), long] }), "dev", { paint: plain, all: false });
    expect(lines.slice(0, 3)).toEqual([
      "  ≠ added table public.t",
      "      adopt  create table public.t ( id integer );",
      "      undo   drop table public.t;",
    ]);
    expect(lines[4]).toMatch(/^ {6}adopt {2}create table public\.long .*…$/);
    expect(lines[4]).toHaveLength("      adopt  ".length + 160);
    const many = drift({ differences: Array.from({ length: 20 }, (_, index) => table(`t${index}`)) });
    expect(driftLines(many, "dev", { paint: plain, all: false }).join("\n")).toContain("… 8 more that differ");
    expect(driftLines(many, "dev", { paint: plain, all: true }).join("\n")).not.toContain("more that differ");
  });

  test.each<[string, Partial<SchemaDrift>]>([
    ["No drift: the schema of dev is what its 3 migrations make.", {}],
    ["1 object differs from what the 3 migrations of dev make.", { differences: [table("t")] }],
    [
      "No drift: the schema of dev is what its 3 migrations make. Left out: 2 objects (the ledger of sqitch). Left out: 1 object (policy.drift.ignore).",
      {
        expected: [
          { identity: "schema sqitch", because: "the ledger of sqitch" },
          { identity: "table public.cache", because: "policy.drift.ignore" },
          { identity: "table sqitch.changes", because: "the ledger of sqitch" },
        ],
      },
    ],
    ["Drift of dev is not known: 004 began and did not finish.", { unknown: "004 began and did not finish" }],
  ])("%s", (words, told) => {
    expect(summariseDrift(drift(told), "dev")).toBe(words);
  });

  test("a plan with nothing to do still tells it", () => {
    const plan = { project: "p", environment: "dev", actions: [], deferred: [], fingerprint: "" };
    expect(renderPlan({ ...plan, drift: drift({}) })).toBe(
      "No drift: the schema of dev is what its 3 migrations make.\nNothing to do.",
    );
  });
});
