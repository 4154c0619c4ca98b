import { inspect } from "node:util";
import { assert, property, shuffledSubarray } from "fast-check";
import { describe, expect, test } from "vitest";
import { resourceId } from "../../../controller/core/id.ts";
import type { ContainerSpec, NetworkAttachment } from "../../../controller/core/ports/container-spec.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { content } from "../../../controller/resources/container/content.ts";
import { diff } from "../../../controller/resources/container/diff.ts";
import type { DesiredContainer, ObservedContainer } from "../../../controller/resources/container/model.ts";
import {
  actionOf,
  changed,
  desired,
  details,
  foreign,
  inPlace,
  labelsFor,
  nameFor,
  need,
  newImage,
  observed,
  oldImage,
  rendered,
  type Wish,
} from "./kit.ts";

type Row = readonly [string, readonly DesiredContainer[], readonly ObservedContainer[], string];

const id = (name: string) => resourceId("container", name);
const db = desired({ id: id("db"), service: "db" });
const port = { containerPort: 80, hostPort: 8080, protocol: "tcp" } as const;
const published: Wish = { spec: { ports: [port] } };
const variable = (name: string, value: string | Secret): Wish => ({ spec: { environment: new Map([[name, value]]) } });
const file = (content: string | Secret): Wish => ({
  files: [{ path: "/run/secrets/token", content, mode: 0o444, uid: 0, gid: 0 }],
});
const on = (networks: Readonly<Record<string, Partial<NetworkAttachment>>>): Wish => {
  const attachments = Object.entries(networks).map(([name, more]) => [name, { aliases: [], ...more }] as const);
  return { spec: { network: { mode: "networks", attachments: new Map(attachments) } } };
};
const connected = (attachment: NetworkAttachment) =>
  details(desired(), { attachments: new Map([["app-dev_default", attachment]]) });
const atAddress = (ipv4: string): Wish => on({ "app-dev_default": { aliases: ["web"], ipv4 } });
const listedAt = (address: string) => ({
  networks: new Map([["app-dev_default", { id: "n1", aliases: [], address, macAddress: undefined }]]),
});
const at = (time: string): Date => new Date(`2026-01-01T${time}Z`);
const other = variable("LEVEL", "info");
const old = desired(variable("LEVEL", "debug"));
const now = desired(other);
const next = (from: DesiredContainer, more = {}): ObservedContainer =>
  observed(from, { names: [`${nameFor(id("web"))}.next`], id: "next-id", ...more });
const previous = (from: DesiredContainer, more = {}): ObservedContainer =>
  observed(from, { names: [`${nameFor(id("web"))}.previous`], id: "previous-id", state: "exited", ...more });

