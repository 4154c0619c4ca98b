// An image brings along whatever labels it was made with: our own builds have our mark, and `docker commit` takes all of a
// container's. What is run from such an image is somebody else's, to every kind (RELIABILITY 8).
import { expect, test } from "vitest";
import { ownContainers } from "../../controller/cli/containers/own.ts";
import { labelNames, ownerMark } from "../../controller/core/engine-labels.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import { resourceId } from "../../controller/core/id.ts";
import type { Ports } from "../../controller/core/ports.ts";
import type { ContainerSpec } from "../../controller/core/ports/container-spec.ts";
import { renderActions } from "../../controller/core/render.ts";
import * as image from "../../controller/resources/image/leftovers.ts";
import { applyContainer } from "../../controller/resources/instance/on-container/apply.ts";
import { formerContainer, observeContainer } from "../../controller/resources/instance/on-container/observe.ts";
import type { ContainerServer, DesiredInstance } from "../../controller/resources/instance/model.ts";
import { runContainer } from "../../controller/resources/job/on-container/run.ts";
import type { ContainerJob } from "../../controller/resources/job/model.ts";
import * as network from "../../controller/resources/network/observe.ts";
import * as volume from "../../controller/resources/volume/leftovers.ts";
import { virtualClock } from "../support/fake-clock.ts";
import { fakeEngine } from "../support/fake-engine.ts";
import { desired as embedded, without } from "./instance/stage.ts";

const token = "0123456789abcdef";
const { signal } = new AbortController();
const project = { project: "app", environment: "dev", root: "/app", workingDirectory: "/app", configFiles: [] };

const labelled = (resource: string, name?: string): ReadonlyMap<string, string> =>
  new Map([
    [labelNames.owner, ownerMark(token)],
    [labelNames.resource, resource],
    ["io.poststack.environment", "dev"],
    ...(name === undefined ? [] : [[labelNames.name, name] as const]),
  ]);

/** An engine with one container, if it is asked for, and a foreign one of an image that has the same labels. */
async function stage(resource: string, name: string, hasOwn: boolean, more: Partial<ContainerSpec> = {}) {
  const clock = virtualClock();
  const engine = fakeEngine({
    clock,
    program: ({ spec }) => (spec.command === undefined ? undefined : { exitCode: 0 }),
  });
  engine.addImage("original:1");
  engine.addImage("committed:1", { labels: labelled(resource, name) });
  await engine.createNetwork("app-dev_default", { labels: labelled("network:default") }, signal);
  await engine.createVolume("app-dev-data", { labels: labelled("volume:data") }, signal);
  const spec: ContainerSpec = {
    ...{ image: "committed:1", environment: new Map(), labels: new Map(), ports: [], expose: [], mounts: [] },
    ...{ network: { mode: "none" }, ...more },
  };
  const own = { ...spec, image: "original:1", labels: labelled(resource, name) };
  if (hasOwn) await engine.startContainer((await engine.createContainer(name, own, signal)).id, signal);
  const foreign = await engine.createContainer("debug", spec, signal);
  await engine.startContainer(foreign.id, signal);
  const ports = {
    ...{ clock, containers: engine },
    state: {
      directory: "/state",
      read: () => ({ owner: token, engine: { engine: "docker", address: "unix:///fake" }, secrets: new Map() }),
      remove: () => undefined,
    },
    server: {
      fence: () => 1,
      reset: () => Promise.resolve(),
      admin: () => Promise.reject(new PoststackError("POSTGRES_UNREACHABLE", { what: "down" })),
    },
    host: {
      portHolder: () => Promise.resolve(undefined),
      writeLog: async (_: string, lines: AsyncIterable<string>) => {
        for await (const line of lines) void line;
      },
    },
    log: { debug: () => undefined, warn: () => undefined },
    progress: () => undefined,
  } as unknown as Ports;
  const states = async () => (await engine.containers(signal)).map(({ names, state }) => `${names[0] ?? ""} ${state}`);
  return { engine, ports, foreign: foreign.id, states };
}

