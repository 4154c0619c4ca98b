import { describe, expect, test } from "vitest";
import type { ContainerSpec, RestartPolicy } from "../../../controller/core/ports/container-spec.ts";
import { resourceId } from "../../../controller/core/id.ts";
import { apply } from "../../../controller/resources/container/apply.ts";
import { diff } from "../../../controller/resources/container/diff.ts";
import { livesIn } from "../../../controller/resources/container/inside.ts";
import type { DesiredContainer } from "../../../controller/resources/container/model.ts";
import { observe } from "../../../controller/resources/container/observe.ts";
import { desired, nameFor } from "./kit.ts";
import { containerStage, type ContainerStage } from "./stage.ts";

// What lives inside another container keeps it, on an engine that counts such bonds, as Podman does.

const { signal } = new AbortController();

const stage = (): ContainerStage => containerStage("podman");

/** One pass; each action after those that it waits for, removals last. */
async function pass(it: ContainerStage, ...wishes: readonly DesiredContainer[]): Promise<readonly string[]> {
  const open = [...diff(wishes, await observe(wishes, it.ports, signal))].sort(
    (a, b) => Number(a.verb === "delete") - Number(b.verb === "delete"),
  );
  const said = open.map(({ verb, id }) => `${verb} ${id}`);
  while (open.length > 0) {
    const next = open.findIndex(({ dependsOn }) => !open.some(({ id }) => dependsOn.includes(id)));
    for (const action of open.splice(next, 1)) await apply(action, it.ports, signal);
  }
  return said;
}

const data = [{ type: "volume", name: "data", target: "/data", readOnly: false }] as const;

const db = (level: string, spec: Partial<ContainerSpec> = {}): DesiredContainer =>
  desired({ id: resourceId("container", "db"), spec: { command: [level], ...spec } });

/** In the network of the one before. */
const inside = (name: string, host: string, restart: RestartPolicy = { name: "no" }): DesiredContainer => {
  const sharesWith = [resourceId("container", host)];
  const network = { mode: "container", container: nameFor(resourceId("container", host)) } as const;
  const preStop = [{ command: ["drain"], timeoutMs: 1_000 }] as const;
  const id = resourceId("container", name);
  return desired({ id, sharesWith, dependsOn: sharesWith, preStop, spec: { network, restart } });
};

describe.each([
  ["start-first", {}],
  ["stop-first", { mounts: data }],
] as const)("a container with others inside is replaced, %s", (_order, spec) => {
  test.each([
    ["an engine that lets it go", "docker"],
    ["one that does not before them", "podman"],
  ] as const)("%s", async (_name, engine) => {
    const it = containerStage(engine);
    const others = [inside("side", "db"), inside("deep", "side")];
    await pass(it, db("1", spec), ...others);
    expect(await pass(it, db("2", spec), ...others)).toEqual([
      "replace container:db",
      "replace container:side",
      "replace container:deep",
    ]);
    expect(it.names()).toBe("app-dev-db-1 running, app-dev-deep-1 running, app-dev-side-1 running");
    expect(await pass(it, db("2", spec), ...others)).toEqual([]);
    const hosts = [...it.containers.values()].map(({ spec: { network } }) => network);
    expect(hosts.filter(({ mode }) => mode === "container")).toHaveLength(2);
  });

  test("also where they ended, or leave the files with it", async () => {
    const it = stage();
    await pass(it, db("1", spec), inside("side", "db"), inside("gone", "db"));
    for (const one of it.containers.values()) if (one.name === "app-dev-side-1") one.end(1);
    const wishes = [db("2", spec), inside("side", "db")];
    expect(await pass(it, ...wishes)).toEqual([
      "replace container:db",
      "replace container:side",
      "delete container:gone",
    ]);
    expect([it.names(), await pass(it, ...wishes)]).toEqual(["app-dev-db-1 running, app-dev-side-1 running", []]);
  });
});

