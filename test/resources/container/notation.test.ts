import { describe, expect, test } from "vitest";
import type { ContainerSpec, Namespaces, Resources, Security } from "../../../controller/core/ports/container-spec.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { diff } from "../../../controller/resources/container/diff.ts";
import { bytesText, durationText } from "../../../controller/resources/container/units.ts";
import { changed } from "./kit.ts";

// The reason of a replacement in the words of the Compose file, and values as one would write them there.

type Row<T> = readonly [before: T | undefined, after: T | undefined, reason: string];
type Table<T> = { readonly [F in keyof T]-?: readonly Row<NonNullable<T[F]>>[] };

const reasonOf = (before: Partial<ContainerSpec>, after: Partial<ContainerSpec>): string => {
  const [wishes, seen] = changed({ spec: before }, { spec: after });
  const reasons = diff(wishes, seen).map(({ reason }) => reason);
  // What reaches the host is told besides.
  return reasons.join("\n").replace(/; may reach the host: .*$/, "");
};

const mib = 1024 * 1024;
const id = (digit: string): string => digit.repeat(64);

// A field more does not compile without a row here.
type Compared = Omit<
  ContainerSpec,
  "platform" | "removeWhenDone" | "resources" | "security" | "namespaces" | "environment" | "network"
>;

