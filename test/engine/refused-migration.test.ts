import { expect, test } from "vitest";
import { resourceId } from "../../controller/core/id.ts";
import { dependencyGraph } from "../../controller/engine/graph.ts";
import { waitThrough } from "../../controller/engine/through.ts";
import { kinds, type Action, type Desired } from "../../controller/resources/index.ts";

const migration = (name: string) => resourceId("migration", name);
const files = ["001_a", "002_b", "003_b.contract"].map((name) => ({
  id: migration(name),
  ...(name.endsWith("contract") ? { phase: "contract" } : {}),
}));
const grant = { id: resourceId("grant", "app"), dependsOn: [migration("003_b.contract")] };
const desired = {
  resources: {
    ...Object.fromEntries(kinds.map((kind) => [kind, []])),
    migration: [{ files, dependsOn: [] }],
    grant: [grant],
  },
} as unknown as Desired;

const refused = (name: string): Action =>
  ({ kind: "migration", verb: "refuse", id: migration(name), dependsOn: [] }) as unknown as Action;

test.each(["001_a", "002_b", "003_b.contract", "9"])(
  "what waits for the last migration, which is applied, waits for %s that is refused",
  (name) => {
    const actions = [refused(name), { kind: "grant", verb: "update", ...grant } as unknown as Action];
    const waiting = waitThrough(actions, dependencyGraph(desired, actions, []));
    expect(waiting.find(({ kind }) => kind === "grant")?.dependsOn).toContain(migration(name));
  },
);
