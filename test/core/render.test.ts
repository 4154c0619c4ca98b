import { expect, test } from "vitest";
import type { AnyAction } from "../../controller/core/action.ts";
import { resourceId } from "../../controller/core/id.ts";
import { renderActions, renderPlan } from "../../controller/core/render.ts";

const action = (verb: string, name: string, more: Partial<AnyAction> = {}): AnyAction => ({
  kind: "role",
  verb,
  id: resourceId("role", name),
  dependsOn: [],
  reason: "because",
  hazards: [],
  ...more,
});

const plan = (actions: readonly AnyAction[]) => ({
  project: "p",
  environment: "dev",
  actions,
  deferred: [],
  fingerprint: "",
});

test("an action is one line: verb, id, reason, hazards", () => {
  expect(renderActions([action("update", "app", { reason: "login false → true", hazards: ["downtime"] })])).toBe(
    "update role:app  login false → true  [downtime]",
  );
});

test("what waits tells what it will do, as what comes now does", () => {
  const statement = { statement: "drop table t", place: { file: "002.sql", line: 1, column: 1 }, relations: [] };
  const id = resourceId("migration", "002");
  const held = [{ id, reason: "web runs", hazards: ["drop"] as const, notes: ["warning x"], statements: [statement] }];
  const rehearsal = {
    ...({ on: "server", from: "schema", uncovered: [] } as const),
    migrations: [{ id, rollback: "missing", differences: [], loses: [] } as const],
  };
  const text = renderPlan({ ...plan([]), held, rehearsal });
  expect(text.split("\n").slice(0, 3)).toEqual([
    "  ‖ migration:002  held: web runs  [drop]",
    "      warning x",
    "      rollback missing",
  ]);
  expect(text).toContain("drop table t");
  expect(renderPlan({ ...plan([]), held: [{ id, reason: "web runs", statements: [statement] }] })).toBe(
    "  ‖ migration:002  held: web runs\nNothing to do.",
  );
});

test("a plan shows symbol, id, verb, reason and place in columns, and counts", () => {
  const place = { file: ".poststack.yml", line: 4, column: 3 };
  expect(
    renderPlan(plan([action("create", "app", { place }), action("drop", "reporting", { hazards: ["deletes-data"] })])),
  ).toBe(
    [
      "  + role:app        create  because  .poststack.yml:4:3",
      "  - role:reporting  drop    because  [deletes-data]",
      "",
      "Plan: 1 to create, 1 to take away.",
    ].join("\n"),
  );
});

test("an empty plan says so", () => {
  expect(renderPlan(plan([]))).toBe("Nothing to do.");
});

test("a thousand of a kind are counted, and shown when asked", () => {
  const many = plan(Array.from({ length: 1000 }, (_, index) => action("apply", `m${index}`)));
  expect(renderPlan(many)).toContain("… 989 more of kind role");
  expect(renderPlan(many).split("\n")).toHaveLength(14);
  expect(renderPlan(many, { all: true }).split("\n")).toHaveLength(1002);
});