test.each<Row>([
  ["one that runs as it should needs nothing", [desired()], [observed()], ""],
  ["one that is not there is made", [desired()], [], "create container:web  not found"],
  [
    "made and never started",
    [desired()],
    [observed(desired(), { state: "created" })],
    "start container:web  made, and never started",
  ],
  [
    "what is to be run in it after its start was cut off",
    [desired({ postStart: [{ command: ["warm"], timeoutMs: 1 }] })],
    [observed(desired(), {}, { isStartUnfinished: true })],
    "update container:web  post_start not done → done",
  ],
  [
    "which the start does anyway",
    [desired({ postStart: [{ command: ["warm"], timeoutMs: 1 }] })],
    [observed(desired(), { state: "exited", exitCode: 137 }, { isStartUnfinished: true })],
    "start container:web  exited with code 137",
  ],
  ["and is not asked for any more", [desired()], [observed(desired(), {}, { isStartUnfinished: true })], ""],
  [
    "one that was killed",
    [desired()],
    [observed(desired(), { state: "exited", exitCode: 137 })],
    "start container:web  exited with code 137",
  ],
  [
    "one that ended well before is started again by each command, as Compose does it",
    [desired({ since: at("12:00:00") })],
    [
      observed(
        desired(),
        { state: "exited", exitCode: 0 },
        { details: details(desired(), { startedAt: at("11:59:59") }) },
      ),
    ],
    "start container:web  exited with code 0; each command starts again what ended well",
  ],
  [
    "and once by each",
    [desired({ since: at("12:00:00") })],
    [
      observed(
        desired(),
        { state: "exited", exitCode: 0 },
        { details: details(desired(), { startedAt: at("12:00:01") }) },
      ),
    ],
    "",
  ],
  [
    "a server that ended well was stopped by hand",
    [desired(published)],
    [observed(desired(published), { state: "exited", exitCode: 0 })],
    "start container:web  exited with code 0",
  ],
  [
    "what is to be kept running and ended well",
    [desired({ spec: { restart: { name: "always" } } })],
    [observed(desired({ spec: { restart: { name: "always" } } }), { state: "exited", exitCode: 0 })],
    "start container:web  exited with code 0",
  ],
  [
    "what others wait for to complete has completed, also with a port",
    [desired({ ...published, runs: "once" })],
    [observed(desired(published), { state: "exited", exitCode: 0 })],
    "",
  ],
  [
    "in a loop of restarts",
    [desired()],
    [observed(desired(), { state: "restarting", exitCode: 1 })],
    "restart container:web  restarting again and again with code 1  [downtime]",
  ],
  [
    "unhealthy",
    [desired()],
    [observed(desired(), { health: "unhealthy" })],
    "restart container:web  unhealthy  [downtime]",
  ],
  ["still starting is no drift", [desired()], [observed(desired(), { health: "starting" })], ""],
  ["paused", [desired()], [observed(desired(), { state: "paused" })], "update container:web  state paused → running"],
  [
    "dead",
    [desired()],
    [observed(desired(), { state: "dead" })],
    "replace container:web  dead: the engine could not remove it",
  ],
  [
    "made, and never to be started by its engine",
    [desired()],
    [observed(desired(), { state: "created" }, { details: details(desired(), { isStuck: true }) })],
    "replace container:web  never started: the engine lost hold of its start",
  ],
  [
    "not to be started again by its engine, and it ran: it may hold something",
    [desired()],
    [observed(desired(), { state: "exited", exitCode: 1 }, { details: details(desired(), { isStuck: true }) })],
    "start container:web  exited with code 1",
  ],
  [
    "being removed is as good as gone",
    [desired()],
    [observed(desired(), { state: "removing" })],
    "create container:web  not found",
  ],
  [
    "renamed",
    [desired()],
    [observed(desired(), { names: ["mine"] })],
    "update container:web  name mine → app-dev-web-1",
  ],
  [
    "disconnected from a network",
    [desired()],
    [observed(desired(), { networks: new Map() })],
    "update container:web  network app-dev_default none → connected",
  ],
  [
    "put back on a network with other names",
    [desired()],
    [observed(desired(), {}, { details: connected({ aliases: ["elsewhere"] }) })],
    "update container:web  aliases on app-dev_default elsewhere → web",
  ],
  [
    "without any",
    [desired()],
    [observed(desired(), {}, { details: connected({ aliases: [] }) })],
    "update container:web  aliases on app-dev_default none → web",
  ],
  [
    "with one more than asked for, as engines have it",
    [desired()],
    [observed(desired(), {}, { details: connected({ aliases: ["web", "0123456789ab"] }) })],
    "",
  ],
  [
    "at another address, which every list tells",
    [desired(atAddress("10.0.0.2"))],
    [observed(desired(atAddress("10.0.0.2")), listedAt("10.0.0.7"))],
    "update container:web  ipv4_address on app-dev_default 10.0.0.7 → 10.0.0.2",
  ],
  [
    "at its own",
    [desired(atAddress("10.0.0.2"))],
    [observed(desired(atAddress("10.0.0.2")), listedAt("10.0.0.2"))],
    "",
  ],
  [
    "connected to another network by hand",
    [desired()],
    [
      observed(desired(), {
        networks: new Map([
          ...observed().summary.networks,
          ["lan", { id: "n2", aliases: [], address: undefined, macAddress: undefined }],
        ]),
      }),
    ],
    "update container:web  network lan connected → none",
  ],
  [
    "killed and renamed",
    [desired()],
    [observed(desired(), { state: "exited", exitCode: 137, names: ["mine"] })],
    "start container:web  exited with code 137; name mine → app-dev-web-1",
  ],
  [
    "another image under the same reference",
    [desired()],
    [observed(desired(), {}, { wantedImageId: newImage })],
    "replace container:web  image sha256:111111111111 → sha256:222222222222",
  ],
  [
    "the reference means nothing here: fetching it comes first",
    [desired()],
    [{ ...observed(), wantedImageId: undefined } as unknown as ObservedContainer],
    "",
  ],
  [
    "a restart that was asked for",
    [desired({ startedAfter: at("12:00:01") })],
    [observed(desired(), {}, { details: details(desired(), { startedAt: at("12:00:00") }) })],
    "restart container:web  restart requested  [downtime]",
  ],
  [
    "a restart that has happened",
    [desired({ startedAfter: at("12:00:01") })],
    [observed(desired(), {}, { details: details(desired(), { startedAt: at("12:00:01") }) })],
    "",
  ],
  ["no longer in the files", [], [observed()], "delete container:web  no longer in the files  [downtime]"],
  [
    "left by a job that was interrupted: it goes, whether the job is still in the files or not",
    [desired()],
    [observed(), observed(desired({ id: resourceId("job", "init-seed"), name: "seed" }))],
    "delete container:init-seed@seed-id  left by a job that was interrupted  [downtime]",
  ],
  ["not ours and not in the files", [], [foreign({})], ""],
  [
    "two of one: the one under its name stays",
    [desired()],
    [observed(), observed(desired(), { id: "another000000", names: ["copy"] })],
    "delete container:web@another00000  there is another container:web  [downtime]",
  ],
  ["to be stopped", [desired({ to: "stopped" })], [observed()], "stop container:web  stop requested  [downtime]"],
  [
    "stopped, whatever else differs",
    [desired({ ...other, to: "stopped" })],
    [observed(old, { state: "exited", exitCode: 0 })],
    "",
  ],
  ["stopped and not there", [desired({ to: "stopped" })], [], ""],
  ["to be as it is, and not there", [desired({ to: "as-is" })], [], ""],
  [
    "to be as it is, stopped and of another wish",
    [desired({ ...other, to: "as-is" })],
    [observed(old, { state: "exited" })],
    "",
  ],
  [
    "to be as it is, with what an earlier replacement left",
    [desired({ to: "as-is" })],
    [observed(), next(now), previous(old)],
    "delete container:web@next-id  left by a replacement  [downtime]\ndelete container:web@previous-id  left by a replacement",
  ],
  [
    "to be as it is, in the middle of a replacement: what is left is needed still",
    [desired({ to: "as-is" })],
    [observed(now, { state: "exited", exitCode: 1 }), previous(old)],
    "",
  ],
  [
    "to be as it is, beside one that nobody asks for",
    [desired({ to: "as-is" })],
    [observed(), observed(db)],
    "delete container:db  no longer in the files  [downtime]",
  ],
  [
    "to be absent",
    [desired({ to: "absent" })],
    [observed(desired(), { state: "exited" })],
    "delete container:web  removal requested",
  ],
])("%s", (_name, wishes, seen, expected) => {
  expect(rendered(wishes, seen)).toBe(expected);
});

