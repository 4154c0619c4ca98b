import { describe, expect, test } from "vitest";
import type { PoststackError } from "../../../controller/core/errors.ts";
import { resourceId } from "../../../controller/core/id.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { diff } from "../../../controller/resources/instance/diff.ts";
import type {
  ContainerServer,
  DesiredInstance,
  InstanceAction,
  ObservedContainerServer,
  ObservedInstance,
  OwnContainer,
} from "../../../controller/resources/instance/model.ts";
import { dueOf } from "../../../controller/resources/instance/on-container/due.ts";
import { layoutOf } from "../../../controller/resources/instance/on-container/layout.ts";
import { desired as embedded, observed as observedEmbedded, settings, without } from "./stage.ts";

const image = `sha256:${"a".repeat(64)}`;
const server: ContainerServer = {
  ...{ name: "app-dev-postgres", image: "postgres:17", major: 17, bind: "127.0.0.1", port: 5433 },
  ...{
    volume: "app-dev-postgres",
    networks: ["app-dev_default"],
    alias: "app-dev-postgres",
    service: "poststack-postgres",
    config: "c1",
  },
  project: { project: "app", environment: "dev", root: "/app", workingDirectory: "/app", configFiles: [] },
};
const own: OwnContainer = {
  ...{ id: "1", name: server.name, state: "running", exitCode: undefined, imageId: image, config: "c1" },
  ...{ published: "127.0.0.1:5433", networks: ["app-dev_default"] },
};
const next: OwnContainer = { ...own, id: "2", name: `${server.name}.next`, state: "created" };
const previous: OwnContainer = { ...own, id: "0", name: `${server.name}.previous`, state: "exited", config: "c0" };

const desired = (more: Partial<DesiredInstance> = {}): DesiredInstance => ({
  ...without(embedded(), "spec"),
  ...{ provider: "container", container: server, knownIdentifier: "7" },
  ...more,
});
const none: ObservedContainerServer = { volume: "ours", isNameTaken: false, wantedImageId: image, wantedMajor: 17 };

/** Up and as asked, but for what the test says. */
const observed = (
  container: Partial<ObservedContainerServer> = {},
  more: Partial<ObservedInstance> = {},
): ObservedInstance => ({
  ...without(observedEmbedded(), "binaries"),
  ...{ provider: "container", written: new Map(), container: { ...none, current: own, ...container } },
  ...more,
});
const down = (container: Partial<ObservedContainerServer>, more: Partial<ObservedInstance> = {}): ObservedInstance => ({
  ...without(observed(container, more), "version", "systemIdentifier", "startedAt", "runningPort"),
  server: more.server ?? "down",
});
const withoutContainer = ({ container, ...others }: ObservedInstance): ObservedInstance => ({
  ...others,
  container: without(container ?? none, "current"),
});

