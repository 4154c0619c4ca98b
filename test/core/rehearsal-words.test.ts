import { describe, expect, test } from "vitest";
import { resourceId } from "../../controller/core/id.ts";
import { describeRehearsed, styleOfRehearsed, summariseRehearsal } from "../../controller/core/rehearsal-words.ts";
import type { RehearsedMigration, Rehearsal } from "../../controller/core/rehearsal.ts";
import { renderPlan } from "../../controller/core/render.ts";

const rehearsed = (told: Partial<RehearsedMigration>): RehearsedMigration => ({
  ...{ id: resourceId("migration", "001_a"), differences: [], loses: [] },
  ...told,
});

describe("a migration's rehearsal in words", () => {
  test.each<[string, string, Partial<RehearsedMigration>]>([
    ["rollback exact", "dim", { rollback: "exact" }],
    ["rollback missing", "dim", { rollback: "missing" }],
    ["rollback empty: nothing is taken back", "change", { rollback: "empty" }],
    [
      "rollback inexact, after it: added index i; removed table t",
      "change",
      { rollback: "inexact", differences: ["added index i", "removed table t"] },
    ],
    [
      "rollback inexact, after it: a; b; c; and 2 more",
      "change",
      { rollback: "inexact", differences: ["a", "b", "c", "d", "e"] },
    ],
    [
      "rollback exact; it deletes what is in table t; column u.x",
      "dim",
      { rollback: "exact", loses: ["table t", "column u.x"] },
    ],
    [
      "rollback fails: 001_a: no such table (migrations/001_a.rollback.sql:3:1)",
      "remove",
      {
        rollback: "fails",
        error: {
          ...{ code: "MIGRATION_FAILED", what: "001_a: no such table", next: "correct it" },
          where: { file: "migrations/001_a.rollback.sql", line: 3, column: 1 },
        },
      },
    ],
    [
      'rollback inexact, after it: added table "a b c"',
      "change",
      { rollback: "inexact", differences: ['added table "a\nb\u001B c"'] },
    ],
  ])("%s", (words, style, told) => {
    expect(describeRehearsed(rehearsed(told))).toBe(words);
    expect(styleOfRehearsed(rehearsed(told))).toBe(style);
  });
});

describe("a rehearsal in words", () => {
  const migrations = [rehearsed({ rollback: "exact" }), rehearsed({ rollback: "missing" }), rehearsed({})];
  test.each<[string, Rehearsal]>([
    [
      "Rehearsed in a copy of the schema, without its data, on the environment's server, where it is gone again. Rollbacks: 1 exact, 1 missing.",
      { on: "server", from: "schema", uncovered: [], migrations },
    ],
    [
      "Rehearsed in a copy of the schema, with a sample of 12 rows, on the environment's server, where it is gone again.",
      { on: "server", from: "schema", rows: 12, uncovered: [], migrations: [] },
    ],
    [
      "Rehearsed in an empty database, on a temporary server, which is gone again (it is down). Not copied: language x.",
      { on: "temporary-server", because: "it is down", from: "nothing", uncovered: ["language x"], migrations: [] },
    ],
    [
      "Rehearsed in an empty database, on a temporary server (container of postgis/postgis:17-3.5), which is gone again (it is down).",
      {
        on: "temporary-server",
        because: "it is down",
        image: "postgis/postgis:17-3.5",
        from: "nothing",
        uncovered: [],
        migrations: [],
      },
    ],
  ])("%s", (words, rehearsal) => {
    expect(summariseRehearsal(rehearsal)).toBe(words);
  });
});

test("in a plan it stands under its migration, or by itself where the plan does not know the migration yet", () => {
  const facts = { kind: "migration", verb: "apply", reason: "not applied yet", hazards: [], dependsOn: [] } as const;
  const { id } = rehearsed({});
  const rehearsal: Rehearsal = {
    on: "server",
    from: "schema",
    uncovered: [],
    migrations: [rehearsed({ rollback: "exact" })],
  };
  const plan = { project: "p", environment: "e", deferred: [], fingerprint: "", rehearsal };
  expect(
    renderPlan({ ...plan, actions: [{ ...facts, id }] })
      .split("\n")
      .slice(0, 3),
  ).toEqual(["  ▸ migration:001_a  apply  not applied yet", "      rollback exact", ""]);
  const later = { id: resourceId("migration", "all"), reason: "the server is down" };
  expect(
    renderPlan({ ...plan, actions: [], deferred: [later] })
      .split("\n")
      .slice(0, 3),
  ).toEqual(["  … migration:all  deferred: the server is down", "    migration:001_a  rollback exact", ""]);
});
