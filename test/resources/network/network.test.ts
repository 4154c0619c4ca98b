import { describe, expect, test } from "vitest";
import { PoststackError } from "../../../controller/core/errors.ts";
import { labelNames, ownerMark } from "../../../controller/core/engine-labels.ts";
import { resourceId } from "../../../controller/core/id.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import type { ContainerSummary, NetworkFacts } from "../../../controller/core/ports/container-facts.ts";
import type { NetworkSpec } from "../../../controller/core/ports/container-spec.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { keyedHash } from "../../../controller/core/secret.ts";
import { apply } from "../../../controller/resources/network/apply.ts";
import { diff } from "../../../controller/resources/network/diff.ts";
import { configOf } from "../../../controller/resources/network/fields.ts";
import type { DesiredNetwork, Member, ObservedNetwork } from "../../../controller/resources/network/model.ts";
import { observe } from "../../../controller/resources/network/observe.ts";
import { virtualClock } from "../../support/fake-clock.ts";

const token = "0123456789abcdef";
const { signal } = new AbortController();
const place = { file: "compose.yaml", line: 1, column: 1 };
const project = { project: "app", environment: "dev", root: "/app", workingDirectory: "/app", configFiles: [] };

function desired({ spec: more, ...others }: Partial<DesiredNetwork> = {}): DesiredNetwork {
  const spec: NetworkSpec = { labels: new Map(), ...more };
  return {
    ...{ id: resourceId("network", "back"), name: "app-dev_back", key: "back", to: "present", isExternal: false },
    ...{ spec, config: configOf(spec, (text) => keyedHash(token, text)), project, dependsOn: [], place },
    ...others,
  };
}

const facts = (more: Partial<NetworkFacts> = {}): NetworkFacts => ({
  ...{ id: "n1", name: "app-dev_back", labels: new Map(), driver: "bridge", driverOptions: new Map() },
  ...{ isInternal: false, isAttachable: false, hasIpv6: false, hasIpv4: true, createdAt: undefined },
  pools: [{ subnet: "172.18.0.0/16", gateway: "172.18.0.1" }],
  ...more,
});
const ours = (
  from = desired(),
  more: Partial<NetworkFacts> = {},
  members: readonly Member[] = [],
): ObservedNetwork => ({
  ...{ facts: facts(more), resource: from.id, config: from.config, members },
});
const foreign = (more: Partial<NetworkFacts> = {}): ObservedNetwork => ({ facts: facts(more), members: [] });
const web: Member = { id: "c1", name: "app-dev-web-1", isOurs: true };
const stranger: Member = { id: "c2", name: "nginx", isOurs: false };
const internal = desired({ spec: { labels: new Map(), internal: true } });

test.each<readonly [string, readonly DesiredNetwork[], readonly ObservedNetwork[], string]>([
  ["one that is as it should be needs nothing", [desired()], [ours()], ""],
  ["one that is not there is made", [desired()], [], "create network:back  not found"],
  ["a setting that changed", [internal], [ours()], "replace network:back  internal false → true"],
  [
    "a setting that changed, with containers on it",
    [internal],
    [ours(desired(), {}, [web])],
    "replace network:back  internal false → true; reconnects app-dev-web-1  [downtime]",
  ],
  [
    "somebody else's container is on it",
    [internal],
    [ours(desired(), {}, [web, stranger])],
    'refuse network:back  network "app-dev_back" has to be made anew, and nginx, which is not of this environment, is on it',
  ],
  [
    "the name belongs to a copy of the project",
    [desired()],
    [{ ...foreign(), twin: { folder: "/copy" } }],
    'refuse network:back  network "app-dev_back" belongs to dev of the same project in /copy',
  ],
  [
    "a subnet",
    [desired({ spec: { labels: new Map(), addresses: { pools: [{ subnet: "10.0.0.0/24" }] } } })],
    [ours()],
    "replace network:back  addresses 172.18.0.0/16 → 10.0.0.0/24",
  ],
  [
    "a label",
    [desired({ spec: { labels: new Map([["team", "a"]]) } })],
    [ours()],
    "replace network:back  label team none → a",
  ],
  ["another name", [desired({ name: "shared" })], [ours()], "replace network:back  name app-dev_back → shared"],
  [
    "two of one: the one with containers is kept",
    [desired()],
    [ours(desired(), { id: "n2" }), ours(desired(), {}, [web])],
    "delete network:back@n2  there is another one of it",
  ],
  [
    "the name belongs to somebody else",
    [desired()],
    [foreign()],
    'refuse network:back  a network "app-dev_back" is there already, and Poststack did not make it for this environment',
  ],
  ["an external one that is there", [desired({ isExternal: true })], [foreign()], ""],
  [
    "an external one that is not",
    [desired({ isExternal: true })],
    [],
    'refuse network:back  there is no network "app-dev_back", which the files call external',
  ],
  ["no longer in the files", [], [ours()], "delete network:back  no longer in the files"],
  ["no longer in the files, and somebody else uses it", [], [ours(desired(), {}, [stranger])], ""],
  ["not ours and not in the files", [], [foreign()], ""],
  ["to be as it is, and not there", [desired({ to: "as-is" })], [], ""],
  ["to be as it is, and of other settings", [{ ...internal, to: "as-is" }], [ours()], ""],
  [
    "no longer in the files, and the rest to be as it is",
    [desired({ id: resourceId("network", "front"), to: "as-is" })],
    [ours()],
    "delete network:back  no longer in the files",
  ],
  [
    "no longer in the files, and a container of ours that is to be as it is may be on it",
    [desired({ id: resourceId("network", "front"), to: "as-is" })],
    [ours(desired(), {}, [web])],
    "",
  ],
  ["to be absent", [desired({ to: "absent" })], [ours()], "delete network:back  removed with its environment"],
  ["to be absent, external", [desired({ to: "absent", isExternal: true })], [foreign()], ""],
])("%s", (_name, wishes, seen, expected) => {
  expect(renderActions(diff(wishes, seen))).toBe(expected);
  expect(renderActions(diff(wishes.toReversed(), seen.toReversed()))).toBe(expected);
});

