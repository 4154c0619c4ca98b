import { assert, asyncProperty, constantFrom, nat, record, uniqueArray } from "fast-check";
import { describe, expect, test } from "vitest";
import { retiredName } from "../../../controller/core/derived-name.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import { resourceId, type ResourceId } from "../../../controller/core/id.ts";
import { inDependencyOrder } from "../../../controller/core/order.ts";
import type { Mount, NetworkAttachment } from "../../../controller/core/ports/container-spec.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { apply } from "../../../controller/resources/container/apply.ts";
import { diff } from "../../../controller/resources/container/diff.ts";
import type { ContainerAction, DesiredContainer } from "../../../controller/resources/container/model.ts";
import { observe } from "../../../controller/resources/container/observe.ts";
import { desired, observed, rendered, type Wish } from "./kit.ts";
import { containerStage, type ContainerStage } from "./stage.ts";

const { signal } = new AbortController();
class Cut extends Error {}

const service = (name: string, spec: Wish["spec"] = {}, more: Wish = {}): DesiredContainer =>
  desired({ id: resourceId("container", name), service: name, ...more, spec });
const volume = (name: string, readOnly = false): Mount => ({ type: "volume", name, target: `/${name}`, readOnly });
const folder = (source: string): Mount => ({
  ...{ type: "bind", source, target: "/src", readOnly: false, createHostPath: true },
});
const port = (hostPort: number) => ({ containerPort: 80, hostPort, protocol: "tcp" }) as const;
const at = (more: Partial<NetworkAttachment>): Wish["spec"] => ({
  network: { mode: "networks", attachments: new Map([["app-dev_default", { aliases: ["web"], ...more }]]) },
});

/** As the engine orders them: what an action waits for comes first, removals last. */
const ordered = (actions: readonly ContainerAction[]): readonly ContainerAction[] =>
  inDependencyOrder(
    actions,
    (a, b) => Number(a.verb === "delete") - Number(b.verb === "delete") || (a.id < b.id ? -1 : 1),
  );

async function pass(it: ContainerStage, wishes: readonly DesiredContainer[]): Promise<string> {
  const actions = ordered(diff(wishes, await observe(wishes, it.ports, signal)));
  for (const action of actions) await apply(action, it.ports, signal);
  return renderActions(actions);
}

const waits = (actions: readonly ContainerAction[], id: string): readonly ResourceId[] =>
  actions.find((action) => action.id === id)?.dependsOn ?? [];

test.each<readonly [string, Wish["spec"], string]>([
  ["volume", { mounts: [volume("data")] }, "volume"],
  ["folder", { mounts: [folder("/app/data")] }, "folder"],
  ["port", { ports: [port(8080)] }, "port"],
  ["address", at({ ipv4: "10.0.0.2" }), "address"],
  ["hardware address", at({ macAddress: "02:00:00:00:00:0A" }), "address"],
  ["network of the host", { network: { mode: "host" } }, "host network"],
])("a service that is renamed and keeps its %s: the one before it is stopped first", (_name, spec, thing) => {
  const old = observed(service("db", spec), {
    ports: spec?.ports ?? [],
    mounts: (spec?.mounts ?? []).map((mount) => ({
      ...{ type: mount.type, source: "/app/data", target: "/x", isReadOnly: false },
      ...(mount.type === "volume" && mount.name !== undefined ? { name: mount.name } : {}),
    })),
    networks: new Map([
      spec?.network?.mode === "host"
        ? ["host", { id: "h", aliases: [], address: undefined, macAddress: undefined }]
        : ["app-dev_default", { id: "n", aliases: [], address: "10.0.0.2", macAddress: "02:00:00:00:00:0a" }],
    ]),
  });
  const actions = diff([service("database", spec)], [old]);
  expect(renderActions(actions)).toContain(
    `stop container:db  no longer in the files, and its ${thing} is wanted; deleted when all else is done  [downtime]`,
  );
  expect(waits(actions, "container:database")).toContain("container:db");
  // Not by a watch on half a file.
  expect(actions.find(({ verb }) => verb === "stop")).toMatchObject({
    alsoTakesAway: true,
    aside: retiredName(old.summary.names[0] ?? "", old.summary.id),
  });
});