describe("what changed is named in the files' own words", () => {
  test.each<readonly [string, Wish, Wish, string]>([
    ["a variable", variable("LEVEL", "debug"), variable("LEVEL", "info"), "replace container:web  LEVEL debug → info"],
    [
      "a network more",
      on({ lan: {} }),
      on({ lan: {}, Wan: {} }),
      "replace container:web  network Wan none → connected",
    ],
    [
      "a network less",
      on({ lan: {}, wan: { aliases: ["web"], ipv4: "10.0.0.2" } }),
      on({ lan: {} }),
      "replace container:web  network wan connected → none",
    ],
    [
      "other names on it, in another order",
      on({ lan: { aliases: ["web", "api"] } }),
      on({ lan: { aliases: ["www", "web"] } }),
      "replace container:web  aliases on lan api, web → web, www",
    ],
    [
      "another address",
      on({ lan: { ipv4: "10.0.0.2" } }),
      on({ lan: { ipv4: "10.0.0.3", ipv6: "fd00::3" } }),
      "replace container:web  ipv4_address on lan 10.0.0.2 → 10.0.0.3; ipv6_address on lan none → fd00::3  [downtime]",
    ],
    [
      "networks instead of the host's",
      { spec: { network: { mode: "host" } } },
      on({ lan: {} }),
      "replace container:web  network lan none → connected; network_mode host → none",
    ],
    [
      "none at all",
      on({ lan: {} }),
      { spec: { network: { mode: "none" } } },
      "replace container:web  network lan connected → none",
    ],
    ["a new variable, empty", {}, variable("DEBUG", ""), 'replace container:web  DEBUG none → ""'],
    [
      "a variable called __proto__",
      variable("__proto__", "a"),
      variable("__proto__", "b"),
      "replace container:web  __proto__ a → b",
    ],
    [
      "a secret is not shown",
      variable("PASSWORD", new Secret("one")),
      variable("PASSWORD", new Secret("two")),
      "replace container:web  PASSWORD changed",
    ],
    [
      "a secret that is gone is not shown either",
      variable("PASSWORD", new Secret("one")),
      {},
      "replace container:web  PASSWORD changed",
    ],
    ["the command", {}, { spec: { command: ["serve", "a b"] } }, 'replace container:web  command none → serve "a b"'],
    ["the image's reference", {}, { spec: { image: "web:2" } }, "replace container:web  image web:1 → web:2"],
    [
      "the content of a file",
      file("a"),
      file(new Secret("b")),
      "replace container:web  content of /run/secrets/token changed",
    ],
    [
      "a label",
      { spec: { labels: new Map([["team", "a"]]) } },
      { spec: { labels: new Map([["team", "b"]]) } },
      "replace container:web  label team a → b",
    ],
    [
      "memory, in place",
      { spec: { resources: { memoryBytes: 1024 } } },
      { spec: { resources: { memoryBytes: 2048 } } },
      "update container:web  mem_limit 1k → 2k",
    ],
    [
      "the restart policy, in place",
      {},
      { spec: { restart: { name: "on-failure", maxRetries: 3 } } },
      "update container:web  restart no → on-failure:3",
    ],
    [
      "a limit that is to go needs a new container",
      { spec: { resources: { pidsLimit: 50 } } },
      {},
      "replace container:web  pids_limit 50 → none",
    ],
    [
      "a limit that this engine cannot change",
      { spec: { resources: { cpuPeriodMicros: 1000 } } },
      { spec: { resources: { cpuPeriodMicros: 2000 } } },
      "replace container:web  cpu_period 1000 → 2000",
    ],
    [
      "limits and more",
      { spec: { resources: { pidsLimit: 50 } } },
      { spec: { resources: { pidsLimit: 60 }, command: ["a"] } },
      "replace container:web  command none → a; pids_limit 50 → 60",
    ],
    [
      "a port",
      published,
      { spec: { ports: [{ ...port, hostPort: 9090 }] } },
      "replace container:web  ports 8080:80/tcp → 9090:80/tcp  [downtime]",
    ],
    [
      "a volume",
      { spec: { mounts: [{ type: "volume", name: "data", target: "/data", readOnly: true }] } },
      {},
      "replace container:web  volumes data:/data:ro → none",
    ],
    [
      "a folder to work in",
      { spec: { workingDirectory: "/a" } },
      { spec: { workingDirectory: "/b" } },
      "replace container:web  working_dir /a → /b",
    ],
    [
      "the healthcheck",
      { spec: { healthcheck: { test: ["CMD", "true"], intervalMs: 5_000 } } },
      { spec: { healthcheck: { test: ["CMD", "true"], intervalMs: 9_000 } } },
      "replace container:web  healthcheck.interval 5s → 9s",
    ],
  ])("%s", (_name, before, after, expected) => {
    expect(rendered(...changed(before, after))).toBe(expected);
  });

  test("what the image brings along is no difference", () => {
    const imageConfig = {
      ...{ environment: new Map([["A", "1"]]), labels: new Map([["from", "image"]]), expose: ["80/tcp"] },
      ...{ volumes: ["/data"], user: "web", workingDirectory: "/app", stopSignal: undefined },
      ...{ entrypoint: undefined, command: undefined, healthcheck: undefined },
    };
    // An engine tells the volumes of images elsewhere than among the mounts that were asked for.
    const { environment, labels, expose, user, workingDirectory } = imageConfig;
    const old = desired();
    const made = details(old, { spec: { ...old.spec, environment, labels, expose, user, workingDirectory } });
    const seen = observed(old, {}, { details: made, imageConfig, changesInPlace: inPlace });
    expect(rendered([desired({ spec: { tty: true } })], [seen])).toBe("replace container:web  tty false → true");
  });

  test("a limit that somebody changed behind our back, where it was looked for", () => {
    const wish = desired({ spec: { resources: { memoryBytes: 1024 } } });
    const edited = details(wish, { spec: { ...wish.spec, resources: { memoryBytes: 4096, memorySwapBytes: 8192 } } });
    const seen = observed(wish, {}, { details: edited, changesInPlace: inPlace });
    expect(rendered([wish], [seen])).toBe("update container:web  mem_limit 4k → 1k");
  });

  test("a limit that the engine's kernel has not is discarded, and no drift", () => {
    type Asked = NonNullable<ContainerSpec["resources"]>;
    const after = (made: Asked, wanted: Asked, seen: Asked): string => {
      const old = desired({ spec: { resources: made } });
      const found = details(old, { spec: { ...old.spec, resources: seen } });
      const all = new Set([...inPlace, "blkioWeight"] as const);
      return rendered(
        [desired({ spec: { resources: wanted } })],
        [observed(old, {}, { details: found, changesInPlace: all })],
      );
    };
    const weight = { blkio: { weight: 300 } };
    expect(after(weight, weight, {})).toBe("");
    expect(after(weight, { blkio: { weight: 400 } }, {})).toBe("");
    expect(after(weight, weight, { blkio: { weight: 100 } })).toBe(
      "update container:web  blkio_config.weight 100 → 300",
    );
    // Only a container that is made with it shows that it is.
    expect(after({}, weight, {})).toBe("replace container:web  blkio_config.weight none → 300");
    // Without limits of swap there is none, and nobody asked for one.
    const memory = { memoryBytes: 1024 };
    expect(after(memory, memory, { memoryBytes: 1024, memorySwapBytes: -1 })).toBe("");
    expect(after({}, memory, { memoryBytes: 1024, memorySwapBytes: -1 })).toBe("");
    const swap = { memoryBytes: 1024, memorySwapBytes: 4096 };
    expect(after(swap, swap, { memoryBytes: 1024, memorySwapBytes: -1 })).toBe("");
  });

  test("a limit of the engine's own is no drift", () => {
    const own = details(desired(), { spec: { ...desired().spec, resources: { pidsLimit: 2048 } } });
    expect(rendered([desired()], [observed(desired(), {}, { details: own, changesInPlace: inPlace })])).toBe("");
  });
});

