import { expect, test } from "vitest";
import { labelNames, ownerMark } from "../../../../controller/core/engine-labels.ts";
import { resourceId } from "../../../../controller/core/id.ts";
import { PoststackError } from "../../../../controller/core/errors.ts";
import type { Ports } from "../../../../controller/core/ports.ts";
import type { ContainerSummary } from "../../../../controller/core/ports/container-facts.ts";
import type { ImageFacts } from "../../../../controller/core/ports/container-images.ts";
import type { ProcessRecord } from "../../../../controller/core/ports/host.ts";
import type { Session } from "../../../../controller/core/ports/postgres.ts";
import { deployedParts, wantedReleases } from "../../../../controller/resources/migration/phases/deployed.ts";
import { observeDeployment } from "../../../../controller/resources/migration/phases/observe.ts";

const { signal } = new AbortController();
const token = "token";
const [first, second] = [`sha256:${"1".repeat(64)}`, `sha256:${"2".repeat(64)}`];

const container = (resource: string, facts: Partial<ContainerSummary> = {}, owner = token): ContainerSummary => ({
  id: "c".repeat(64),
  names: [`shop-dev-${resource.replace(/^.*:/, "")}`],
  imageId: first,
  imageReference: "shop/web:1",
  labels: new Map([
    [labelNames.owner, ownerMark(owner)],
    [labelNames.resource, resource],
    [labelNames.name, `shop-dev-${resource.replace(/^.*:/, "")}`],
    [labelNames.config, "config"],
  ]),
  state: "running",
  health: undefined,
  exitCode: undefined,
  upMs: 1,
  createdAt: new Date(0),
  networks: new Map(),
  ports: [],
  mounts: [],
  ...facts,
});

const process = (facts: Partial<ProcessRecord> = {}): ProcessRecord => ({
  resource: "process:worker",
  pid: 1,
  startTime: "1",
  configHash: "hash",
  fields: new Map([["contracts", "3 4.01"]]),
  logFile: "",
  logStart: 0,
  stopSignal: "SIGTERM",
  stopGraceMs: 0,
  startedAt: new Date(0),
  accepted: true,
  running: true,
  ...facts,
});

interface World {
  readonly containers?: readonly ContainerSummary[] | Error;
  readonly processes?: readonly ProcessRecord[];
  readonly images?: readonly string[];
}

const portsOf = ({ containers = [], processes = [], images = [first] }: World): Ports =>
  ({
    host: { processes: () => Promise.resolve(processes) },
    state: { read: () => ({ owner: token }) },
    containers: {
      containers: () => (containers instanceof Error ? Promise.reject(containers) : Promise.resolve(containers)),
      images: () =>
        Promise.resolve(images.map((id) => ({ id, references: ["shop/web:1"], digests: [] }) as unknown as ImageFacts)),
    },
  }) as unknown as Ports;

const partsIn = (world: World, hasContainers = true) => deployedParts({ hasContainers }, portsOf(world), signal);

test("containers and processes of ours, and nobody else's, in the order of their names", async () => {
  const world: World = {
    containers: [
      container("container:web"),
      container("job:seed", { state: "exited" }),
      container("instance:postgres"),
      container("container:web", { names: ["theirs"] }, "another"),
    ],
    processes: [process()],
  };
  const told = (await partsIn(world)).map(({ called, isUp, knows }) => [called, isUp, knows]);
  expect(told).toEqual([
    ["container shop-dev-seed", false, undefined],
    ["container shop-dev-web", true, undefined],
    ["process worker", true, ["3", "4.01"]],
  ]);
  expect((await partsIn(world, false)).map(({ called }) => called)).toEqual(["process worker"]);
});

test.each<[string, Partial<ContainerSummary>, readonly [isUp: boolean, isUnproved: boolean]]>([
  ["running", { state: "running" }, [true, false]],
  ["healthy", { state: "running", health: "healthy" }, [true, false]],
  ["starting", { state: "running", health: "starting" }, [true, true]],
  ["unhealthy", { state: "running", health: "unhealthy" }, [true, true]],
  ["restarting", { state: "restarting" }, [true, true]],
  ["paused", { state: "paused" }, [true, true]],
  ["exited", { state: "exited" }, [false, true]],
  ["created", { state: "created" }, [false, true]],
])("a container that is %s", async (_name, facts, expected) => {
  const [part] = await partsIn({ containers: [container("container:web", facts)] });
  expect([part?.isUp, part?.isUnproved ?? false]).toEqual(expected);
});

test("a process that nobody has seen ready has not proved itself", async () => {
  const parts = await partsIn({ processes: [process({ accepted: false }), process({ running: false })] });
  expect(parts.map(({ isUp, isUnproved = false }) => [isUp, isUnproved])).toEqual([
    [true, true],
    [false, false],
  ]);
});

test("a container's release is its configuration and its image", async () => {
  const [, { labels }] = [0, container("container:web")];
  const releases = await Promise.all(
    [
      container("container:web"),
      container("container:web", { imageId: second }),
      container("container:web", { labels: new Map([...labels, [labelNames.config, "another"]]) }),
      container("container:web", { imageId: first.replace("sha256:", "") }),
    ].map(async (one) => (await partsIn({ containers: [one] }))[0]?.release),
  );
  expect(new Set(releases).size).toBe(3);
  expect(releases[0]).toBe(releases[3]);
});

test("what is wanted is as one of it would be seen; without its image, nobody knows", async () => {
  const image = { id: resourceId("image", "shop/web:1"), reference: "shop/web:1" };
  const parts = [
    { id: resourceId("container", "web"), service: "web", config: "config", image },
    { id: resourceId("process", "worker"), service: "worker", config: "hash" },
  ];
  const wish = { parts, hasContainers: true };
  const world: World = { containers: [container("container:web")], processes: [process()] };
  const wanted = await wantedReleases(wish, portsOf(world), signal);
  for (const { resource, release } of await partsIn(world)) expect(wanted.get(resource)?.release).toBe(release);
  const without = await wantedReleases(wish, portsOf({ images: [] }), signal);
  expect(without.get(resourceId("container", "web"))).toEqual({ service: "web", image: image.id });
});

test("where the engine does not answer, a command that does not need it goes on, and any other does not", async () => {
  const gone = new PoststackError("ENGINE_UNREACHABLE", { what: "the engine is not there" });
  const session = { query: () => Promise.resolve([]) } as unknown as Session;
  const seenBy = (parts?: readonly []) =>
    observeDeployment(
      { hasContainers: true, ...(parts === undefined ? {} : { parts }) },
      session,
      portsOf({ containers: gone }),
      signal,
    );
  expect(await seenBy()).toEqual({ noted: new Map(), before: [] });
  await expect(seenBy([])).rejects.toBe(gone);
});