test("where the new one is not accepted they stay", async () => {
  const it = stage();
  const sick = db("sick", { healthcheck: { test: ["CMD", "true"] } });
  await pass(it, db("1"), inside("side", "db"));
  it.writes.length = 0;
  await expect(pass(it, sick, inside("side", "db"))).rejects.toMatchObject({ code: "UNHEALTHY" });
  expect(it.writes.filter((call) => call.includes("side"))).toEqual([]);
  expect(it.names()).toBe("app-dev-db-1 running, app-dev-side-1 running");
});

test("what would bring the old one back with the machine goes with it before the new one has the data", async () => {
  const it = stage();
  const side = inside("side", "db", { name: "always" });
  await pass(it, db("1", { mounts: data }), side);
  it.writes.length = 0;
  await pass(it, db("2", { mounts: data }), side);
  const calls = it.writes.filter((call) => /^(?:remove|start|exec)/.test(call));
  expect(calls.slice(0, 4)).toEqual([
    "exec app-dev-side-1 drain",
    "removeContainer app-dev-side-1",
    "removeContainer app-dev-db-1",
    "startContainer app-dev-db-1",
  ]);
  expect(await pass(it, db("2", { mounts: data }), side)).toEqual([]);
});

test("what lives inside is chosen with the one that is made anew, also inside of another one", async () => {
  const it = stage();
  const others = [inside("side", "db"), inside("deep", "side")];
  await pass(it, db("1"), ...others);
  const wishes = [db("2"), ...others];
  const actions = diff(wishes, await observe(wishes, it.ports, signal));
  expect(actions.map(({ id, goesWith = "itself" }) => [id, goesWith])).toEqual([
    ["container:db", "itself"],
    ["container:side", "container:db"],
    ["container:deep", "container:db"],
  ]);
});

describe("somebody else's container inside", () => {
  const guest = async (it: ContainerStage, host: string): Promise<void> => {
    const network = { mode: "container", container: nameFor(resourceId("container", host)) } as const;
    await it.ports.containers.createContainer("debug", { ...desired().spec, network }, signal);
  };
  const planned = async (it: ContainerStage, ...wishes: readonly DesiredContainer[]): Promise<readonly string[]> =>
    diff(wishes, await observe(wishes, it.ports, signal)).map(({ verb, id, reason }) => `${verb} ${id}  ${reason}`);

  test.each(["db", "side"])("keeps it, from %s: refused before anything is begun", async (host) => {
    const it = stage();
    const side = inside("side", "db");
    await pass(it, db("1"), side);
    await guest(it, host);
    expect((await planned(it, db("2"), side))[0]).toBe(
      "refuse container:db  container:db has to be made anew, and debug, which is not of this environment, lives inside its container or one that goes with it",
    );
    // What stays as it is keeps its guests.
    expect(await planned(it, db("1"), side)).toEqual([]);
  });

  test("keeps nothing on an engine that counts no such bonds", async () => {
    const it = containerStage("docker");
    await pass(it, db("1"));
    await guest(it, "db");
    expect(await planned(it, db("2"))).toEqual(["replace container:db  command 1 → 2"]);
  });
});

test("what nobody asks for any more goes from the inside out", async () => {
  const it = stage();
  const others = [db("1"), inside("side", "db"), inside("deep", "side")];
  await pass(it, desired(), ...others);
  await pass(it, desired());
  expect(it.names()).toBe("app-dev-web-1 running");
});

test.each<[string, Partial<ContainerSpec>, boolean]>([
  ["its network", { network: { mode: "container", container: "c1" } }, true],
  ["its processes", { namespaces: { pid: "container:c1" } }, true],
  ["its IPC", { namespaces: { ipc: "container:c1" } }, true],
  ["those of another one", { namespaces: { pid: "container:c2", ipc: "host" } }, false],
  ["its volumes only", { volumesFrom: ["c1"] }, false],
])("%s", (_name, spec, expected) => {
  expect(livesIn(desired({ spec }).spec, "c1")).toBe(expected);
});