test.each<[string, DesiredInstance, ObservedInstance, string]>([
  ["a server as asked needs nothing", desired(), observed(), ""],
  [
    "nothing there yet",
    without(desired(), "knownIdentifier"),
    withoutContainer(without(down({ volume: "none" }, { server: "absent" }), "dataMajor")),
    "create instance:postgres  not found; no data yet: initdb, image postgres:17",
  ],
  [
    "its container is gone, its volume is not",
    desired(),
    withoutContainer(down({})),
    "create instance:postgres  not found; goes on with volume app-dev-postgres, image postgres:17",
  ],
  [
    "made and not started",
    desired(),
    down({ current: { ...own, state: "created" } }),
    "start instance:postgres  made, and never started",
  ],
  [
    "made, and never to be started by its engine",
    desired(),
    down({ current: { ...own, state: "created", isStuck: true } }),
    "replace instance:postgres  never started: the engine lost hold of its start",
  ],
  [
    "ended, and off its network",
    desired(),
    down({ current: { ...own, state: "exited", exitCode: 1, networks: [] } }),
    "start instance:postgres  exited with code 1; network app-dev_default disconnected → connected",
  ],
  [
    "on a network that it should not be on",
    desired(),
    observed({ current: { ...own, networks: ["app-dev_default", "proxy"] } }),
    "update instance:postgres  network proxy connected → disconnected",
  ],
  [
    "crashing for ever",
    desired(),
    down({ current: { ...own, state: "restarting" } }),
    "restart instance:postgres  restarting again and again  [downtime]",
  ],
  [
    "paused",
    desired(),
    down({ current: { ...own, state: "paused" } }),
    "update instance:postgres  state paused → running",
  ],
  [
    "dead",
    desired(),
    down({ current: { ...own, state: "dead" } }),
    "replace instance:postgres  dead: the engine could not remove it",
  ],
  [
    "not answering yet",
    desired(),
    down({}, { runningPort: 5433 }),
    "start instance:postgres  running, and not answering yet",
  ],
  [
    "another port and another image",
    desired(),
    observed({
      current: { ...own, config: "c0", published: "127.0.0.1:5432", imageId: `sha256:${"b".repeat(64)}` },
    }),
    "replace instance:postgres  image sha256:bbbbbbbbbbbb → sha256:aaaaaaaaaaaa; published 127.0.0.1:5432 → 127.0.0.1:5433  [downtime]",
  ],
  [
    "another port, and a parameter",
    desired({ parameters: new Map([["work_mem", "8MB"]]) }),
    observed(
      { current: { ...own, config: "c0", published: "127.0.0.1:5432" } },
      { parameters: settings({ work_mem: {} }) },
    ),
    "replace instance:postgres  published 127.0.0.1:5432 → 127.0.0.1:5433; work_mem 4096kB → 8MB  [downtime]",
  ],
  [
    "a replacement that was cut before the old one went aside",
    desired(),
    observed({ current: { ...own, config: "c0" }, next }),
    "replace instance:postgres  configuration changed  [downtime]",
  ],
  [
    "a replacement that was cut after it",
    desired(),
    withoutContainer(down({ next, previous })),
    "replace instance:postgres  its replacement was interrupted",
  ],
  [
    "a replacement that was cut before the old one was removed",
    desired(),
    observed({ previous }),
    "replace instance:postgres  its replacement was interrupted  [downtime]",
  ],
  [
    "a server that serves by now is what a further replacement goes back to",
    desired(),
    observed({ current: { ...own, config: "c1x" }, previous }),
    "replace instance:postgres  its replacement was interrupted  [downtime]",
  ],
  [
    "a replacement that nobody wants any more",
    desired(),
    observed({ next: { ...next, config: "c0" } }),
    "update instance:postgres  app-dev-postgres.next left by a replacement → none",
  ],
  [
    "a parameter that takes effect at once",
    desired({ parameters: new Map([["work_mem", "8MB"]]) }),
    observed({}, { parameters: settings({ work_mem: {} }) }),
    "reload instance:postgres  work_mem 4096kB → 8MB",
  ],
  [
    "a parameter that needs a start",
    desired({ parameters: new Map([["max_connections", "50"]]) }),
    observed({}, { parameters: settings({ max_connections: {} }) }),
    "restart instance:postgres  max_connections 100 → 50  [downtime]",
  ],
  [
    "settings that it has not read",
    desired(),
    observed({}, { configurationIsLoaded: false }),
    "reload instance:postgres  the server has not read its settings yet",
  ],
  [
    "what only a thorough look tells",
    desired(),
    observed({
      current: { ...own, inspected: { restart: { name: "no" }, aliases: new Map([["app-dev_default", []]]) } },
    }),
    "update instance:postgres  aliases on app-dev_default none → app-dev-postgres; restart no → unless-stopped  [downtime]",
  ],
  [
    "which is as it should be",
    desired(),
    observed({
      current: {
        ...own,
        inspected: {
          restart: { name: "unless-stopped" },
          aliases: new Map([["app-dev_default", ["x", server.alias]]]),
        },
      },
    }),
    "",
  ],
  [
    "or cannot be told on this engine",
    desired(),
    observed({ current: { ...own, inspected: { restart: undefined, aliases: new Map() } } }),
    "",
  ],
  [
    "a password by another hand",
    desired(),
    down({}, { error: { code: "POSTGRES_LOGIN", what: "no" }, runningPort: 5433 }),
    "update instance:postgres  password of the superuser changed",
  ],
  ["wanted stopped", desired({ to: "stopped" }), observed(), "stop instance:postgres  wanted stopped  [downtime]"],
  ["stopped already", desired({ to: "stopped" }), down({ current: { ...own, state: "exited" } }), ""],
  [
    "to go without its data",
    desired({ to: "absent" }),
    observed(),
    "delete instance:postgres  no longer wanted; its data stays in volume app-dev-postgres  [downtime]",
  ],
  [
    "to go with its data",
    desired({ to: "absent", deleteData: true }),
    observed(),
    "delete instance:postgres  no longer wanted; volume app-dev-postgres is deleted  [deletes-data, downtime]",
  ],
  [
    "gone, and remembered",
    desired({ to: "absent", deleteData: true }),
    withoutContainer(down({ volume: "none" }, { server: "absent" })),
    "delete instance:postgres  its data is gone; the record of it goes too",
  ],
  [
    "somebody else's volume is not ours to delete",
    desired({ to: "absent" }),
    withoutContainer(down({ volume: "foreign" })),
    "",
  ],
])("%s", (_name, one, found, expected) => {
  expect(renderActions(diff([one], [found]))).toBe(expected);
});

