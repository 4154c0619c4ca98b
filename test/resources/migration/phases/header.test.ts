import { describe, expect, test } from "vitest";
import {
  batchHeader,
  phaseHeader,
  type BatchHeader,
} from "../../../../controller/resources/migration/phases/header.ts";
import {
  orderInVersion,
  phaseInName,
  wholeOrder,
  withoutPhase,
} from "../../../../controller/resources/migration/phases/names.ts";
import { compareOrders, orderOf } from "../../../../controller/resources/migration/version.ts";

test.each([
  ["phase expand", "expand"],
  ["phase backfill", "backfill"],
  ["phase  contract", "contract"],
  ["phase", undefined],
  ["phase shrink", undefined],
  ["phase contract now", undefined],
  ["contract", undefined],
])("`-- poststack: %s` is phase %s", (value, phase) => {
  expect(phaseHeader(value)).toBe(phase);
});

test.each<[string, BatchHeader | undefined]>([
  ["batch 1000", { size: 1_000 }],
  ["rate 5000/s", { rate: 5_000 }],
  ["key id", { key: ["id"] }],
  ["batch 1000 rate 5000/s key users.id", { size: 1_000, rate: 5_000, key: ["users", "id"] }],
  ["key App.Users.ID, batch 5", { size: 5, key: ["app", "users", "id"] }],
  ['key "App"."User ""s"""."Id"', { key: ["App", 'User "s"', "Id"] }],
  ["key größe", { key: ["größe"] }],
  ["batch 0", undefined],
  ["rate 0/s", undefined],
  ["batch many", undefined],
  ["batch 1000000000", undefined],
  ["rate 5000", undefined],
  ["key a.b.c.d", undefined],
  ["key id; drop table users", undefined],
  ["key 1id", undefined],
  ["batch 10 please", undefined],
  ["", undefined],
])("`-- poststack: %s`", (value, header) => {
  expect(batchHeader(value)).toEqual(header);
});

describe("three files of one version", () => {
  test.each([
    ["012_full_name.expand", "expand"],
    ["012_full_name.backfill", "backfill"],
    ["012_full_name.contract", "contract"],
    ["012_expand", undefined],
    ["012_full_name.expanded", undefined],
  ])("%s is of phase %s", (name, phase) => {
    expect(phaseInName(name)).toBe(phase);
    expect(withoutPhase(name)).toBe(phase === undefined ? name : "012_full_name");
  });

  test.each(["012", "20260527120000", "2026-05-27-120000-0001", "1.10", "0"])(
    "%s: they come one after the other, behind their version and before every other",
    (version) => {
      const order = orderOf(version);
      const phases = (["expand", "backfill", "contract"] as const).map((phase) => orderInVersion(order, phase));
      const next = ["1.10.0.1", "1.11", "13", "20260527120001", "2026-05-27-120000-0002", "12.0.1", "12.1"]
        .map(orderOf)
        .filter((other) => compareOrders(other, order) > 0);
      const all = [...phases, ...next.sort(compareOrders)];
      expect([...all].sort(compareOrders)).toEqual(all);
      expect(phases[0]).toBe(order);
      expect(phases.map(wholeOrder)).toEqual([order, order, order]);
      // As the ledger's numeric column gives it back.
      for (const one of phases) expect(one).toMatch(/^\d+(?:\.\d+)?$/);
    },
  );
});
