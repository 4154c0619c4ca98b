import { describe, expect, test } from "vitest";
import { renderActions } from "../../../controller/core/render.ts";
import { diff } from "../../../controller/resources/instance/diff.ts";
import type { DesiredInstance, ObservedInstance } from "../../../controller/resources/instance/model.ts";
import { desired, observed, settings, spec, without, written } from "./stage.ts";

const plan = (one: DesiredInstance, found: ObservedInstance): string => renderActions(diff([one], [found]));
const parameters = (values: Readonly<Record<string, string>>): Partial<DesiredInstance> => ({
  parameters: new Map(Object.entries(values)),
});

const stopped = (more: Partial<ObservedInstance> = {}): ObservedInstance => ({
  ...without(observed({ server: "down", ...more }), "version", "runningPort", "startedAt"),
  ...(more.runningPort === undefined ? {} : { runningPort: more.runningPort }),
});
const empty = (more: Partial<ObservedInstance> = {}): ObservedInstance => ({
  ...without(stopped(more), "dataMajor", "systemIdentifier"),
  server: "absent",
  written: new Map(),
});
const external = (more: Partial<ObservedInstance> = {}): ObservedInstance =>
  observed({ provider: "external", ...more });

test.each<[string, DesiredInstance, ObservedInstance, string]>([
  ["a server as asked needs nothing", desired(), observed(), ""],
  ["no data", desired(), empty(), "create instance:postgres  no data yet; initdb with PostgreSQL 17.10 from npm"],
  ["data that does not run", desired(), stopped(), "start instance:postgres  not running"],
  [
    "data that does not run, and other settings",
    desired(parameters({ work_mem: "8MB" })),
    stopped({ written: written({ fsync: "off" }) }),
    "start instance:postgres  not running; fsync off → default; work_mem default → 8MB",
  ],
  [
    "a server that is starting is waited for",
    desired(),
    stopped({ runningPort: 5433 }),
    "start instance:postgres  running, and not answering yet",
  ],
  [
    "another port",
    desired({ spec: { ...spec, port: 5434 } }),
    stopped({ runningPort: 5433 }),
    "restart instance:postgres  port 5433 → 5434  [downtime]",
  ],
  [
    "another address",
    desired({ spec: { ...spec, bind: "0.0.0.0" } }),
    observed(),
    "restart instance:postgres  bind 127.0.0.1 → 0.0.0.0  [downtime]",
  ],
  [
    "a restart that was asked for",
    desired({ startedAfter: new Date("2026-01-01T12:00:01Z") }),
    observed(),
    "restart instance:postgres  restart requested  [downtime]",
  ],
  ["a restart that has happened", desired({ startedAfter: new Date("2026-01-01T11:59:59Z") }), observed(), ""],
  ["wanted stopped", desired({ to: "stopped" }), observed(), "stop instance:postgres  wanted stopped  [downtime]"],
  [
    "an external server that does not answer is waited for",
    desired({ provider: "external" }),
    external({ server: "down", error: { code: "POSTGRES_UNREACHABLE", what: "no Postgres answers" } }),
    "",
  ],
  ["wanted stopped, and it is", desired({ to: "stopped" }), stopped(), ""],
  ["wanted stopped, and there is nothing", desired({ to: "stopped", knownIdentifier: "7" }), empty(), ""],
  [
    "absent without the leave for data only stops",
    desired({ to: "absent" }),
    observed(),
    "stop instance:postgres  no longer wanted; its data stays  [downtime]",
  ],
  ["absent without the leave for data, stopped already", desired({ to: "absent" }), stopped(), ""],
  [
    "absent with the leave for data",
    desired({ to: "absent", deleteData: true }),
    observed(),
    "delete instance:postgres  no longer wanted; /data is deleted  [deletes-data, downtime]",
  ],
  [
    "absent with the leave for data, stopped already",
    desired({ to: "absent", deleteData: true }),
    stopped(),
    "delete instance:postgres  no longer wanted; /data is deleted  [deletes-data]",
  ],
  ["absent, and it is", desired({ to: "absent", deleteData: true }), empty(), ""],
  [
    "absent, and only the record is left",
    desired({ to: "absent", deleteData: true, knownIdentifier: "7" }),
    empty(),
    "delete instance:postgres  its data is gone; the record of it goes too",
  ],
  ["an external server that answers", desired({ provider: "external" }), external(), ""],
  [
    "an external server is not ours to stop",
    desired({ provider: "external", to: "absent", deleteData: true }),
    external(),
    "",
  ],
])("%s", (_name, one, found, expected) => {
  expect(plan(one, found)).toBe(expected);
});