// The old one is what can be put back: never one that was not accepted.
test.each<[string, ObservedInstance, { old: string; made?: string; leftovers: readonly string[] }]>([
  ["nothing made yet", observed({ current: { ...own, config: "c0" } }), { old: "1", leftovers: [] }],
  ["the new one made", observed({ current: { ...own, config: "c0" }, next }), { old: "1", made: "2", leftovers: [] }],
  [
    "another new one made",
    observed({ current: { ...own, config: "c0" }, next: { ...next, config: "c2" } }),
    { old: "1", leftovers: ["2"] },
  ],
  ["the old one aside", withoutContainer(down({ next, previous })), { old: "0", made: "2", leftovers: [] }],
  ["the new one in its place", observed({ previous }), { old: "0", made: "1", leftovers: [] }],
  [
    "a new one in its place that is no longer wanted, and answers",
    observed({ current: { ...own, config: "c2" }, previous }),
    { old: "1", leftovers: ["0"] },
  ],
  [
    "a new one in its place that is no longer wanted, and never answered",
    down({ current: { ...own, config: "c2" }, previous }),
    { old: "0", leftovers: ["1"] },
  ],
])("a replacement, %s: goes on from there", (_name, found, { old, made, leftovers }) => {
  const [action] = diff([desired()], [found]);
  if (action?.verb !== "replace") throw new Error(`it is ${action?.verb ?? "nothing"}`);
  expect(action.old.id).toBe(old);
  expect(action.made?.id).toBe(made);
  expect(action.leftovers.map(({ id }) => id)).toEqual(leftovers);
});

test.each<[string, Partial<DesiredInstance>, ObservedInstance, string]>([
  ["the volume is gone", {}, withoutContainer(down({ volume: "none" }, { server: "absent" })), "DATABASE_REPLACED"],
  ["another cluster answers", {}, observed({}, { systemIdentifier: "8" }), "DATABASE_REPLACED"],
  ["the data is of another version", {}, observed({ wantedMajor: 18 }), "MAJOR_UPGRADE"],
  ["the name is somebody else's", {}, withoutContainer(down({ isNameTaken: true })), "NAME_TAKEN"],
  ["the state does not know the volume", {}, withoutContainer(down({ volume: "lost" })), "STATE_LOST"],
  [
    "nor the container of this folder on it",
    {},
    withoutContainer(down({ volume: "lost", isNameTaken: true, twin: { folder: "/app" } })),
    "STATE_LOST",
  ],
  [
    "the volume is that of a copy of the project",
    {},
    withoutContainer(down({ volume: "lost", twin: { folder: "/copy" } })),
    "NAME_TAKEN",
  ],
  [
    "the port is somebody else's",
    {},
    down({ current: { ...own, state: "exited" } }, { portHolder: "nginx" }),
    "PORT_TAKEN",
  ],
  ["a parameter that is ours to set", { parameters: new Map([["port", "1"]]) }, observed(), "PARAMETER_INVALID"],
])("refused: %s", (_name, more, found, code) => {
  expect(diff([desired(more)], [found])).toMatchObject([{ verb: "refuse", error: { code } }]);
});