describe("an interrupted replacement is finished", () => {
  test.each<Row>([
    [
      "the new one was made beside the old one",
      [now],
      [observed(old), next(now, { state: "created" })],
      "replace container:web  configuration changed",
    ],
    [
      "and another wish came meanwhile",
      [desired()],
      [observed(old), next(now)],
      "replace container:web  configuration changed  [downtime]",
    ],
    [
      "and the wish was taken back",
      [old],
      [observed(old), next(now)],
      "delete container:web@next-id  left by a replacement  [downtime]",
    ],
    [
      "the old one is gone, the new one not yet renamed",
      [now],
      [next(now)],
      "update container:web  name app-dev-web-1.next → app-dev-web-1",
    ],
    ["the old one is put aside, nothing else", [now], [previous(old)], "replace container:web  configuration changed"],
    [
      "the old one is put aside, and wanted again",
      [old],
      [previous(old, { exitCode: 0 })],
      "start container:web  exited with code 0; name app-dev-web-1.previous → app-dev-web-1",
    ],
    [
      "the old one is put aside, the new one stands under its name",
      [now],
      [previous(old), observed(now, { state: "created" })],
      "replace container:web  its replacement was interrupted",
    ],
    [
      "the old one is put aside, the new one has its first name",
      [now],
      [previous(old), next(now, { state: "created" })],
      "replace container:web  its replacement was interrupted",
    ],
    [
      "the new one runs, and was not accepted yet",
      [now],
      [previous(old), observed(now)],
      "replace container:web  its replacement was interrupted",
    ],
    [
      "stopped meanwhile",
      [desired({ ...other, to: "stopped" })],
      [previous(old), observed(now, { state: "exited" })],
      "delete container:web@previous-id  left by a replacement",
    ],
  ])("%s", (_name, wishes, seen, expected) => {
    expect(rendered(wishes, seen)).toBe(expected);
  });

  test("what was made is gone on with, and what is of no use goes", () => {
    expect(actionOf("replace", [now], [observed(old), next(now)])).toMatchObject({
      order: "start-first",
      old: { name: "app-dev-web-1" },
      made: { id: "next-id" },
      leftovers: [],
    });
    const useless = actionOf("replace", [desired()], [observed(old), next(now)]);
    expect(useless).toMatchObject({ leftovers: [{ id: "next-id" }] });
    expect(useless.made).toBeUndefined();
    expect(actionOf("replace", [now], [previous(old), observed(now)])).toMatchObject({
      order: "stop-first",
      old: { id: "previous-id" },
      made: { id: "app-dev-web-1-id" },
    });
    expect(actionOf("replace", [desired()], [previous(old), observed(now, { upMs: 1_000 })])).toMatchObject({
      order: "stop-first",
      old: { id: "previous-id" },
      leftovers: [{ id: "app-dev-web-1-id" }],
      hazards: ["downtime"],
    });
    // Only its acceptance was cut off: it serves.
    expect(actionOf("replace", [desired()], [previous(old), observed(now)])).toMatchObject({
      old: { id: "app-dev-web-1-id" },
      leftovers: [{ id: "previous-id" }],
    });
  });
});