describe("parameters of a server that is up", () => {
  test.each<[string, Partial<DesiredInstance>, Partial<ObservedInstance>, string]>([
    [
      "written differently, meant the same",
      parameters({ shared_buffers: "256MB", FSync: "TRUE", wal_level: "Logical", statement_timeout: "1.5min" }),
      {
        written: written({ shared_buffers: "262144kB", fsync: "on", wal_level: "logical", statement_timeout: "90000" }),
        parameters: settings({ shared_buffers: {}, fsync: {}, wal_level: {}, statement_timeout: {} }),
      },
      "",
    ],
    [
      "a new one that a reload can bring",
      parameters({ work_mem: "8MB" }),
      { parameters: settings({ work_mem: {} }) },
      "reload instance:postgres  work_mem 4096kB → 8MB",
    ],
    [
      "a new one that needs a restart",
      parameters({ shared_buffers: "256MB" }),
      { parameters: settings({ shared_buffers: {} }) },
      "restart instance:postgres  shared_buffers 16384 × 8kB → 256MB  [downtime]",
    ],
    [
      "a new one whose value the server has already is only written down",
      parameters({ shared_buffers: "128MB" }),
      { parameters: settings({ shared_buffers: {} }) },
      "reload instance:postgres  shared_buffers 16384 × 8kB → 128MB",
    ],
    [
      "one that is no longer asked for goes back to its default",
      {},
      { written: written({ work_mem: "8MB" }), parameters: settings({ work_mem: { setting: "8192" } }) },
      "reload instance:postgres  work_mem 8MB → default",
    ],
    [
      "one that is no longer asked for and needs a restart",
      {},
      { written: written({ max_connections: "20" }), parameters: settings({ max_connections: { setting: "20" } }) },
      "restart instance:postgres  max_connections 20 → default  [downtime]",
    ],
    [
      "one restart brings the others along",
      parameters({ work_mem: "8MB", max_connections: "20" }),
      { parameters: settings({ work_mem: {}, max_connections: {} }) },
      "restart instance:postgres  max_connections 100 → 20; work_mem 4096kB → 8MB  [downtime]",
    ],
    [
      "one that waits for a restart since somebody reloaded",
      parameters({ max_connections: "20" }),
      {
        written: written({ max_connections: "20" }),
        parameters: settings({ max_connections: { pendingRestart: true } }),
      },
      "restart instance:postgres  max_connections 100 → 20  [downtime]",
    ],
    [
      "one that ALTER SYSTEM overrides",
      parameters({ work_mem: "8MB" }),
      {
        written: written({ work_mem: "8MB" }),
        parameters: settings({ work_mem: { setting: "1024", overridden: true } }),
      },
      "reload instance:postgres  work_mem 1024kB by ALTER SYSTEM → 8MB",
    ],
    [
      "files that a crash left unread",
      parameters({ work_mem: "8MB" }),
      { written: written({ work_mem: "8MB" }), parameters: settings({ work_mem: {} }), configurationIsLoaded: false },
      "reload instance:postgres  the server has not read its settings yet",
    ],
    [
      "an extension's, whose library is not loaded",
      parameters({ "auto_explain.log_min_duration": "1s" }),
      {},
      "reload instance:postgres  auto_explain.log_min_duration default → 1s",
    ],
  ])("%s", (_name, one, found, expected) => {
    expect(plan(desired(one), observed(found))).toBe(expected);
  });
});