const server: ContainerServer = {
  ...{ name: "app-dev-postgres", image: "original:1", major: 17, bind: "127.0.0.1", port: 5433 },
  ...{ volume: "app-dev-postgres", networks: [], alias: "postgres", service: "postgres", config: "c", project },
};
const instance: DesiredInstance = {
  ...{ ...without(embedded(), "spec"), provider: "container", container: server, knownIdentifier: "7" },
};
const facts = { id: instance.id, kind: "instance", dependsOn: [], reason: "", hazards: [], desired: instance } as const;

test("the server: not taken for the one that is gone", async () => {
  const { ports } = await stage(instance.id, server.name, false);
  const { container } = await observeContainer(instance, server, ports, signal);
  expect(container).not.toHaveProperty("current");
  expect(await formerContainer(instance, ports, signal)).toBeUndefined();
});

test("the server: stopping and deleting it leave the other one as it is", async () => {
  const { ports, states } = await stage(instance.id, server.name, true);
  expect(await formerContainer(instance, ports, signal)).toBe(server.name);
  await applyContainer({ ...facts, verb: "stop" }, server, ports, signal);
  expect(await states()).toEqual(["app-dev-postgres exited", "debug running"]);
  await applyContainer({ ...facts, verb: "delete" }, server, ports, signal);
  expect(await states()).toEqual(["debug running"]);
});

test("a job: only what an earlier run left of it is ended", async () => {
  const { ports, states } = await stage("job:seed", "app-dev-seed", true);
  const job = {
    ...{ id: resourceId("job", "seed"), timeoutMs: 1_000 },
    container: {
      ...{ name: "app-dev-seed", files: [], service: "seed", config: "c", project },
      spec: {
        ...{ image: "original:1", command: ["true"], environment: new Map(), labels: new Map(), ports: [], expose: [] },
        ...{ mounts: [], network: { mode: "none" } },
      },
    },
  } as unknown as ContainerJob;
  await runContainer(job, "seed.log", ports, signal);
  expect(await states()).toEqual(["debug running"]);
});

test.each([
  ["container:web", "app-dev-web", [true, false]],
  ["instance:postgres", "app-dev-postgres", [true, false]],
  ["job:seed", "app-dev-seed", [true, false]],
  ["image:app-dev-web", "", [false]],
])("a network: %s is ours, what is run from an image with its labels is not", async (resource, name, expected) => {
  const attachments = new Map([["app-dev_default", { aliases: [] }]]);
  const { ports } = await stage(resource, name, name !== "", { network: { mode: "networks", attachments } });
  const [seen] = await network.observe([], ports, signal);
  expect(seen?.members.map(({ isOurs }) => isOurs)).toEqual(expected);
});

test("what commands list are ours alone", async () => {
  const { ports } = await stage("container:web", "app-dev-web", true);
  const found = await ownContainers({ ports }, signal);
  expect(found.map(({ called, summary }) => `${called} ${summary.names.join(", ")}`)).toEqual(["web app-dev-web"]);
});

const going = { keep: [], ownContainersGo: true, dependsOn: [] };

test("volumes and images: what a foreign one needs stays when ours go", async () => {
  const mounts = [{ type: "volume", name: "app-dev-data", target: "/data", readOnly: false }] as const;
  const { engine, ports, foreign } = await stage("image:committed:1", "", false, { mounts });
  const volumes = { ...going, id: resourceId("volume", "leftovers"), deleteData: true };
  const images = { ...going, id: resourceId("image", "leftovers") };
  expect(await volume.observeLeftovers(volumes, ports, signal)).toEqual([]);
  expect(await image.observeLeftovers(images, ports, signal)).toEqual([]);
  await engine.removeContainer(foreign, { force: true, anonymousVolumes: false }, signal);
  const left = volume.diffLeftovers(volumes, await volume.observeLeftovers(volumes, ports, signal));
  expect(renderActions(left)).toContain("delete volume:app-dev-data");
  expect(renderActions(image.diffLeftovers(await image.observeLeftovers(images, ports, signal)))).toContain(
    "committed:1",
  );
});