test.each<readonly [string, Wish["spec"], Wish["spec"]]>([
  ["only reads the volume", { mounts: [volume("data", true)] }, { mounts: [volume("data")] }],
  ["has another volume", { mounts: [volume("data")] }, { mounts: [volume("other")] }],
  ["has a folder beside", { mounts: [folder("/app/data")] }, { mounts: [folder("/app/database")] }],
])("one that %s is in nobody's way", (_name, before, after) => {
  const mounts = (before?.mounts ?? []).map((mount) => ({
    ...{ type: mount.type, source: "/app/data", target: "/x", isReadOnly: "readOnly" in mount && mount.readOnly },
    ...(mount.type === "volume" && mount.name !== undefined ? { name: mount.name } : {}),
  }));
  expect(rendered([service("database", after)], [observed(service("db", before), { mounts })])).toContain(
    "delete container:db  no longer in the files",
  );
});

describe("renamed, it takes over what the one before had", () => {
  const data = { mounts: [volume("data")], restart: { name: "always" } } as const;
  const rows: readonly (readonly [string, DesiredContainer, DesiredContainer])[] = [
    ["a volume", service("db", data), service("database", data)],
    ["a name", service("db", {}, { name: "fixed" }), service("database", {}, { name: "fixed" })],
    ["both", service("db", data, { name: "fixed" }), service("database", data, { name: "fixed" })],
    ["a port", service("db", { ports: [port(8080)] }), service("database", { ports: [port(8080)] })],
  ];
  test.each(rows)("%s", async (_name, before, after) => {
    const it = containerStage("docker");
    await pass(it, [before]);
    await pass(it, [after]);
    expect(await pass(it, [after])).toBe("delete container:db  no longer in the files");
    expect(await pass(it, [after])).toBe("");
    expect(it.names()).toBe(`${after.name} running`);
  });

  test.each(rows.flatMap((row) => (["docker", "podman"] as const).map((engine) => [...row, engine] as const)))(
    "%s, cut before each call, with the machine down, whichever of the two is wanted then",
    async (_name, before, after, engine) => {
      for (const then of [before, after]) {
        for (let cutAt = 1, wasCut = true; wasCut; cutAt++) {
          const it = containerStage(engine);
          await pass(it, [before]);
          let calls = 0;
          it.onWrite((_call, when) => {
            if (when === "before" && ++calls >= cutAt) throw new Cut();
          });
          wasCut = await pass(it, [after]).then(
            () => false,
            (error: unknown) => error instanceof Cut,
          );
          it.onWrite(() => undefined);
          it.reboot();
          for (let passes = 0; passes < 3; passes++) await pass(it, [then]);
          expect([cutAt, await pass(it, [then]), it.names()]).toEqual([cutAt, "", `${then.name} running`]);
          const policies = [...it.containers.values()].map(({ spec }) => spec.restart?.name ?? "no");
          expect([cutAt, policies]).toEqual([cutAt, [then.spec.restart?.name ?? "no"]]);
          expect(cutAt).toBeLessThan(20);
        }
      }
    },
  );

  test("the one after it fails: what was stopped is there, and comes back with its name in the files", async () => {
    const it = containerStage("docker");
    const before = service("db", data, { name: "fixed" });
    await pass(it, [before]);
    const [id] = it.containers.keys();
    await expect(pass(it, [service("database", { ...data, image: "none:1" }, { name: "fixed" })])).rejects.toThrow();
    expect(it.names()).toBe(`${retiredName("fixed", id ?? "")} exited`);
    expect(await pass(it, [before])).toMatch(/^start container:db {2}exited with code 137; name fixed\./);
    expect([it.names(), [...it.containers.values()][0]?.spec.restart]).toEqual(["fixed running", data.restart]);
  });
});