describe("which one goes first", () => {
  test.each<readonly [string, Wish, "start-first" | "stop-first"]>([
    ["nothing is exclusive", {}, "start-first"],
    ["a port that the engine chooses", { spec: { ports: [{ containerPort: 80, protocol: "tcp" }] } }, "start-first"],
    ["a port of the host", published, "stop-first"],
    [
      "an address of its own",
      { spec: { network: { mode: "networks", attachments: new Map([["n", { aliases: [], ipv4: "10.0.0.2" }]]) } } },
      "stop-first",
    ],
    ["the host's network", { spec: { network: { mode: "host" } } }, "stop-first"],
    [
      "a volume",
      { spec: { mounts: [{ type: "volume", name: "data", target: "/data", readOnly: false }] } },
      "stop-first",
    ],
    [
      "a volume that is only read",
      { spec: { mounts: [{ type: "volume", name: "data", target: "/data", readOnly: true }] } },
      "start-first",
    ],
    [
      "a folder of the host",
      {
        spec: { mounts: [{ type: "bind", source: "/app/src", target: "/src", readOnly: false, createHostPath: true }] },
      },
      "stop-first",
    ],
    ["memory", { spec: { mounts: [{ type: "tmpfs", target: "/tmp", readOnly: false }] } }, "start-first"],
  ])("%s", (_name, wish, order) => {
    const was = desired({ ...wish, spec: { ...wish.spec, command: ["old"] } });
    const { order: found, hazards } = actionOf("replace", [desired(wish)], [observed(was)]);
    expect(found).toBe(order);
    expect(hazards.includes("downtime")).toBe(order === "stop-first");
  });

  test("a volume without a name goes on in the new one, so the old one ends first", () => {
    const name = "a".repeat(64);
    const mounts = [{ type: "volume", name, source: "/var", target: "/data", isReadOnly: false }];
    expect(actionOf("replace", [now], [observed(old, { mounts })])).toMatchObject({
      order: "stop-first",
      inherits: mounts,
    });
  });
});