describe("what may not be done is refused with its code, place and way out", () => {
  test.each<[string, DesiredInstance, ObservedInstance, string, string]>([
    [
      "another major version",
      desired({ spec: { ...spec, major: 18 } }),
      observed(),
      "MAJOR_UPGRADE",
      "made by PostgreSQL 17, and version 18 is asked for",
    ],
    [
      "another cluster",
      desired({ knownIdentifier: "8" }),
      observed(),
      "DATABASE_REPLACED",
      "is cluster 7 now, and was 8",
    ],
    ["another cluster that is down", desired({ knownIdentifier: "8" }), stopped(), "DATABASE_REPLACED", "was 8"],
    ["data that is gone", desired({ knownIdentifier: "7" }), empty(), "DATABASE_REPLACED", "cluster 7 was in /data"],
    [
      "a port that is taken",
      desired(),
      empty({ portHolder: "nginx (pid 812)" }),
      "PORT_TAKEN",
      "nginx (pid 812) listens",
    ],
    [
      "a port that is taken, with data",
      desired(),
      stopped({ portHolder: "a program" }),
      "PORT_TAKEN",
      "127.0.0.1:5433",
    ],
    [
      "a new port that is taken",
      desired({ spec: { ...spec, port: 80 } }),
      stopped({ runningPort: 5433, portHolder: "nginx (pid 812)" }),
      "PORT_TAKEN",
      "nginx (pid 812) listens on 127.0.0.1:80",
    ],
    [
      "no programs",
      desired(),
      without(empty(), "binaries"),
      "POSTGRES_MISSING",
      "PostgreSQL 17 is not on this machine",
    ],
    [
      "a login that the running server refuses",
      desired(),
      stopped({ runningPort: 5433, error: { code: "POSTGRES_LOGIN", what: "password authentication failed" } }),
      "POSTGRES_LOGIN",
      "password authentication failed",
    ],
    [
      "an external server that refuses the login",
      desired({ provider: "external" }),
      external({ server: "down", error: { code: "POSTGRES_LOGIN", what: "password authentication failed" } }),
      "POSTGRES_LOGIN",
      "password authentication failed",
    ],
    [
      "an external server that is another one",
      desired({ provider: "external", knownIdentifier: "8" }),
      external(),
      "DATABASE_REPLACED",
      "was 8",
    ],
  ])("%s", (_name, one, found, code, what) => {
    const [action, ...others] = diff([one], [found]);
    expect(others).toEqual([]);
    expect(action).toMatchObject({ verb: "refuse", error: { code } });
    expect(action?.reason).toContain(what);
  });

  test.each<[string, string, string]>([
    ["shared_bufers", "1GB", "PostgreSQL 17 has no such parameter"],
    ["shared_buffers", "plenty", '"plenty" is no number, with a unit such as kB, MB, GB'],
    ["shared_buffers", "1mb", '"1mb" is no number, with a unit such as kB, MB, GB'],
    ["shared_buffers", "64kB", "64kB is outside 16 … 1073741823 (in units of 8kB)"],
    ["max_connections", "100MB", '"100MB" is no number'],
    ["max_connections", "0", "0 is outside 1 … 262143"],
    ["fsync", "perhaps", '"perhaps" is no boolean'],
    ["wal_level", "some", '"some" is none of minimal, replica, logical'],
    ["block_size", "4096", "it cannot be set"],
    ["port", "5434", "set `port:` instead"],
    ["listen_addresses", "*", "set `bind:` instead"],
    ["include", "/etc/passwd", "Poststack keeps the server's files"],
  ])("parameter %s = %s", (name, value, why) => {
    const known = settings({ shared_buffers: {}, max_connections: {}, fsync: {}, wal_level: {}, block_size: {} });
    const found = observed({ parameters: new Map([...known].filter(([one]) => one === name)) });
    expect(diff([desired(parameters({ [name]: value }))], [found])).toMatchObject([
      { verb: "refuse", error: { code: "PARAMETER_INVALID", details: [`${name}: ${why}`] } },
    ]);
  });

  test("all bad parameters are told at once", () => {
    const [action] = diff(
      [desired(parameters({ nothing: "1", data_directory: "/", work_mem: "8MB" }))],
      [observed({ parameters: settings({ work_mem: {} }) })],
    );
    expect(action).toMatchObject({
      error: { details: [expect.stringContaining("data_directory"), expect.stringContaining("nothing")] },
    });
  });
});
