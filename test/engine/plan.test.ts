import fc from "fast-check";
import { expect, test } from "vitest";
import { isRefusal, isRemoval } from "../../controller/core/action.ts";
import { isSettled } from "../../controller/core/plan.ts";
import type { ResourceId } from "../../controller/core/id.ts";
import { renderActions } from "../../controller/core/render.ts";
import { closure, dependencyGraph } from "../../controller/engine/graph.ts";
import { buildPlan } from "../../controller/engine/plan.ts";
import type { Action, Desired, DesiredResources } from "../../controller/resources/index.ts";
import { randomDesired } from "../support/random-stack.ts";
import { applyToWorld, emptyWorld, observeWorld, type SimulatedWorld } from "../support/simulated-world.ts";

const planFor = (desired: Desired, world: SimulatedWorld) => buildPlan(desired, observeWorld(desired, world));

/** Passes until nothing is left to do, as converge does them. A refusal ends them; else what is left after five of them. */
function settle(desired: Desired, world: SimulatedWorld): string {
  let left = "";
  for (let pass = 0; pass < 5; pass++) {
    const plan = planFor(desired, world);
    left = renderActions(plan.actions);
    if (isSettled(plan)) return "settled";
    if (plan.actions.some(isRefusal)) return "refused";
    for (const action of plan.actions) applyToWorld(world, action);
  }
  return left;
}

/** A world that an earlier version of the files led to, perhaps with some of it gone by itself. */
const randomWorld = fc.tuple(randomDesired, fc.boolean()).map(([before, processesDied]) => {
  const world = emptyWorld();
  settle(before, world);
  if (processesDied) world.processes.clear();
  world.history.length = 0;
  return world;
});

test("after its own plan, a stack needs nothing", () => {
  fc.assert(
    fc.property(randomDesired, randomWorld, (desired, world) => {
      expect(settle(desired, world)).toMatch(/^(settled|refused)$/);
    }),
    { numRuns: 500 },
  );
});

test("a first apply on an empty machine is one pass, and leaves nothing", () => {
  fc.assert(
    fc.property(randomDesired, (desired) => {
      const world = emptyWorld();
      for (const action of planFor(desired, world).actions) applyToWorld(world, action);
      expect(renderActions(planFor(desired, world).actions)).toBe("");
    }),
  );
});