/** An engine's networks, in memory. */
function stage() {
  const networks: NetworkFacts[] = [];
  const containers: ContainerSummary[] = [];
  const writes: string[] = [];
  let ids = 0;
  const fails = new Map<string, PoststackError>();
  const clock = virtualClock();
  const settings = { failsUntilMs: Number.POSITIVE_INFINITY };
  const write = async (call: string): Promise<void> => {
    writes.push(call);
    const error = fails.get(call);
    if (error !== undefined && clock.nowMs() < settings.failsUntilMs) throw error;
  };
  const engine = {
    networks: () => Promise.resolve(networks),
    containers: () => Promise.resolve(containers),
    inspectContainer: (id: string) =>
      Promise.resolve({ id, attachments: new Map([["app-dev_back", { aliases: [`alias of ${id}`] }]]) }),
    createNetwork: async (name: string, { labels, internal: isInternal = false }: NetworkSpec) => {
      await write(`create ${name}`);
      if (networks.some((one) => one.name === name)) throw new PoststackError("NAME_TAKEN", { what: "taken" });
      networks.push(facts({ id: `n${++ids}`, name, labels, isInternal }));
      return { id: `n${ids}` };
    },
    removeNetwork: async (id: string) => {
      await write(`remove ${id}`);
      networks.splice(
        networks.findIndex((one) => one.id === id),
        1,
      );
    },
    connectNetwork: (network: string, id: string, { aliases }: { aliases: readonly string[] }) =>
      write(`connect ${id} ${network} ${aliases.join()}`),
    disconnectNetwork: (network: string, id: string) => write(`disconnect ${id} ${network}`),
  };
  const ports = {
    containers: engine,
    state: { read: () => ({ owner: token }) },
    server: { fence: () => 3 },
    log: { debug: () => undefined },
    clock,
  } as unknown as Ports;
  const pass = async (...wishes: readonly DesiredNetwork[]): Promise<string> => {
    const actions = diff(wishes, await observe(wishes, ports, signal));
    for (const action of actions) await apply(action, ports, signal);
    return renderActions(actions);
  };
  return { networks, containers, writes, fails, settings, clock, ports, pass };
}

