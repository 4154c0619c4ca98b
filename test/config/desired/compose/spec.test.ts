import { describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../../../controller/core/ports/container-spec.ts";
import { specOf, type Given } from "./kit.ts";

type Row = readonly [
  sentence: string,
  keys: string,
  expected: Partial<ContainerSpec>,
  given?: Given & { readonly beside?: string },
];

const map = (entries: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(entries));

const check = (rows: readonly Row[]): void =>
  test.each(rows.map((row) => [row[0], row] as const))("%s", (_sentence, [, keys, expected, given = {}]) => {
    const spec = specOf(keys, given);
    const found = Object.fromEntries(Object.keys(expected).map((key) => [key, spec[key as keyof ContainerSpec]]));
    expect(found).toEqual(expected);
  });

test("a service that says nothing asks for nothing", () => {
  expect(specOf("image: busybox")).toEqual({
    image: "busybox",
    environment: new Map(),
    labels: new Map(),
    network: { mode: "networks", attachments: new Map([["shop-dev_default", { aliases: ["shop-dev-web-1", "web"] }]]) },
    ports: [],
    expose: [],
    mounts: [],
  });
});

test("keys that are written and empty ask for nothing either", () => {
  const keys = ["cpus: 0", "mem_limit: 0", "pids_limit: 0", "shm_size: 0", 'user: ""', 'hostname: ""', "ports: []"];
  expect(
    specOf([...keys, "tty: false", "privileged: false", "read_only: false", "dns: []", "cap_add: []"].join("\n")),
  ).toEqual(specOf("image: busybox"));
});

describe("the process", () => {
  check([
    ["a command of words", "command: [serve, --all]", { command: ["serve", "--all"] }],
    [
      "a command of one text is split as a shell splits it",
      `command: sh -c "a b" c`,
      { command: ["sh", "-c", "a b", "c"] },
    ],
    ["an empty command clears the image's", "command: []", { command: [] }],
    ["an empty entrypoint clears the image's", "entrypoint: []", { entrypoint: [] }],
    ["an entrypoint", "entrypoint: [/init]", { entrypoint: ["/init"] }],
    ["who it runs as", 'user: "1000:1000"', { user: "1000:1000" }],
    ["more groups", "group_add: [audio, 44]", { groups: ["audio", "44"] }],
    ["where it starts", "working_dir: /srv", { workingDirectory: "/srv" }],
    ["what it is called", "hostname: box\ndomainname: lan", { hostname: "box", domainname: "lan" }],
    ["a terminal", "tty: true\nstdin_open: true", { tty: true, stdinOpen: true }],
    [
      "how it is stopped",
      "stop_signal: SIGINT\nstop_grace_period: 1m30s",
      { stopSignal: "SIGINT", stopGraceMs: 90_000 },
    ],
    ["no grace at all", "stop_grace_period: 0s", { stopGraceMs: 0 }],
    ["a small init", "init: true", { init: true }],
    ["no init where the engine would give one", "init: false", { init: false }],
    [
      "its platform and runtime",
      "platform: linux/arm64\nruntime: runsc",
      { platform: "linux/arm64", runtime: "runsc" },
    ],
    [
      "labels and annotations",
      "labels: { a: b }\nannotations: { c: d }",
      { labels: map({ a: "b" }), annotations: map({ c: "d" }) },
    ],
    ["options of the storage driver", "storage_opt: { size: 1G }", { storageOptions: map({ size: "1G" }) }],
  ]);
});

describe("the restart policy", () => {
  check([
    ["none", 'restart: "no"', { restart: { name: "no" } }],
    ["always", "restart: always", { restart: { name: "always" } }],
    ["unless stopped", "restart: unless-stopped", { restart: { name: "unless-stopped" } }],
    ["on failure, without end", "restart: on-failure", { restart: { name: "on-failure", maxRetries: 0 } }],
    ["on failure, three times", "restart: on-failure:3", { restart: { name: "on-failure", maxRetries: 3 } }],
    [
      "deploy.restart_policy is stronger",
      "restart: always\ndeploy: { restart_policy: { condition: on-failure, max_attempts: 2 } }",
      { restart: { name: "on-failure", maxRetries: 2 } },
    ],
    ["deploy: none", "deploy: { restart_policy: { condition: none } }", { restart: { name: "no" } }],
    ["deploy: any is always, and so is silence", "deploy: { restart_policy: {} }", { restart: { name: "always" } }],
  ]);
});

describe("the healthcheck", () => {
  check([
    [
      "one text is a shell's",
      "healthcheck: { test: curl -f localhost, interval: 10s, timeout: 2s, start_period: 1m, start_interval: 500ms, retries: 5 }",
      {
        healthcheck: {
          test: ["CMD-SHELL", "curl -f localhost"],
          intervalMs: 10_000,
          timeoutMs: 2_000,
          startPeriodMs: 60_000,
          startIntervalMs: 500,
          retries: 5,
        },
      },
    ],
    ["words", 'healthcheck: { test: [CMD, "true"] }', { healthcheck: { test: ["CMD", "true"] } }],
    ["another interval for the image's own", "healthcheck: { interval: 3s }", { healthcheck: { intervalMs: 3_000 } }],
    ["disabled", "healthcheck: { disable: true }", { healthcheck: "none" }],
    ["NONE", "healthcheck: { test: [NONE] }", { healthcheck: "none" }],
    ["nothing said", "healthcheck: {}", { healthcheck: undefined as never }],
  ]);
});

describe("ports", () => {
  check([
    [
      "published on all addresses",
      'ports: ["8080:80"]',
      { ports: [{ containerPort: 80, protocol: "tcp", hostPort: 8080 }] },
    ],
    [
      "on one address, with a protocol",
      'ports: ["127.0.0.1:53:53/udp"]',
      { ports: [{ containerPort: 53, protocol: "udp", hostIp: "127.0.0.1", hostPort: 53 }] },
    ],
    ["one that the engine chooses", 'ports: ["80"]', { ports: [{ containerPort: 80, protocol: "tcp" }] }],
    [
      "a range that the engine chooses from",
      'ports: [{ target: 80, published: "8000-8009" }]',
      { ports: [{ containerPort: 80, protocol: "tcp", hostPort: { first: 8000, last: 8009 } }] },
    ],
    [
      "two ranges side by side",
      'ports: ["3000-3001:80-81"]',
      {
        ports: [
          { containerPort: 80, protocol: "tcp", hostPort: 3000 },
          { containerPort: 81, protocol: "tcp", hostPort: 3001 },
        ],
      },
    ],
    ["none in the host's network", 'network_mode: host\nports: ["80:80"]', { ports: [], network: { mode: "host" } }],
    ["exposed one by one", 'expose: ["3000", "4000-4001/udp"]', { expose: ["3000/tcp", "4000/udp", "4001/udp"] }],
  ]);
});

describe("resources", () => {
  check([
    [
      "every limit",
      [
        "cpus: 1.5",
        "cpu_shares: 512",
        "cpuset: 0-1",
        "cpu_quota: 50000",
        "cpu_period: 100000",
        "cpu_rt_period: 1ms",
        "cpu_rt_runtime: 950",
        "mem_limit: 64m",
        "mem_reservation: 32m",
        "memswap_limit: -1",
        "mem_swappiness: 10",
        "oom_kill_disable: true",
        "oom_score_adj: -500",
        "pids_limit: -1",
        "shm_size: 2m",
      ].join("\n"),
      {
        resources: {
          nanoCpus: 1_500_000_000,
          cpuShares: 512,
          cpuset: "0-1",
          cpuQuotaMicros: 50_000,
          cpuPeriodMicros: 100_000,
          cpuRealtimePeriodMicros: 1_000,
          cpuRealtimeRuntimeMicros: 950,
          memoryBytes: 64 * 1024 * 1024,
          memoryReservationBytes: 32 * 1024 * 1024,
          memorySwapBytes: -1,
          memorySwappiness: 10,
          disableOomKill: true,
          oomScoreAdjust: -500,
          pidsLimit: -1,
          shmBytes: 2 * 1024 * 1024,
        },
      },
    ],
    [
      "deploy.resources",
      'deploy: { resources: { limits: { cpus: "0.5", memory: 1g, pids: 10 }, reservations: { memory: 512m } } }',
      {
        resources: {
          nanoCpus: 500_000_000,
          memoryBytes: 1024 ** 3,
          pidsLimit: 10,
          memoryReservationBytes: 512 * 1024 * 1024,
        },
      },
    ],
    [
      "limits of the process",
      "ulimits: { nofile: { soft: 1024, hard: 2048 }, nproc: 65535 }",
      {
        resources: {
          ulimits: new Map([
            ["nofile", { soft: 1024, hard: 2048 }],
            ["nproc", { soft: 65_535, hard: 65_535 }],
          ]),
        },
      },
    ],
    [
      "devices, and names of CDI, which are asked for instead of mapped",
      'devices: ["/dev/ttyUSB0:/dev/tty:r", "nvidia.com/gpu=all"]\ndevice_cgroup_rules: ["c 1:3 mr"]',
      {
        resources: {
          devices: [{ hostPath: "/dev/ttyUSB0", containerPath: "/dev/tty", permissions: "r" }],
          deviceCgroupRules: ["c 1:3 mr"],
          deviceRequests: [{ driver: "cdi", deviceIds: ["nvidia.com/gpu=all"], capabilities: [] }],
        },
      },
    ],
    ["all GPUs", "gpus: all", { resources: { deviceRequests: [{ capabilities: [["gpu"]], count: -1 }] } }],
    [
      "a GPU reserved",
      "deploy: { resources: { reservations: { devices: [{ driver: nvidia, count: 2, capabilities: [gpu, utility], options: { a: b } }] } } }",
      {
        resources: {
          deviceRequests: [
            { driver: "nvidia", count: 2, capabilities: [["gpu", "utility"]], options: map({ a: "b" }) },
          ],
        },
      },
    ],
    [
      "block devices",
      "blkio_config: { weight: 300, weight_device: [{ path: /dev/sda, weight: 400 }], device_read_bps: [{ path: /dev/sda, rate: 12mb }], device_write_bps: [{ path: /dev/sda, rate: 1024k }], device_read_iops: [{ path: /dev/sda, rate: 120 }], device_write_iops: [{ path: /dev/sda, rate: 30 }] }",
      {
        resources: {
          blkio: {
            weight: 300,
            weightDevices: new Map([["/dev/sda", 400]]),
            readBytesPerSecond: new Map([["/dev/sda", 12 * 1024 * 1024]]),
            writeBytesPerSecond: new Map([["/dev/sda", 1024 * 1024]]),
            readOperationsPerSecond: new Map([["/dev/sda", 120]]),
            writeOperationsPerSecond: new Map([["/dev/sda", 30]]),
          },
        },
      },
    ],
  ]);
});

describe("security and namespaces", () => {
  check([
    [
      "capabilities lose their prefix",
      "cap_add: [CAP_NET_ADMIN, sys_time]\ncap_drop: [ALL]",
      { security: { addCapabilities: ["NET_ADMIN", "SYS_TIME"], dropCapabilities: ["ALL"] } },
    ],
    [
      "privileged, read-only, with kernel parameters",
      "privileged: true\nread_only: true\nsysctls: { net.core.somaxconn: 1024 }",
      { security: { privileged: true, readOnly: true, sysctls: map({ "net.core.somaxconn": "1024" }) } },
    ],
    [
      "a profile of seccomp is sent as its text",
      "security_opt: [no-new-privileges, seccomp=profile.json, seccomp:unconfined, label:disable]",
      {
        security: {
          options: [
            "no-new-privileges",
            'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}',
            "seccomp:unconfined",
            "label:disable",
          ],
        },
      },
      { files: { "profile.json": '{\n  "defaultAction": "SCMP_ACT_ALLOW"\n}\n' } },
    ],
    [
      "namespaces of the host",
      "pid: host\nipc: host\nuts: host\nuserns_mode: host\ncgroup: host\ncgroup_parent: /a",
      { namespaces: { pid: "host", ipc: "host", uts: "host", user: "host", cgroup: "host", cgroupParent: "/a" } },
    ],
    [
      "namespaces of another service, and of somebody else's container",
      'pid: "service:db"\nipc: "container:other"',
      { namespaces: { pid: "container:shop-dev-db-1", ipc: "container:other" } },
      { beside: "  db: { image: busybox }\n" },
    ],
  ]);
});

describe("names and logs", () => {
  check([
    [
      "servers of names",
      "dns: 1.1.1.1\ndns_search: [a.lan]\ndns_opt: [ndots:2]",
      { dns: ["1.1.1.1"], dnsSearch: ["a.lan"], dnsOptions: ["ndots:2"] },
    ],
    [
      "hosts, several addresses of one among them",
      'extra_hosts: ["b=10.0.0.1", "a:host-gateway", "b=::1"]',
      { extraHosts: ["a:host-gateway", "b:10.0.0.1", "b:::1"] },
    ],
    [
      "where logs go",
      "logging: { driver: journald, options: { tag: web } }",
      { logging: { driver: "journald", options: map({ tag: "web" }) } },
    ],
    [
      "options alone are those of the usual driver",
      "logging: { options: { max-size: 10m } }",
      { logging: { driver: "json-file", options: map({ "max-size": "10m" }) } },
    ],
  ]);
});