describe("what is not ours stands in the way and is left alone", () => {
  const madeIn = (folder: string) =>
    new Map([
      ["io.poststack.project", "app"],
      ["io.poststack.environment", "dev"],
      ["com.docker.compose.project.working_dir", folder],
    ]);
  const nginx = foreign({ names: ["nginx"], ports: [port] });
  test.each<Row>([
    [
      "the name",
      [desired()],
      [foreign({})],
      'refuse container:web  a container "app-dev-web-1" is there already, and Poststack did not make it for this environment',
    ],
    [
      "a name that is given back, since its container is being removed",
      [desired()],
      [foreign({ state: "removing" })],
      "create container:web  not found",
    ],
    [
      "the name, by a copy of the project",
      [desired()],
      [foreign({ labels: new Map([...labelsFor(desired()), ...madeIn("/copy"), ["io.poststack.owner", "another"]]) })],
      'refuse container:web  container "app-dev-web-1" belongs to dev of the same project in /copy',
    ],
    [
      "a port",
      [desired(published)],
      [nginx],
      'refuse container:web  port 8080:80/tcp of container:web is taken by container "nginx"',
    ],
    [
      "a port that is held already needs nothing",
      [desired(published)],
      [observed(desired(published)), foreign({ names: ["x"] })],
      "",
    ],
    [
      "a port of another address",
      [desired({ spec: { ports: [{ ...port, hostIp: "127.0.0.1" }] } })],
      [foreign({ names: ["nginx"], ports: [{ ...port, hostIp: "127.0.0.2" }] })],
      "create container:web  not found",
    ],
    [
      "what is no longer in the files holds the port: it is stopped before",
      [desired(published)],
      [observed(desired({ ...published, id: id("old") }), { ports: [port] })],
      "create container:web  not found\nstop container:old  no longer in the files, and its port is wanted; deleted when all else is done  [downtime]",
    ],
  ])("%s", (_name, wishes, seen, expected) => {
    expect(rendered(wishes, seen)).toBe(expected);
  });

  test("two that exchange their ports are both stopped first, and do not wait for each other", () => {
    const other = { ...port, hostPort: 9090 };
    const wishes = [desired({ spec: { ports: [other] } }), desired({ ...published, id: id("api") })];
    const seen = [
      observed(desired(published), { ports: [port] }),
      observed(desired({ id: id("api"), spec: { ports: [other] } }), { ports: [other] }),
    ];
    expect(diff(wishes, seen).map(({ verb, id: of, dependsOn }) => [verb, of, dependsOn])).toEqual([
      ["replace", "container:web", ["container:api@app-dev-api-", "container:web@app-dev-web-"]],
      ["replace", "container:api", ["container:api@app-dev-api-", "container:web@app-dev-web-"]],
      ["stop", "container:web@app-dev-web-", []],
      ["stop", "container:api@app-dev-api-", []],
    ]);
  });

  test("one of ours that gives a port away goes first", () => {
    const web = desired(published);
    const api = desired({ id: id("api") });
    const held = observed(desired({ ...published, id: id("api") }), { ports: [port] });
    expect(actionOf("create", [web, api], [held]).dependsOn).toContain("container:api");
  });
});

