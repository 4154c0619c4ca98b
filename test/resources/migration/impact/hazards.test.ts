import { expect, test } from "vitest";
import type { Hazard } from "../../../../controller/core/action.ts";
import type { RelationImpact } from "../../../../controller/core/impact.ts";
import { blockedBy, doConflict, lockModes, type LockMode, type Work } from "../../../../controller/core/table-lock.ts";
import { hazardsOf } from "../../../../controller/resources/migration/impact/impact.ts";

const holder = { pid: 1, application: "psql", state: "active", ageS: 1, query: "" };
const on = (lock: LockMode, work: Work, bytes: number, isHeld = false): RelationImpact => ({
  ...{ name: "orders", kind: "table", lock, blocks: blockedBy(lock), work },
  ...{ bytes, indexBytes: 0, rows: -1, indexes: 0, inTheWay: isHeld ? [holder] : [] },
});

const exclusive = "ACCESS EXCLUSIVE";

test.each<[string, readonly RelationImpact[], boolean, readonly Hazard[]]>([
  ["nothing", [], true, []],
  ["a rewrite of a table with rows", [on(exclusive, "rewrite", 8192)], true, ["lock", "rewrite"]],
  ["a rewrite of an empty one", [on(exclusive, "rewrite", 0)], true, []],
  ["a moment", [on(exclusive, "moment", 8192)], true, []],
  ["a moment that somebody is in the way of", [on(exclusive, "moment", 8192, true)], true, ["lock"]],
  ["a scan that keeps others from writing", [on("SHARE ROW EXCLUSIVE", "scan", 8192)], true, ["lock"]],
  ["a scan that keeps nobody", [on("SHARE UPDATE EXCLUSIVE", "scan", 8192)], true, []],
  [
    "a lock that is held while something else takes long",
    [on(exclusive, "moment", 1), on("ROW EXCLUSIVE", "query", 1)],
    true,
    ["lock"],
  ],
  [
    "the same, where each statement is by itself",
    [on(exclusive, "moment", 1), on("ROW EXCLUSIVE", "query", 1)],
    false,
    [],
  ],
  ["the long one first", [on("ROW EXCLUSIVE", "query", 1), on(exclusive, "moment", 1)], true, []],
])("%s", (_name, relations, isTransaction, expected) => {
  const place = { file: "1.sql", line: 1, column: 1 };
  const statements = relations.map((relation) => ({ statement: "", place, relations: [relation] }));
  expect(hazardsOf(statements, isTransaction)).toEqual(expected);
});

/** Manual: table 13.2, row by row; X: conflict. */
const manual = [".......X", "......XX", "....XXXX", "...XXXXX", "..XX.XXX", "..XXXXXX", ".XXXXXXX", "XXXXXXXX"];

test("locks conflict as the manual's table says", () => {
  const rows = lockModes.map((a) => lockModes.map((b) => (doConflict(a, b) ? "X" : ".")).join(""));
  expect(rows).toEqual(manual);
});
