import type { ContainerSpec } from "../../../controller/core/ports/container-spec.ts";
import { Secret, type Text } from "../../../controller/core/secret.ts";

/** A container of the image and nothing else. */
export const bare = (image: string, labels: ReadonlyMap<string, string>): ContainerSpec => ({
  image,
  labels,
  environment: new Map(),
  network: { mode: "default" },
  ports: [],
  expose: [],
  mounts: [],
});

type Part = Partial<ContainerSpec>;

/** Every field of a spec with a value that no engine has by itself. Networks, volumes and names are put in by the test. */
export const fieldValues: readonly (readonly [field: string, part: Part])[] = [
  ["command", { command: ["sh", "-c", "echo 'a b' \"c\" $HOME", ""] }],
  ["entrypoint", { entrypoint: ["/bin/sh", "-c"], command: ["true"] }],
  ["an entrypoint that is empty", { entrypoint: [], command: ["true"] }],
  [
    "environment",
    {
      environment: new Map<string, Text>([
        ["A", "1"],
        ["EMPTY", ""],
        ["TWO", "a=b\nc"],
        ["SECRET", new Secret("sesame")],
      ]),
    },
  ],
  ["user", { user: "1000:1000" }],
  ["groups", { groups: ["10", "20"] }],
  ["working directory", { workingDirectory: "/data/sub" }],
  ["hostname", { hostname: "alpha" }],
  ["domain name", { domainname: "example.test" }],
  ["tty", { tty: true, stdinOpen: true }],
  [
    "healthcheck",
    { healthcheck: { test: ["CMD", "true"], intervalMs: 1_500, timeoutMs: 2_000, startPeriodMs: 3_000, retries: 7 } },
  ],
  ["no healthcheck", { healthcheck: "none" }],
  ["stop signal", { stopSignal: "SIGUSR1", stopGraceMs: 3_000 }],
  ["restart always", { restart: { name: "always" } }],
  ["restart on-failure", { restart: { name: "on-failure", maxRetries: 4 } }],
  ["restart unless-stopped", { restart: { name: "unless-stopped" } }],
  ["network none", { network: { mode: "none" } }],
  ["network host", { network: { mode: "host" } }],
  [
    "ports",
    {
      ports: [
        { containerPort: 53, protocol: "udp", hostPort: 18_053 },
        { containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1", hostPort: 18_080 },
      ],
      expose: ["90/tcp", "91/udp"],
    },
  ],
  ["port that the engine chooses", { ports: [{ containerPort: 81, protocol: "tcp" }] }],
  ["bind mount", { mounts: [{ type: "bind", source: "/tmp", target: "/host", readOnly: true, createHostPath: true }] }],
  [
    "bind mount that must exist",
    {
      mounts: [
        {
          type: "bind",
          source: "/tmp",
          target: "/host",
          readOnly: false,
          propagation: "rslave",
          createHostPath: false,
        },
      ],
    },
  ],
  ["tmpfs", { mounts: [{ type: "tmpfs", target: "/scratch", readOnly: false, sizeBytes: 1_048_576, mode: 0o1777 }] }],
  [
    "tmpfs with options",
    { mounts: [{ type: "tmpfs", target: "/scratch", readOnly: false, options: ["size=1m", "exec"] }] },
  ],
  ["cpus", { resources: { nanoCpus: 500_000_000, cpuShares: 512, cpuset: "0" } }],
  ["cpu quota", { resources: { cpuQuotaMicros: 50_000, cpuPeriodMicros: 100_000 } }],
  [
    "memory",
    {
      resources: {
        memoryBytes: 67_108_864,
        memoryReservationBytes: 33_554_432,
        memorySwapBytes: 100_663_296,
        shmBytes: 1_048_576,
      },
    },
  ],
  ["memory without swapping", { resources: { memoryBytes: 67_108_864, memorySwappiness: 0 } }],
  ["out of memory", { resources: { oomScoreAdjust: 500, memoryBytes: 67_108_864, disableOomKill: true } }],
  ["processes", { resources: { pidsLimit: 123 } }],
  [
    "ulimits",
    {
      resources: {
        ulimits: new Map([
          ["nofile", { soft: 512, hard: 1_024 }],
          ["core", { soft: 0, hard: 0 }],
        ]),
      },
    },
  ],
  ["blkio weight", { resources: { blkio: { weight: 300 } } }],
  [
    "blkio rates",
    {
      resources: {
        blkio: {
          readBytesPerSecond: new Map([["/dev/null", 1_024]]),
          writeOperationsPerSecond: new Map([["/dev/null", 9]]),
        },
      },
    },
  ],
  [
    "devices",
    {
      resources: {
        devices: [{ hostPath: "/dev/null", containerPath: "/dev/nothing", permissions: "rw" }],
      },
    },
  ],
  [
    "device rules",
    {
      resources: {
        deviceCgroupRules: ["c 1:3 mr"],
      },
    },
  ],
  ["device requests", { resources: { deviceRequests: [{ driver: "nvidia", count: -1, capabilities: [["gpu"]] }] } }],
  ["privileged", { security: { privileged: true } }],
  ["read-only", { security: { readOnly: true } }],
  ["capabilities", { security: { addCapabilities: ["NET_ADMIN"], dropCapabilities: ["CHOWN"] } }],
  ["security options", { security: { options: ["no-new-privileges:true"] } }],
  ["sysctls", { security: { sysctls: new Map([["net.ipv4.ip_unprivileged_port_start", "0"]]) } }],
  ["pid namespace", { namespaces: { pid: "host" } }],
  ["ipc namespace", { namespaces: { ipc: "host" } }],
  ["uts namespace", { namespaces: { uts: "host" } }],
  ["user namespace", { namespaces: { user: "host" } }],
  ["cgroup namespace", { namespaces: { cgroup: "host" } }],
  ["cgroup parent", { namespaces: { cgroupParent: "/pst" } }],
  ["logging", { logging: { driver: "json-file", options: new Map([["max-size", "1m"]]) } }],
  ["dns", { dns: ["9.9.9.9"], dnsSearch: ["example.test"], dnsOptions: ["ndots:1"] }],
  ["extra hosts", { extraHosts: ["db.test:10.0.0.7"] }],
  ["init", { init: true }],
  ["runtime", { runtime: "runc" }],
  ["removed when done", { removeWhenDone: true }],
];