describe("what happens to one happens to those that need it", () => {
  const restarting = desired({ needs: [need("db", { restart: true })] });
  const inside = desired({
    sharesWith: [id("db")],
    spec: { network: { mode: "container", container: nameFor(id("db")) } },
  });
  const changedDb = observed(desired({ id: id("db"), spec: { command: ["old"] } }));
  test.each<Row>([
    [
      "restart: true, and the other is made anew",
      [db, restarting],
      [changedDb, observed(restarting)],
      "restart container:web  container:db is made anew  [downtime]",
    ],
    ["without it, nothing happens", [db, desired({ needs: [need("db")] })], [changedDb, observed(desired())], ""],
    [
      "restart: true, and the other is restarted",
      [db, restarting],
      [observed(db, { health: "unhealthy" }), observed(restarting)],
      "restart container:web  container:db is restarted  [downtime]",
    ],
    [
      "the other was made anew by a pass that was cut",
      [db, restarting],
      [observed(db), observed(restarting, {}, { startedBefore: [id("db")] })],
      "restart container:web  container:db was made anew after it had started  [downtime]",
    ],
    [
      "it lives in the other's network",
      [db, inside],
      [changedDb, observed(inside)],
      "replace container:web  container:db is made anew, and it lives inside  [downtime]",
    ],
    [
      "it lives in the network of one that is gone",
      [db, inside],
      [observed(db), observed(inside, {}, { outlived: [id("db")] })],
      "replace container:web  container:db was made anew, and it lives inside  [downtime]",
    ],
  ])("%s", (_name, wishes, seen, expected) => {
    const lines = rendered(wishes, seen).split("\n");
    expect(lines.filter((line) => line.includes("container:web")).join("\n")).toBe(expected);
  });

  test("what needs another ends before it", () => {
    const wishes = [desired({ to: "stopped", needs: [need("db")] }), { ...db, to: "stopped" as const }];
    const stops = diff(wishes, [observed(), observed(db)]);
    expect(stops.map((action) => [action.id, action.dependsOn])).toEqual([
      ["container:web", []],
      ["container:db", ["container:web"]],
    ]);
  });
});