const service: Table<Compared> = {
  image: [["web:1", "web:2", "image web:1 → web:2"]],
  entrypoint: [
    [["run"], ["run", "a b"], 'entrypoint run → run "a b"'],
    [["run"], undefined, "entrypoint run → none"],
  ],
  command: [[["serve"], ["work", "--all"], "command serve → work --all"]],
  labels: [[new Map([["team.a", "a"]]), new Map([["team.a", "b"]]), "label team.a a → b"]],
  annotations: [[new Map([["org.Example", "1"]]), new Map([["org.Example", "2"]]), "annotations.org.Example 1 → 2"]],
  user: [["1000", "web", "user 1000 → web"]],
  groups: [[["audio"], ["audio", "video"], "group_add none → video"]],
  workingDirectory: [["/a", "/b", "working_dir /a → /b"]],
  hostname: [["a", "b", "hostname a → b"]],
  domainname: [["a.test", "b.test", "domainname a.test → b.test"]],
  tty: [
    [undefined, true, "tty false → true"],
    [true, undefined, "tty true → false"],
  ],
  stdinOpen: [[undefined, true, "stdin_open false → true"]],
  healthcheck: [
    [
      { test: ["CMD", "true"], intervalMs: 5_000 },
      { test: ["CMD", "true"], intervalMs: 90_000, timeoutMs: 500, startPeriodMs: 3_600_000, startIntervalMs: 1_500 },
      "healthcheck.interval 5s → 1m30s; healthcheck.start_interval 5s → 1s500ms; healthcheck.start_period 0s → 1h; healthcheck.timeout 30s → 500ms",
    ],
    [{ test: ["CMD", "true"] }, { test: ["CMD", "true"], retries: 5 }, "healthcheck.retries 3 → 5"],
    [
      { test: ["CMD", "true"] },
      { test: ["CMD-SHELL", "curl -f localhost"] },
      "healthcheck.test [CMD, true] → curl -f localhost",
    ],
    [undefined, { test: ["CMD", "true"], intervalMs: 5_000 }, "healthcheck.test none → [CMD, true]"],
    [{ test: ["CMD", "true"], intervalMs: 5_000 }, undefined, "healthcheck.test [CMD, true] → none"],
    [{ test: ["CMD", "true"] }, "none", "healthcheck.disable false → true; healthcheck.test [CMD, true] → none"],
  ],
  stopSignal: [[undefined, "SIGINT", "stop_signal SIGTERM → SIGINT"]],
  stopGraceMs: [
    [30_000, 90_000, "stop_grace_period 30s → 1m30s"],
    [undefined, 60_000, "stop_grace_period 10s → 1m"],
  ],
  restart: [
    [undefined, { name: "always" }, "restart no → always"],
    [{ name: "always" }, { name: "on-failure", maxRetries: 3 }, "restart always → on-failure:3"],
    [{ name: "unless-stopped" }, undefined, "restart unless-stopped → no"],
  ],
  ports: [
    [
      [{ containerPort: 80, hostPort: 8080, protocol: "tcp" }],
      [
        { containerPort: 80, hostPort: 8080, protocol: "tcp" },
        { containerPort: 53, hostPort: { first: 5300, last: 5309 }, hostIp: "127.0.0.1", protocol: "udp" },
      ],
      "ports none → 127.0.0.1:5300-5309:53/udp",
    ],
    [
      [{ containerPort: 80, hostPort: 8080, hostIp: "::1", protocol: "tcp" }],
      [{ containerPort: 80, protocol: "tcp" }],
      "ports [::1]:8080:80/tcp → 80/tcp",
    ],
  ],
  expose: [[["80/tcp"], ["80/tcp", "81/tcp"], "expose none → 81/tcp"]],
  mounts: [
    [
      [
        { type: "volume", name: "data", target: "/data", readOnly: false },
        { type: "volume", name: "same", target: "/same", readOnly: false },
      ],
      [
        { type: "volume", name: "same", target: "/same", readOnly: false },
        { type: "volume", name: "data", target: "/data", readOnly: true },
      ],
      "volumes data:/data → data:/data:ro",
    ],
    [
      [{ type: "bind", source: "/a", target: "/b", readOnly: false, createHostPath: true, propagation: "rprivate" }],
      [
        {
          type: "bind",
          source: "/a",
          target: "/b",
          readOnly: true,
          createHostPath: true,
          selinux: "z",
          propagation: "rslave",
        },
      ],
      "volumes /a:/b → /a:/b:ro,z,rslave",
    ],
    [
      [{ type: "bind", source: "/a", target: "/b", readOnly: false, createHostPath: true }],
      [{ type: "bind", source: "/a", target: "/b", readOnly: false, createHostPath: false, recursive: "disabled" }],
      "options of volumes none → /b bind.create_host_path=false, /b bind.recursive=disabled",
    ],
    [
      [{ type: "volume", name: "data", target: "/data", readOnly: false, subpath: "a" }],
      [{ type: "volume", name: "data", target: "/data", readOnly: false, subpath: "b", noCopy: true }],
      "options of volumes /data volume.subpath=a → /data volume.nocopy=true, /data volume.subpath=b",
    ],
    [
      [{ type: "tmpfs", target: "/run", readOnly: false, sizeBytes: 64 * mib, mode: 0o1777 }],
      [{ type: "tmpfs", target: "/run", readOnly: true, sizeBytes: 128 * mib, options: ["uid=1000"] }],
      "tmpfs /run:mode=1777,size=64m → /run:ro,size=128m,uid=1000",
    ],
    [
      [{ type: "image", image: "assets:1", target: "/assets" }],
      [{ type: "image", image: "assets:2", target: "/assets", subpath: "dist" }],
      "options of volumes none → /assets image.subpath=dist; volumes assets:1:/assets → assets:2:/assets",
    ],
    [[{ type: "volume", target: "/cache", readOnly: false }], [], "volumes /cache → none"],
  ],
  volumesFrom: [[["a:ro"], ["b:ro"], "volumes_from a:ro → b:ro"]],
  logging: [
    [
      { driver: "json-file", options: new Map([["max-size", "1m"]]) },
      {
        driver: "local",
        options: new Map([
          ["max-size", "2m"],
          ["max-file", "3"],
        ]),
      },
      "logging.driver json-file → local; logging.options.max-file none → 3; logging.options.max-size 1m → 2m",
    ],
  ],
  dns: [
    [["1.1.1.1"], ["1.1.1.1", "8.8.8.8"], "dns none → 8.8.8.8"],
    [["8.8.8.8", "1.1.1.1"], ["1.1.1.1", "8.8.8.8"], "dns 8.8.8.8, 1.1.1.1 → 1.1.1.1, 8.8.8.8"],
  ],
  dnsSearch: [[["a.test"], ["b.test"], "dns_search a.test → b.test"]],
  dnsOptions: [[["ndots:1"], ["ndots:2"], "dns_opt ndots:1 → ndots:2"]],
  extraHosts: [
    [["db:10.0.0.1", "kv:10.0.0.2"], ["db:10.0.0.3", "kv:10.0.0.2"], "extra_hosts db:10.0.0.1 → db:10.0.0.3"],
  ],
  links: [[["a:b"], ["a:c"], "links a:b → a:c"]],
  init: [[true, undefined, "init true → false"]],
  runtime: [["runc", "crun", "runtime runc → crun"]],
  storageOptions: [[new Map([["size", "1g"]]), new Map([["size", "2g"]]), "storage_opt.size 1g → 2g"]],
};

