import { expect, test } from "vitest";
import { resourceId } from "../../../controller/core/id.ts";
import { describeRehearsed } from "../../../controller/core/rehearsal-words.ts";
import { backOnly } from "../../../controller/engine/rehearsal/back-only.ts";
import type { Copy } from "../../../controller/engine/rehearsal/copy.ts";
import type { Rollback } from "../../../controller/engine/rehearsal/work.ts";

/** One that takes the table of its name away. */
const rollback = (name: string): Rollback => ({
  ...{ kind: "migration", verb: "rollback", id: resourceId("migration", name), dependsOn: [], reason: "", hazards: [] },
  migration: { version: name, order: name, name, checksum: name, state: "applied", hasRollback: true },
});

/** Where `failing` cannot be taken back. */
async function run(names: readonly string[], failing: string) {
  const tables = new Set(["a", "b", "c"]);
  const undone: string[] = [];
  const copy = {
    undo({ migration: { name } }: Rollback) {
      undone.push(name);
      if (name === failing) return Promise.resolve({ code: "MIGRATION_FAILED", what: "no", next: "correct it" });
      tables.delete(name);
      return Promise.resolve(undefined);
    },
    holders: () => Promise.resolve([...tables].map((one) => ({ key: one, identity: `table ${one}`, within: [] }))),
  } as unknown as Copy;
  const { migrations, failure } = await backOnly(names.map(rollback), copy);
  return { undone, told: migrations.map(describeRehearsed), failed: failure?.id };
}

test("each says which tables go, and the first that fails ends it", async () => {
  expect(await run(["c", "b"], "")).toEqual({
    undone: ["c", "b"],
    told: ["can be rolled back; it deletes what is in table c", "can be rolled back; it deletes what is in table b"],
    failed: undefined,
  });
  expect(await run(["c", "b", "a"], "b")).toEqual({
    undone: ["c", "b"],
    told: ["can be rolled back; it deletes what is in table c"],
    failed: "migration:b",
  });
});