describe("what stays in the files and gives something away goes first", () => {
  test("its volume", async () => {
    const it = containerStage("docker");
    await pass(it, [service("api", { mounts: [volume("data")] })]);
    const wishes = [service("api"), service("db", { mounts: [volume("data")] })];
    const actions = diff(wishes, await observe(wishes, it.ports, signal));
    expect(waits(actions, "container:db")).toEqual(["container:api"]);
    await pass(it, wishes);
    expect(await pass(it, wishes)).toBe("");
  });

  test("also where it waits for the other: then it is stopped before both", async () => {
    const it = containerStage("docker");
    await pass(it, [service("api", { mounts: [volume("data")] })]);
    const db = service("db", { mounts: [volume("data")] });
    const wishes = [service("api", {}, { dependsOn: [db.id] }), db];
    const plan = await pass(it, wishes);
    expect(plan).toContain("stop container:api@000000000003  exchanges its volume with another one  [downtime]");
    expect(await pass(it, wishes)).toBe("");
    expect(it.names()).toBe("app-dev-api-1 running, app-dev-db-1 running");
  });

  test("three that pass their ports on in a circle", async () => {
    const it = containerStage("docker");
    const trio = (...ports: readonly number[]) =>
      ["a", "b", "c"].map((name, index) => service(name, { ports: [port(ports[index] ?? 0)] }));
    await pass(it, trio(1, 2, 3));
    await pass(it, trio(2, 3, 1));
    expect(await pass(it, trio(2, 3, 1))).toBe("");
    expect(it.names()).toBe("app-dev-a-1 running, app-dev-b-1 running, app-dev-c-1 running");
  });

  test("what two share because the files say so stops neither", async () => {
    const shared = [folder("/app/src")];
    const seen = ["web", "worker"].map((name) =>
      observed(service(name, { mounts: shared }), {
        mounts: [{ type: "bind", source: "/app/src", target: "/src", isReadOnly: false }],
      }),
    );
    expect(rendered([service("web", { mounts: shared, command: ["new"] })], seen)).toBe(
      [
        "replace container:web  configuration changed  [downtime]",
        "delete container:worker  no longer in the files  [downtime]",
      ].join("\n"),
    );
  });
});

test("whatever is renamed, exchanged or shared, cut and started again: two never have one volume, and it comes to an end", async () => {
  // Services as often called otherwise as changed; a volume, a port and a name have at most one of them at a time.
  const services = uniqueArray(
    record({
      name: constantFrom("a", "b", "c", "d"),
      volume: constantFrom("v1", "v2", "v3", undefined),
      port: constantFrom(1, 2, undefined),
      fixed: constantFrom("x", "y", undefined),
    }),
    {
      maxLength: 3,
      comparator: (one, other) =>
        one.name === other.name ||
        [one.volume === other.volume && one.volume, one.port === other.port && one.port].some(Boolean) ||
        (one.fixed === other.fixed && one.fixed !== undefined),
    },
  ).map((all) =>
    all.map(({ name, volume: data, port: number, fixed }) =>
      service(
        name,
        {
          restart: { name: "always" },
          mounts: data === undefined ? [] : [volume(data)],
          ports: number === undefined ? [] : [port(number)],
        },
        fixed === undefined ? {} : { name: fixed },
      ),
    ),
  );
  await assert(
    asyncProperty(services, services, services, nat({ max: 12 }), async (first, second, third, cutAt) => {
      const it = containerStage("docker");
      for (let passes = 0; passes < 3; passes++) await pass(it, first);
      let calls = 0;
      it.onWrite((_call, when) => {
        if (when === "after" && calls++ === cutAt) throw new Cut();
      });
      await pass(it, second).catch(unlessExpected);
      it.onWrite(() => undefined);
      it.reboot();
      for (let passes = 0; passes < 5; passes++) await pass(it, third).catch(unlessExpected);
      expect(await pass(it, third)).toBe("");
      expect(it.names()).toBe(
        third
          .map(({ name }) => `${name} running`)
          .sort()
          .join(", "),
      );
    }),
    { numRuns: 200 },
  );
});

/** Names are exchanged in more than one pass: the first to be renamed is told so. */
function unlessExpected(error: unknown): void {
  const isExpected = error instanceof PoststackError && ["NAME_TAKEN", "ENGINE_BUSY"].includes(error.code);
  if (!isExpected && !(error instanceof Cut)) throw error;
}