const resources: Table<Resources> = {
  nanoCpus: [[500_000_000, 1_500_000_000, "cpus 0.5 → 1.5"]],
  cpuShares: [[512, 1024, "cpu_shares 512 → 1024"]],
  cpuset: [["0", "0-1", "cpuset 0 → 0-1"]],
  cpuQuotaMicros: [[50_000, 60_000, "cpu_quota 50000 → 60000"]],
  cpuPeriodMicros: [[1_000, 2_000, "cpu_period 1000 → 2000"]],
  cpuRealtimePeriodMicros: [[1_000, 2_000, "cpu_rt_period 1000 → 2000"]],
  cpuRealtimeRuntimeMicros: [[1_000, 2_000, "cpu_rt_runtime 1000 → 2000"]],
  // With memory goes swap, of which the file says nothing.
  memoryBytes: [
    [undefined, 64 * mib, "mem_limit none → 64m"],
    [64 * mib, 1536 * mib, "mem_limit 64m → 1536m"],
    [1024 * mib, 1_953_125, "mem_limit 1g → 1953125b"],
  ],
  memoryReservationBytes: [[32 * mib, 64 * mib, "mem_reservation 32m → 64m"]],
  memorySwapBytes: [
    [128 * mib, 256 * mib, "memswap_limit 128m → 256m"],
    [128 * mib, -1, "memswap_limit 128m → -1"],
  ],
  memorySwappiness: [[10, 20, "mem_swappiness 10 → 20"]],
  disableOomKill: [[undefined, true, "oom_kill_disable false → true"]],
  oomScoreAdjust: [[10, 20, "oom_score_adj 10 → 20"]],
  pidsLimit: [[50, 60, "pids_limit 50 → 60"]],
  shmBytes: [[64 * mib, 256 * mib, "shm_size 64m → 256m"]],
  blkio: [
    [{ weight: 300 }, { weight: 400 }, "blkio_config.weight 300 → 400"],
    [
      {
        weightDevices: new Map([["/dev/sda", 100]]),
        readBytesPerSecond: new Map([["/dev/sda", mib]]),
        readOperationsPerSecond: new Map([["/dev/sda", 10]]),
      },
      {
        weightDevices: new Map([["/dev/sda", 200]]),
        readBytesPerSecond: new Map([["/dev/sda", 2 * mib]]),
        readOperationsPerSecond: new Map([["/dev/sda", 20]]),
        writeBytesPerSecond: new Map([["/dev/sda", mib]]),
        writeOperationsPerSecond: new Map([["/dev/sda", 20]]),
      },
      [
        "blkio_config.device_read_bps./dev/sda 1m → 2m",
        "blkio_config.device_read_iops./dev/sda 10 → 20",
        "blkio_config.device_write_bps./dev/sda none → 1m",
        "blkio_config.device_write_iops./dev/sda none → 20",
        "blkio_config.weight_device./dev/sda 100 → 200",
      ].join("; "),
    ],
  ],
  ulimits: [
    [
      new Map([["nofile", { soft: 100, hard: 100 }]]),
      new Map([["nofile", { soft: 100, hard: 200 }]]),
      "ulimits.nofile 100 → { soft: 100, hard: 200 }",
    ],
  ],
  devices: [
    [
      [{ hostPath: "/dev/a", containerPath: "/dev/a", permissions: "rwm" }],
      [{ hostPath: "/dev/a", containerPath: "/dev/b", permissions: "r" }],
      "devices /dev/a:/dev/a:rwm → /dev/a:/dev/b:r",
    ],
  ],
  deviceCgroupRules: [[["c 1:3 mr"], ["c 1:3 rwm"], "device_cgroup_rules c 1:3 mr → c 1:3 rwm"]],
  deviceRequests: [
    [
      [{ capabilities: [["gpu"]], deviceIds: ["0"] }],
      [{ capabilities: [["gpu"]], deviceIds: ["0"], driver: "nvidia" }],
      "gpus { device_ids: [0], capabilities: [gpu] } → { driver: nvidia, device_ids: [0], capabilities: [gpu] }",
    ],
    [
      [{ capabilities: [["gpu"]], count: 1 }],
      [{ capabilities: [["gpu"]], count: -1, deviceIds: [], options: new Map([["a", "b"]]) }],
      "gpus { count: 1, capabilities: [gpu] } → { count: all, capabilities: [gpu], options: { a: b } }",
    ],
  ],
};

