import { expect, test } from "vitest";
import type { Hazard } from "../../controller/core/action.ts";
import { resourceId } from "../../controller/core/id.ts";
import type { Plan } from "../../controller/core/plan.ts";
import { buildPlan } from "../../controller/engine/plan.ts";
import { kinds, type Action, type Desired } from "../../controller/resources/index.ts";
import type { ObservedMigrations } from "../../controller/resources/migration/model.ts";

const id = resourceId("migration", "001_x");
const place = { file: "migrations/001_x.sql", line: 1, column: 1 };

const desired = {
  ...{ project: "p", environment: "e", root: "/", secretNames: [], lockName: "l", protected: false },
  scope: new Set(["migration"]),
  resources: {
    ...Object.fromEntries(kinds.map((kind) => [kind, []])),
    migration: [
      {
        ...{
          folder: "migrations",
          rollback: false,
          replay: false,
          repair: false,
          rehearse: false,
          dependsOn: [],
          place,
        },
        files: [
          ...[{ id, version: "001", order: "1", name: "001_x", file: place.file, checksum: "c", transactional: true }],
        ],
      },
    ],
  },
} as unknown as Desired;

/** The plan of a database whose table has so many bytes. */
function planWith(hazards: readonly Hazard[], bytes: number): Plan<Action> {
  const orders = { name: "orders", kind: "table", lock: "ACCESS EXCLUSIVE", blocks: "reads and writes" } as const;
  const relation = { ...orders, work: "rewrite", bytes, indexBytes: 0, rows: -1, indexes: 0, inTheWay: [] } as const;
  const statements = [{ statement: "alter table orders", place, relations: [relation] }];
  const pending: ObservedMigrations["pending"] = new Map([[id, { checksum: "c", hazards, statements }]]);
  const observed: ObservedMigrations = { ledger: "present", rows: [], objects: 0, pending };
  return buildPlan(desired, { observed: { migration: [observed] }, deferred: [] });
}

test("a saved plan is the same when a table has grown, and another one when something is dropped", () => {
  const small = planWith([], 0);
  const large = planWith(["lock", "rewrite"], 5e9);
  expect(small.actions).toMatchObject([{ verb: "apply", hazards: [] }]);
  expect(large.actions).toMatchObject([{ verb: "apply", hazards: ["lock", "rewrite"] }]);
  expect(large.fingerprint).toBe(small.fingerprint);
  expect(planWith(["drop"], 0).fingerprint).not.toBe(small.fingerprint);
});
