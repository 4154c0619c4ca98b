import { expect, test } from "vitest";
import { resourceId } from "../../../controller/core/id.ts";
import type { SchemaDrift } from "../../../controller/core/schema-drift.ts";
import type { EnginePorts } from "../../../controller/engine/converge.ts";
import { withDrift } from "../../../controller/engine/drift/in-plan.ts";
import type { Seen } from "../../../controller/engine/look.ts";
import type { Action } from "../../../controller/resources/index.ts";

const unknown: SchemaDrift = { migrations: 0, differences: [], expected: [], unknown: "001 fails" };
const none: SchemaDrift = { migrations: 1, differences: [], expected: [] };
const identity = "table public.by_hand" as never;
const some: SchemaDrift = {
  ...none,
  differences: [{ change: "added", kind: "table", identity, fields: [], adopt: null, undo: null }],
};

const action = (verb: string): Action => {
  const id = resourceId("migration", "002");
  return { kind: "migration", verb, id, reason: "", hazards: [], dependsOn: [] } as unknown as Action;
};

const seen = (refuses: boolean, state: string): Seen => {
  const migration = [{ drift: { refuses, compare: "always", ignored: [] } }];
  const observed = { migration: [{ rows: [{ state }] }] };
  const desired = { resources: { migration }, scope: new Set(["migration"]) };
  return { desired, observation: { observed } } as unknown as Seen;
};

const unasked = {} as EnginePorts;
const told = "what was changed by hand is not known, and the environment's policy refuses to go on without: 001 fails";

test.each<[string, SchemaDrift, { refuses?: boolean; state?: string; verb?: string }, string]>([
  ["what cannot be told is refused", unknown, {}, `refuse ${told}`],
  ["with a policy of warn it is told only", unknown, { refuses: false }, "apply"],
  ["a rollback goes on", unknown, { verb: "rollback" }, "rollback"],
  ["what runs on every change of its text is refused, too", unknown, { verb: "repeat" }, `refuse ${told}`],
  ["what began is finished: before that nothing can be told", unknown, { state: "started" }, "apply"],
  [
    "what differs is refused",
    some,
    {},
    "refuse 1 object differs from what the migrations make, and the environment's policy refuses that",
  ],
  ["what does not differ goes on", none, {}, "apply"],
])("%s", async (_name, drift, { refuses = true, state = "applied", verb = "apply" }, expected) => {
  const plan = { project: "p", environment: "dev", actions: [action(verb)], deferred: [], fingerprint: "" };
  const known = { drift };
  const { signal } = new AbortController();
  const { actions, ...rest } = await withDrift(plan, seen(refuses, state), unasked, known, signal);
  expect(actions.map((one) => `${one.verb} ${one.reason}`.trim())).toEqual([expected]);
  expect(rest.drift).toBe(drift);
});