test.each<readonly [string, Wish["spec"] & object, string]>([
  ["privileged", { security: { privileged: true } }, "privileged"],
  ["the host's processes", { namespaces: { pid: "host" } }, "pid: host"],
  ["the host's network", { network: { mode: "host" } }, "network: host"],
  ["a capability", { security: { addCapabilities: ["SYS_ADMIN", "CHOWN"] } }, "cap_add: SYS_ADMIN"],
  [
    "the engine's socket",
    { mounts: [{ type: "bind", source: "/var/run/docker.sock", target: "/s", readOnly: true, createHostPath: false }] },
    "/var/run/docker.sock",
  ],
  [
    "a device",
    { resources: { devices: [{ hostPath: "/dev/kvm", containerPath: "/dev/kvm", permissions: "rwm" }] } },
    "/dev/kvm",
  ],
])("%s is a hazard", (_name, more, what) => {
  expect(rendered([desired({ spec: more })], [])).toBe(
    `create container:web  not found; may reach the host: ${what}  [host-access]`,
  );
});

test("where a mount leads without saying so is one, and part of what is agreed to", () => {
  const wish = desired({ spec: { security: { privileged: true } } });
  const leading = (path: string): DesiredContainer => ({ ...wish, hostPaths: [path] });
  expect(rendered([leading("/app/conf → /etc")], [])).toBe(
    "create container:web  not found; may reach the host: privileged, /app/conf → /etc  [host-access]",
  );
  const [etc, same, root] = ["/etc", "/etc", "/root"].map((path) =>
    diff([leading(`/app/conf → ${path}`)], []).map(content),
  );
  expect(same).toEqual(etc);
  expect(root).not.toEqual(etc);
});

test("a folder of the project is none", () => {
  const mounts = [
    { type: "bind", source: "/app/src", target: "/src", readOnly: false, createHostPath: false },
  ] as const;
  expect(rendered([desired({ spec: { mounts } })], [])).toBe("create container:web  not found");
});

test("the same facts in any order give the same actions", () => {
  const wishes = [desired(published), db, desired({ id: id("api"), needs: [need("db", { restart: true })] })];
  const seen = [
    observed(old),
    next(desired(published)),
    observed(db, { state: "exited", exitCode: 1 }),
    observed(desired({ id: id("api") })),
    observed(desired({ id: id("gone") }), { ports: [port] }),
    observed(desired(), { id: "copy", names: ["copy"], labels: labelsFor(old), imageId: oldImage }),
  ];
  const sorted = (all: readonly DesiredContainer[], found: readonly ObservedContainer[]): readonly string[] =>
    rendered(all, found).split("\n").toSorted();
  assert(
    property(shuffledSubarray(wishes, { minLength: 3 }), shuffledSubarray(seen, { minLength: 6 }), (all, found) => {
      expect(sorted(all, found)).toEqual(sorted(wishes, seen));
    }),
  );
});

test("what an action would do holds no secret, and differs when one changes", () => {
  const contentFor = (wish: Wish): string =>
    inspect(content(actionOf("create", [desired(wish)], [])), { depth: Number.POSITIVE_INFINITY });
  const [one, two] = [file(new Secret("canary-1")), file(new Secret("canary-2"))].map(contentFor);
  expect(one).not.toContain("canary");
  expect(one).not.toBe(two);
  expect(contentFor(variable("PASSWORD", new Secret("canary-1")))).not.toContain("canary");
});

test("what is run after a start and before a stop is part of what was agreed to, and not shown", () => {
  const hook = (...command: [string, ...string[]]) => [{ command, timeoutMs: 1_000 }];
  const running = observed();
  const keyedOf = (wish: Wish, verb: "create" | "stop", seen: readonly ObservedContainer[]): string =>
    inspect(content(actionOf(verb, [desired(wish)], seen)), { depth: Number.POSITIVE_INFINITY });
  const [echo, remove] = [hook("echo"), hook("rm", "-rf", "/data")];
  expect(keyedOf({ postStart: echo }, "create", [])).not.toBe(keyedOf({ postStart: remove }, "create", []));
  expect(keyedOf({ preStop: echo, to: "stopped" }, "stop", [running])).not.toBe(
    keyedOf({ preStop: remove, to: "stopped" }, "stop", [running]),
  );
  expect(keyedOf({ postStart: remove }, "create", [])).not.toContain("/data");
});
