import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { takesAway } from "../../controller/core/action.ts";
import { PoststackError, PoststackErrors } from "../../controller/core/errors.ts";
import { buildPlan } from "../../controller/engine/plan.ts";
import type { Action, Desired } from "../../controller/resources/index.ts";
import { ensureState, wishOf } from "../config/desired/wish.ts";
import { projectRoot } from "../support/build.ts";
import { projectWith } from "../support/project.ts";
import { applyToWorld, emptyWorld, observeWorld, type SimulatedWorld } from "../support/simulated-world.ts";

// RELIABILITY 22: a file that is seen in the middle of being saved, at every byte of it. What `watch` does by itself is
// what takes nothing away; the rest waits for an explicit apply. test/scenarios/watch.test.ts does the same in real time.

const procfile = "# three\nweb: node web.mjs\nworker: node worker.mjs --queue mail\nclock: sleep 1000\n";

const planned = (desired: Desired, world: SimulatedWorld): readonly Action[] =>
  buildPlan(desired, observeWorld(desired, world)).actions;

/** Verbs that end something, or take it from somebody. */
const ending: ReadonlySet<string> = new Set(["stop", "delete", "drop", "revoke", "rollback"]);

const processes = ["web", "worker", "clock"];
const all = (verb: string, names: readonly string[]): readonly string[] =>
  names.map((name) => `${verb} process:${name}`);

test.each<[string, readonly string[]]>([
  // Whether it is whole or cut off, a line that is gone ends nothing, and half a command does not run.
  ["Procfile", [...all("delete", ["worker", "clock"]), ...all("replace", processes)]],
  [".poststack.yml", [...all("delete", processes), "drop role:quickstart_reporting"]],
])("%s, cut off at any byte: watch ends nothing and drops nothing", async (name, withheld) => {
  const project = projectWith();
  cpSync(join(projectRoot, "examples/quickstart"), project.root, {
    recursive: true,
    filter: (path) => !/\/(?:\.poststack|node_modules)$/.test(path),
  });
  project.write("Procfile", procfile);
  await ensureState(project);
  const world = emptyWorld();
  const whole = await wishOf(project);
  for (const action of planned(whole, world)) applyToWorld(world, action);
  const settled = planned(whole, world).map(({ verb, id }) => `${verb} ${id}`);
  expect(settled.filter((line) => !line.includes(" grant:"))).toEqual([]);

  const file = join(project.root, name);
  const text = readFileSync(file);
  const seen = new Set<string>();
  for (let length = 0; length < text.length; length++) {
    writeFileSync(file, text.subarray(0, length));
    const desired = await wishOf(project).catch((error: unknown) => {
      if (error instanceof PoststackError || error instanceof PoststackErrors || isUnknown(error)) return undefined;
      throw error;
    });
    if (desired === undefined) continue;
    const actions = planned(desired, world);
    for (const { verb, id } of actions.filter(takesAway)) seen.add(`${verb} ${id}`);
    const done = actions.filter((action) => !takesAway(action));
    expect(
      done.filter(({ verb }) => ending.has(verb)).map(({ verb, id }) => `${verb} ${id}`),
      `${length} bytes: …${text.subarray(Math.max(0, length - 30), length).toString()}`,
    ).toEqual([]);
  }
  expect([...seen].toSorted()).toEqual(withheld.toSorted());
});

/** The environment stands behind the cut. */
const isUnknown = (error: unknown): boolean => error instanceof Error && error.message === "no environment dev";