describe("on an engine", () => {
  test("what was made is found again, and carries the labels of Compose", async () => {
    const { pass, networks } = stage();
    expect(await pass(desired())).toBe("create network:back  not found");
    expect(await pass(desired())).toBe("");
    expect(Object.fromEntries(networks[0]?.labels ?? [])).toMatchObject({
      [labelNames.owner]: ownerMark(token),
      [labelNames.resource]: "network:back",
      "com.docker.compose.project": "app-dev",
      "com.docker.compose.network": "back",
    });
  });

  test("replacing takes our containers off and puts them back as they were", async () => {
    const { pass, writes, containers } = stage();
    await pass(desired());
    const labels = new Map([
      [labelNames.owner, ownerMark(token)],
      [labelNames.resource, "container:web"],
      [labelNames.name, "web"],
    ]);
    const networks = new Map([["app-dev_back", { id: "n1" }]]);
    containers.push({ id: "c1", names: ["web"], labels, networks } as unknown as ContainerSummary);
    writes.length = 0;
    await pass(internal);
    expect(writes).toEqual(["disconnect c1 n1", "remove n1", "create app-dev_back", "connect c1 n2 alias of c1"]);
    containers.length = 0;
    expect(await pass(internal)).toBe("");
  });

  test("an engine that still counts a container that is gone is asked again, for a while", async () => {
    const { pass, fails, settings, clock, networks, writes, containers, ports } = stage();
    const away = desired({ to: "absent" });
    await pass(desired());
    fails.set("remove n1", new PoststackError("ENGINE_OBJECT_IN_USE", { what: "has active endpoints" }));
    settings.failsUntilMs = 1_000;
    await pass(away);
    expect([networks, clock.nowMs()]).toEqual([[], 1_000]);

    await pass(desired());
    fails.set("remove n2", new PoststackError("ENGINE_OBJECT_IN_USE", { what: "has active endpoints" }));
    settings.failsUntilMs = Number.POSITIVE_INFINITY;
    await expect(pass(away)).rejects.toMatchObject({ code: "ENGINE_OBJECT_IN_USE" });
    expect(clock.nowMs()).toBe(11_000);

    // A container that came between looking and doing really is in the way.
    const [remove] = diff([away], [ours()]);
    if (remove === undefined) throw new Error("nothing to do");
    const attached = new Map([["app-dev_back", { id: "n2" }]]);
    containers.push({ id: "c1", names: ["x"], labels: new Map(), networks: attached } as unknown as ContainerSummary);
    writes.length = 0;
    fails.set("remove n1", new PoststackError("ENGINE_OBJECT_IN_USE", { what: "has active endpoints" }));
    await expect(apply(remove, ports, signal)).rejects.toMatchObject({ code: "ENGINE_OBJECT_IN_USE" });
    expect(writes).toEqual(["remove n1"]);

    // One that the engine is taking away is not.
    const leaving = { id: "c1", names: ["x"], labels: new Map(), networks: attached, state: "removing" };
    containers.splice(0, 1, leaving as unknown as ContainerSummary);
    fails.set("remove n1", new PoststackError("ENGINE_OBJECT_IN_USE", { what: "has active endpoints" }));
    settings.failsUntilMs = clock.nowMs() + 1_000;
    await apply(remove, ports, signal);
  });

  test("one that somebody else's container is on stays with ours on it, and is told who that is", async () => {
    const { pass, fails, writes, containers } = stage();
    await pass(desired());
    const labels = new Map([
      [labelNames.owner, ownerMark(token)],
      [labelNames.resource, "container:web"],
      [labelNames.name, "web"],
    ]);
    const networks = new Map([["app-dev_back", { id: "n1" }]]);
    containers.push({ id: "c1", names: ["web"], labels, networks } as unknown as ContainerSummary);
    containers.push({ id: "c2", names: ["shell"], labels: new Map(), networks } as unknown as ContainerSummary);
    fails.set("remove n1", new PoststackError("ENGINE_OBJECT_IN_USE", { what: "has active endpoints" }));
    writes.length = 0;
    await expect(pass(desired({ to: "absent" }))).rejects.toMatchObject({
      facts: {
        what: 'network "app-dev_back" stays: shell, which is not of this environment, is on it',
        next: "disconnect it first: docker network disconnect app-dev_back shell",
      },
    });
    expect(writes).toEqual(["disconnect c1 n1", "remove n1", "connect c1 n1 alias of c1"]);
  });

  test("one that does not fit any more is left to the next pass", async () => {
    const { pass, containers, fails } = stage();
    await pass(desired());
    const networks = new Map([["app-dev_back", { id: "n1" }]]);
    const labels = new Map([
      [labelNames.owner, ownerMark(token)],
      [labelNames.resource, "container:web"],
      [labelNames.name, "web"],
    ]);
    containers.push({ id: "c1", names: ["web"], labels, networks } as unknown as ContainerSummary);
    fails.set("connect c1 n2 alias of c1", new PoststackError("ENGINE_REFUSED", { what: "no such address" }));
    await expect(pass(internal)).resolves.toContain("replace network:back");
  });

  test("made by an earlier try whose answer was lost: it is ours, and that is success", async () => {
    const { pass, ports } = stage();
    const [create] = diff([desired()], []);
    if (create === undefined) throw new Error("nothing to do");
    await apply(create, ports, signal);
    await apply(create, ports, signal);
    expect(await pass(desired())).toBe("");
  });

  test("taken by somebody else between looking and doing: it stays as it is", async () => {
    const { networks, ports } = stage();
    networks.push(facts());
    const [create] = diff([desired()], []);
    if (create === undefined) throw new Error("nothing to do");
    await expect(apply(create, ports, signal)).rejects.toMatchObject({ code: "NAME_TAKEN" });
    expect(networks).toEqual([facts()]);
  });

  test("before the first apply nothing is ours", async () => {
    const { networks, ports } = stage();
    networks.push(
      facts({
        labels: new Map([
          [labelNames.owner, ownerMark(token)],
          [labelNames.resource, "network:x"],
        ]),
      }),
    );
    const fresh = { ...ports, state: { read: () => undefined } } as unknown as Ports;
    expect(await observe([], fresh, signal)).toEqual([]);
  });
});
