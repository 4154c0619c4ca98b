import { expect, test } from "vitest";
import { resourceId } from "../../../controller/core/id.ts";
import { diff } from "../../../controller/resources/job/diff.ts";
import type { HostJob, ObservedJob } from "../../../controller/resources/job/model.ts";

const at = (time: string): Date => new Date(`2026-01-01T${time}Z`);
const parts = (command: string, input?: string): ReadonlyMap<string, string> =>
  new Map([["command", command], ...(input === undefined ? [] : [["inputs/seed.csv", input] as const])]);

const desired = (more: Partial<HostJob> = {}): HostJob => ({
  id: resourceId("job", "seed"),
  name: "seed",
  command: ["node", "seed.mjs"],
  cwd: "/srv/app",
  environment: new Map(),
  when: "on_change",
  key: "a",
  keyParts: parts("a"),
  timeoutMs: 60_000,
  dependsOn: [resourceId("migration", "004")],
  place: { file: ".poststack.yml", line: 9, column: 5 },
  ...more,
});

/** A success at 12:00, unless the test says otherwise. */
const observed = (
  last: Partial<ObservedJob["last"]> = {},
  succeededAt: Date | undefined = at("12:00:00"),
): ObservedJob => ({
  name: "seed",
  last: { key: "a", keyParts: parts("a"), state: "succeeded", exitCode: 0, ...last },
  ...(succeededAt === undefined ? {} : { succeededAt }),
});
const never = undefined;
const failed = { state: "failed", exitCode: 3 } as const;

test.each<[string, Partial<HostJob>, ObservedJob | undefined, string | undefined]>([
  ["on_change: never ran", {}, never, "never ran"],
  [
    "on_change: never ran, and all of its command stands in the file",
    { keyParts: parts('["node","seed.mjs"]') },
    never,
    "never ran: node seed.mjs",
  ],
  ["on_change: succeeded with this key", {}, observed(), undefined],
  [
    "on_change: a part changed, one came and one went",
    {
      key: "b",
      keyParts: new Map([
        ["command", "b"],
        ["inputs/new.csv", "1"],
        ["variables/LOG_LEVEL", "debug"],
      ]),
    },
    observed({ keyParts: parts("a", "1") }),
    "command changed; inputs/new.csv added; inputs/seed.csv removed; LOG_LEVEL added",
  ],
  ["on_change: the key is made in another way now", { key: "b" }, observed(), "its key changed"],
  ["on_change: failed", {}, observed(failed, new Date(Number.NaN)), "failed before with exit code 3"],
  [
    "on_change: ended by a signal or the timeout",
    {},
    { name: "seed", last: { key: "a", keyParts: parts("a"), state: "failed" } },
    "failed before",
  ],
  [
    "on_change: a newer run failed, after a success with this key",
    {},
    observed({ ...failed, key: "b" }),
    "failed before with exit code 3",
  ],
  ["on_change: its command was killed", {}, observed({ state: "running" }), "interrupted run"],
  ["on_change: asked for by hand", { startedAfter: at("12:00:01") }, observed(), "run requested"],
  ["on_change: asked for by hand, and done", { startedAfter: at("12:00:00") }, observed(), undefined],
  ["once: never ran", { when: "once" }, never, "never ran"],
  ["once: succeeded with another key", { when: "once", key: "b" }, observed(), undefined],
  ["once: succeeded, and a later run failed", { when: "once" }, observed(failed), undefined],
  [
    "once: failed",
    { when: "once" },
    { name: "seed", last: { key: "a", keyParts: parts("a"), ...failed } },
    "failed before with exit code 3",
  ],
  ["always: never ran", { when: "always", startedAfter: at("12:00:00") }, never, "never ran"],
  [
    "always: succeeded before this apply",
    { when: "always", startedAfter: at("12:00:01") },
    observed(),
    "runs on every apply",
  ],
  ["always: succeeded in this apply", { when: "always", startedAfter: at("12:00:00") }, observed(), undefined],
  [
    "always: succeeded in this apply, then killed",
    { when: "always", startedAfter: at("12:00:00") },
    observed({ state: "running" }),
    "interrupted run",
  ],
  ["always: nobody says when this apply began", { when: "always" }, observed(), "runs on every apply"],
])("%s", (_name, wanted, seen, expected) => {
  const actions = diff([desired(wanted)], seen === undefined ? [] : [seen]);
  expect(actions.map(({ verb, id, reason }) => [verb, id, reason])).toEqual(
    expected === undefined ? [] : [["run", "job:seed", expected]],
  );
});

test("a run waits for what the job depends on, and knows its place", () => {
  expect(diff([desired()], [])).toMatchObject([
    { dependsOn: ["migration:004"], hazards: [], place: { file: ".poststack.yml", line: 9, column: 5 } },
  ]);
});

test("runs of jobs that the files no longer have need nothing", () => {
  expect(diff([], [observed()])).toEqual([]);
});