// From the Dockerfiles of github.com/docker-library/postgres.
test.each<[string, string, readonly string[], string, string]>([
  [
    "the official image up to 17",
    "/var/lib/postgresql/data",
    ["/var/lib/postgresql/data"],
    "/var/lib/postgresql/data",
    "/var/lib/postgresql/data/pgdata",
  ],
  [
    "the official image from 18 on",
    "/var/lib/postgresql/18/docker",
    ["/var/lib/postgresql"],
    "/var/lib/postgresql",
    "/var/lib/postgresql/pgdata",
  ],
  ["an image without a volume", "/data/pg", ["/other"], "/data/pg", "/data/pg/pgdata"],
])("%s: where its data is", (_name, home, volumes, mount, data) => {
  expect(layoutOf({ environment: new Map([["PGDATA", home]]), volumes })).toMatchObject({ mount, data });
});

test("another provider than that of the server that is there", () => {
  const elsewhere = diff([embedded()], [{ ...observedEmbedded(), formerContainer: "app-dev-postgres" }]);
  expect(elsewhere).toMatchObject([{ verb: "refuse", error: { code: "PROVIDER_CHANGED" } }]);
});

describe("a server whose image is built or pulled first", () => {
  const changing = new Set([resourceId("image", server.image)]);
  const unknown = without({ ...none, current: own }, "wantedImageId");
  const seen = (current: Partial<OwnContainer>, more: Partial<ObservedInstance> = {}): ObservedInstance => ({
    ...(current.state === "exited" ? down({}) : observed()),
    ...more,
    container: { ...unknown, current: { ...own, ...current } },
  });
  const planned = (wish: DesiredInstance, found: ObservedInstance): readonly InstanceAction[] =>
    diff([wish], [found], changing);

  test.each<[string, DesiredInstance, ObservedInstance, string]>([
    [
      "is replaced if that is another one",
      desired(),
      seen({}),
      "replace instance:postgres  if image:postgres:17 turns out to be another one  [downtime]",
    ],
    [
      "and else started, as it is stopped",
      desired(),
      seen({ state: "exited", exitCode: 1 }),
      "replace instance:postgres  if image:postgres:17 turns out to be another one; else start: exited with code 1",
    ],
    [
      "and else reads its settings",
      desired({ parameters: new Map([["work_mem", "8MB"]]) }),
      seen({}, { parameters: settings({ work_mem: {} }) }),
      "replace instance:postgres  if image:postgres:17 turns out to be another one; else reload: work_mem 4096kB → 8MB  [downtime]",
    ],
    [
      "is replaced in any case where it differs anyway",
      desired(),
      seen({ config: "c0", published: "127.0.0.1:5432" }),
      "replace instance:postgres  published 127.0.0.1:5432 → 127.0.0.1:5433  [downtime]",
    ],
  ])("%s", (_name, wish, found, expected) => {
    expect(renderActions(planned(wish, found))).toBe(expected);
  });

  test.each<[string, string, string | undefined, string]>([
    ["another image", "b", "17", "replace"],
    ["the same one", "a", "17", "start"],
    ["another one that does not tell its version", "b", undefined, "replace"],
    ["one of another major version", "b", "18", "MAJOR_UPGRADE"],
  ])("its turn comes, with %s", async (_name, digit, major, expected) => {
    const [action] = planned(desired(), seen({ state: "exited", exitCode: 1 }));
    if (action?.verb !== "replace") throw new Error("it is no replacement");
    const environment = new Map(major === undefined ? [] : [["PG_MAJOR", major]]);
    const found = { id: `sha256:${digit.repeat(64)}`, config: { environment } };
    const ports = { containers: { inspectImage: () => Promise.resolve(found) } } as unknown as Ports;
    const due = dueOf(action, server, ports, new AbortController().signal);
    expect(
      await due.then(
        (one) => one?.verb,
        (error: PoststackError) => error.code,
      ),
    ).toBe(expected);
  });
});