test("the same facts in any order give the same plan", () => {
  fc.assert(
    fc.property(randomDesired, randomWorld, fc.infiniteStream(fc.nat()), (desired, world, random) => {
      const shuffle = <T>(all: readonly T[]): T[] =>
        all
          .map((one) => ({ one, key: random.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
      const observation = observeWorld(desired, world);
      const shuffled: Desired = {
        ...desired,
        resources: Object.fromEntries(
          Object.entries(desired.resources).map(([kind, all]: [string, readonly unknown[]]) => [kind, shuffle(all)]),
        ) as unknown as DesiredResources,
      };
      const observed = Object.fromEntries(
        Object.entries(observation.observed).map(([kind, all]: [string, readonly unknown[]]) => [kind, shuffle(all)]),
      );
      const one = buildPlan(desired, observation);
      const other = buildPlan(shuffled, { observed, deferred: shuffle(observation.deferred) });
      expect(other.fingerprint).toBe(one.fingerprint);
      expect(renderActions(other.actions)).toBe(renderActions(one.actions));
    }),
  );
});

test("a crash between any two actions ends in the same place, with every migration run once", () => {
  fc.assert(
    fc.property(randomDesired, randomWorld, fc.nat(), (desired, world, at) => {
      const uncut = structuredClone(world, {});
      const plan = planFor(desired, world);
      // A plan that holds a refusal is not begun.
      const begun = plan.actions.some(isRefusal) ? [] : plan.actions;
      for (const action of begun.slice(0, at % (begun.length + 1))) applyToWorld(world, action);
      const end = settle(desired, world);
      expect(end).toBe(settle(desired, uncut));
      expect(comparable(world)).toEqual(comparable(uncut));
      const applied = world.history.filter((line) => line.startsWith("apply migration"));
      expect(applied).toEqual([...new Set(applied)]);
    }),
    { numRuns: 300 },
  );
});

const comparable = ({ history: _history, ...world }: SimulatedWorld): unknown => world;

test("dependencies come before their dependents, and removals last", () => {
  fc.assert(
    fc.property(randomDesired, randomWorld, (desired, world) => {
      const { actions } = planFor(desired, world);
      const position = new Map(actions.map(({ id }, index) => [id, index]));
      for (const [index, { dependsOn }] of actions.entries()) {
        for (const id of dependsOn) expect(position.get(id) ?? -1).toBeLessThan(index);
      }
      const firstRemoval = actions.findIndex(isRemoval);
      // A server that stops does so after the processes that leave, whether they stop or are removed.
      const late = firstRemoval < 0 ? [] : actions.slice(firstRemoval).filter((action) => !isRemoval(action));
      expect(late.filter(({ verb }) => verb !== "stop")).toEqual([]);
    }),
  );
});

test("a target brings what it needs, and an exclusion takes along what needs it", () => {
  fc.assert(
    fc.property(randomDesired, randomWorld, (desired, world) => {
      const observation = observeWorld(desired, world);
      const whole = buildPlan(desired, observation);
      const needed = dependencyClosure(whole.actions);
      for (const { id } of whole.actions) {
        const part = new Set(buildPlan(desired, observation, { targets: [id] }).actions.map((one) => one.id));
        // Perhaps more than the plan's own arrows say: through what needs nothing itself.
        for (const one of needed(id)) expect(part).toContain(one);
        const rest = buildPlan(desired, observation, { excludes: [id] }).actions;
        expect(rest.map((one) => one.id)).not.toContain(id);
        for (const { dependsOn } of rest) expect(dependsOn).not.toContain(id);
      }
    }),
    { numRuns: 50 },
  );
});

test("an action waits for all that it needs, also by way of what is in order already", () => {
  fc.assert(
    fc.property(randomDesired, randomWorld, (desired, world) => {
      const { actions } = planFor(desired, world);
      const staying = actions.filter((action) => action.verb !== "stop" && !isRemoval(action));
      const graph = dependencyGraph(desired, staying, []);
      const waitsFor = dependencyClosure(actions);
      for (const { id } of staying) {
        const needed = closure([id], (one) => graph.get(one) ?? []);
        const waited = new Set(waitsFor(id));
        expect(staying.filter((one) => needed.has(one.id) && !waited.has(one.id)).map((one) => one.id)).toEqual([]);
      }
    }),
  );
});

/** What each action waits for, directly or not. */
const dependencyClosure = (actions: readonly Action[]) => (id: ResourceId) => {
  const needed = new Set([id]);
  for (const one of actions.toReversed()) {
    if (needed.has(one.id)) for (const dependency of one.dependsOn) needed.add(dependency);
  }
  return actions.map((one) => one.id).filter((one) => needed.has(one));
};

test("a process brings its server along, and waits until the schema that it needs can be looked at", () => {
  const [desired] = fc.sample(
    randomDesired.filter(
      ({ scope, resources: { process, migration } }) =>
        scope.has("migration") && process.length > 0 && migration[0]?.files.length !== 0,
    ),
    { numRuns: 1, seed: 1 },
  );
  if (desired === undefined) throw new Error("no sample");
  const world = emptyWorld();
  settle(desired, world);
  world.processes.clear();
  if (world.instance !== undefined) world.instance = { ...world.instance, server: "down" };
  const target = desired.resources.process[0]?.id ?? "";
  const { actions, deferred } = buildPlan(desired, observeWorld(desired, world), { targets: [target] });
  expect(actions.map(({ verb, id }) => `${verb} ${id}`)).toEqual(["start instance:postgres"]);
  expect(deferred.at(-1)).toEqual({ id: target, reason: "to start, once the rest is known" });
});

test.each([
  [
    "with its data: the record by which all else is ours is the last to go",
    true,
    ["network:default", "instance:postgres"],
  ],
  ["without: its way to us goes after it", false, ["instance:postgres", "network:default"]],
])("a server that goes %s", (_name, deleteData, expected) => {
  const [desired] = fc.sample(
    randomDesired.filter(({ resources: { network, container } }) => network.length > 0 && container.length > 0),
    { numRuns: 1, seed: 1 },
  );
  if (desired === undefined) throw new Error("no sample");
  const world = emptyWorld();
  expect(settle(desired, world)).toBe("settled");
  const { resources } = desired;
  const instance = resources.instance.map((one) => ({ ...one, to: "absent" as const, deleteData }));
  const network = resources.network.map((one) => ({ ...one, to: "absent" as const }));
  const gone: Desired = {
    ...{ ...desired, scope: new Set(["network", "volume", "image", "instance", "container"]) },
    resources: { ...resources, ...{ instance, network, volume: [], image: [], container: [] } },
  };
  const { actions } = planFor(gone, world);
  const last = actions.map(({ id }) => id).slice(-2);
  expect(last).toEqual(expected);
  // Each waits for all that goes before it: what fails or is cut leaves the rest as it is.
  expect(actions.at(-1)?.dependsOn).toEqual(expect.arrayContaining(actions.slice(0, -1).map(({ id }) => id)));
});

test("a target that does not exist is an error that lists what does", () => {
  const [desired] = fc.sample(randomDesired, 1);
  if (desired === undefined) throw new Error("no sample");
  expect(() => buildPlan(desired, observeWorld(desired, emptyWorld()), { targets: ["rol:app"] })).toThrow(
    '"rol:app" is no resource of this environment',
  );
});