const security: Table<Security> = {
  privileged: [[undefined, true, "privileged false → true"]],
  readOnly: [[true, undefined, "read_only true → false"]],
  addCapabilities: [[["SYS_TIME"], ["SYS_TIME", "SYS_NICE"], "cap_add none → SYS_NICE"]],
  dropCapabilities: [[["ALL"], [], "cap_drop ALL → none"]],
  options: [[["no-new-privileges:true"], ["label=disable"], "security_opt no-new-privileges:true → label=disable"]],
  sysctls: [
    [
      new Map([["net.core.somaxconn", "1024"]]),
      new Map([["net.core.somaxconn", "2048"]]),
      "sysctls.net.core.somaxconn 1024 → 2048",
    ],
  ],
};

const namespaces: Table<Namespaces> = {
  pid: [
    ["a", "b", "pid a → b"],
    // An engine keeps the id of what a file names.
    [`container:${id("a")}`, "container:db", "configuration changed"],
  ],
  ipc: [["private", "shareable", "ipc private → shareable"]],
  uts: [["a", "b", "uts a → b"]],
  user: [["a", "b", "userns_mode a → b"]],
  cgroup: [["private", "a", "cgroup private → a"]],
  cgroupParent: [["/a", "/b", "cgroup_parent /a → /b"]],
  isolation: [["process", "hyperv", "isolation process → hyperv"]],
};

const rowsOf = <T>(table: Table<T>, specOf: (part: Partial<T>) => Partial<ContainerSpec>) =>
  Object.entries<readonly Row<unknown>[]>(table).flatMap(([field, rows]) =>
    rows.map(([before, after, reason]) => {
      const holding = (value: unknown) => specOf((value === undefined ? {} : { [field]: value }) as Partial<T>);
      return { field, before: holding(before), after: holding(after), reason };
    }),
  );

describe("what changed is told in the words of the Compose file", () => {
  test.each([
    ...rowsOf(service, (part) => part),
    ...rowsOf(resources, (part) => ({ resources: part })),
    ...rowsOf(security, (part) => ({ security: part })),
    ...rowsOf(namespaces, (part) => ({ namespaces: part })),
  ])("$field: $reason", ({ before, after, reason }) => {
    expect(reasonOf(before, after)).toBe(reason);
  });

  test("a part of what is private is not shown either", () => {
    const secret = (text: string) => ({ environment: new Map([["A.B", new Secret(text)]]) });
    expect(reasonOf(secret("one"), secret("two"))).toBe("A.B changed");
  });
});

test.each([
  [0, "0"],
  [-1, "-1"],
  [1, "1b"],
  [1000, "1000b"],
  [1024, "1k"],
  [1025, "1025b"],
  [3 * 1024 ** 3, "3g"],
  [2 * 1024 ** 5, "2048t"],
])("%d bytes are %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test.each([
  [0, "0s"],
  [0.5, "0.5ms"],
  [250, "250ms"],
  [1_500, "1s500ms"],
  [60_000, "1m"],
  [5_400_000, "1h30m"],
])("%d milliseconds are %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
