// The fields of a spec that stand one to one in the engine's JSON (Docker Engine API, "Create a container").
import type {
  Blkio,
  ContainerSpec,
  Device,
  DeviceRequest,
  Healthcheck,
  Namespaces,
  Resources,
  RestartPolicy,
  Security,
} from "../../core/ports/container-spec.ts";
import {
  list,
  number,
  object,
  present,
  someNumber,
  someText,
  someTextMap,
  someTexts,
  text,
  textMap,
  texts,
} from "./answer.ts";
import {
  asFlag,
  asList,
  asMap,
  asNanoseconds,
  asNumber,
  asPathMap,
  asText,
  asTexts,
  except,
  readFields,
  unlessEmpty,
  writeFields,
  type Codec,
  type Fields,
} from "./fields.ts";

const healthcheckFields: Fields<Healthcheck> = {
  test: ["Test", asTexts],
  intervalMs: ["Interval", asNanoseconds],
  timeoutMs: ["Timeout", asNanoseconds],
  startPeriodMs: ["StartPeriod", asNanoseconds],
  startIntervalMs: ["StartInterval", asNanoseconds],
  retries: ["Retries", asNumber],
};

export const asHealthcheck: Codec<Healthcheck | "none"> = {
  write: (check) => (check === "none" ? { Test: ["NONE"] } : writeFields(healthcheckFields, check)),
  read: (json) => {
    const check = readFields(healthcheckFields, object(json));
    return check.test?.[0] === "NONE" ? "none" : unlessEmpty(check);
  },
};

const asRestart: Codec<RestartPolicy> = {
  write: (policy) => ({ Name: policy.name, MaximumRetryCount: policy.name === "on-failure" ? policy.maxRetries : 0 }),
  read: (json) => {
    const { Name: name, MaximumRetryCount: maxRetries } = object(json);
    if (name === "on-failure") return { name, maxRetries: number(maxRetries) };
    return name === "always" || name === "unless-stopped" ? { name } : undefined;
  },
};

const asLogging: Codec<NonNullable<ContainerSpec["logging"]>> = {
  write: ({ driver, options }) => ({ Type: driver, Config: Object.fromEntries(options) }),
  read: (json) => {
    const driver = someText(object(json)["Type"]);
    return driver === undefined ? undefined : { driver, options: textMap(object(json)["Config"]) };
  },
};

const asSeconds: Codec<number> = {
  write: (milliseconds) => Math.ceil(milliseconds / 1_000),
  // 0 is a grace of no time at all, and absent is the engine's ten seconds.
  read: (json) => (typeof json === "number" ? json * 1_000 : undefined),
};

/** As inspect tells them, links are paths: `/db:/web/database`. */
const asLinks: Codec<readonly string[]> = {
  write: (links) => links,
  read: (json) =>
    someTexts(json)?.map((link) => {
      const [container = "", alias = ""] = link.split(":");
      return `${container.replace(/^\//, "")}:${alias.slice(alias.lastIndexOf("/") + 1)}`;
    }),
};

/** The empty list is one, too: the image's entrypoint is not used. */
const asArguments: Codec<readonly string[]> = {
  write: (value) => value,
  read: (json) => (Array.isArray(json) ? texts(json) : undefined),
};

type Plain = Omit<
  ContainerSpec,
  | "environment"
  | "labels"
  | "network"
  | "ports"
  | "expose"
  | "mounts"
  | "resources"
  | "security"
  | "namespaces"
  | "platform"
>;

/** What stands in the body itself, and what stands in its `HostConfig`. */
type OfConfig = Pick<
  Plain,
  | "image"
  | "entrypoint"
  | "command"
  | "user"
  | "workingDirectory"
  | "hostname"
  | "domainname"
  | "tty"
  | "stdinOpen"
  | "healthcheck"
  | "stopSignal"
  | "stopGraceMs"
>;

export const configFields: Fields<OfConfig> = {
  image: ["Image", asText],
  entrypoint: ["Entrypoint", asArguments],
  command: ["Cmd", asArguments],
  user: ["User", asText],
  workingDirectory: ["WorkingDir", asText],
  hostname: ["Hostname", asText],
  domainname: ["Domainname", asText],
  tty: ["Tty", asFlag],
  stdinOpen: ["OpenStdin", asFlag],
  healthcheck: ["Healthcheck", asHealthcheck],
  stopSignal: ["StopSignal", asText],
  stopGraceMs: ["StopTimeout", asSeconds],
};

export const hostFields: Fields<Omit<Plain, keyof OfConfig>> = {
  annotations: ["Annotations", asMap],
  groups: ["GroupAdd", asTexts],
  restart: ["RestartPolicy", asRestart],
  volumesFrom: ["VolumesFrom", asTexts],
  logging: ["LogConfig", asLogging],
  dns: ["Dns", asTexts],
  dnsSearch: ["DnsSearch", asTexts],
  dnsOptions: ["DnsOptions", asTexts],
  extraHosts: ["ExtraHosts", asTexts],
  links: ["Links", asLinks],
  init: ["Init", asFlag],
  runtime: ["Runtime", asText],
  storageOptions: ["StorageOpt", asMap],
  removeWhenDone: ["AutoRemove", asFlag],
};

const asUlimits: Codec<NonNullable<Resources["ulimits"]>> = {
  write: (limits) => [...limits].map(([name, { soft, hard }]) => ({ Name: name, Soft: soft, Hard: hard })),
  read: (json) => {
    const found = list(json).map((entry) => {
      const { Name: name, Soft: soft, Hard: hard } = object(entry);
      return [text(name), { soft: number(soft), hard: number(hard) }] as const;
    });
    return found.length === 0 ? undefined : new Map(found);
  },
};

const asDevices = asList<Device>(
  ({ hostPath, containerPath, permissions }) => ({
    PathOnHost: hostPath,
    PathInContainer: containerPath,
    CgroupPermissions: permissions,
  }),
  (json) => ({
    hostPath: text(json["PathOnHost"]),
    containerPath: text(json["PathInContainer"]),
    permissions: text(json["CgroupPermissions"]),
  }),
);

const asDeviceRequests = asList<DeviceRequest>(
  ({ driver, count, deviceIds, capabilities, options }) => ({
    Driver: driver,
    Count: count,
    DeviceIDs: deviceIds,
    Capabilities: capabilities,
    Options: Object.fromEntries(options ?? []),
  }),
  (json) =>
    present({
      driver: someText(json["Driver"]),
      count: someNumber(json["Count"]),
      deviceIds: someTexts(json["DeviceIDs"]),
      capabilities: list(json["Capabilities"]).map(texts),
      options: someTextMap(json["Options"]),
    }),
);

/** Without the fields of {@link blkioFields}. */
export const resourceFields: Fields<Omit<Resources, "blkio">> = {
  nanoCpus: ["NanoCpus", asNumber],
  cpuShares: ["CpuShares", asNumber],
  cpuset: ["CpusetCpus", asText],
  cpuQuotaMicros: ["CpuQuota", asNumber],
  cpuPeriodMicros: ["CpuPeriod", asNumber],
  cpuRealtimePeriodMicros: ["CpuRealtimePeriod", asNumber],
  cpuRealtimeRuntimeMicros: ["CpuRealtimeRuntime", asNumber],
  memoryBytes: ["Memory", asNumber],
  memoryReservationBytes: ["MemoryReservation", asNumber],
  memorySwapBytes: ["MemorySwap", asNumber],
  // 0 is a wish: do not swap. The engine says null or -1 where there is none.
  memorySwappiness: [
    "MemorySwappiness",
    { write: (value) => value, read: (json) => (typeof json === "number" && json >= 0 ? json : undefined) },
  ],
  disableOomKill: ["OomKillDisable", asFlag],
  oomScoreAdjust: ["OomScoreAdj", asNumber],
  pidsLimit: ["PidsLimit", asNumber],
  shmBytes: ["ShmSize", asNumber],
  ulimits: ["Ulimits", asUlimits],
  devices: ["Devices", asDevices],
  deviceCgroupRules: ["DeviceCgroupRules", asTexts],
  deviceRequests: ["DeviceRequests", asDeviceRequests],
};

export const blkioFields: Fields<Blkio> = {
  weight: ["BlkioWeight", asNumber],
  weightDevices: ["BlkioWeightDevice", asPathMap("Weight")],
  readBytesPerSecond: ["BlkioDeviceReadBps", asPathMap("Rate")],
  writeBytesPerSecond: ["BlkioDeviceWriteBps", asPathMap("Rate")],
  readOperationsPerSecond: ["BlkioDeviceReadIOps", asPathMap("Rate")],
  writeOperationsPerSecond: ["BlkioDeviceWriteIOps", asPathMap("Rate")],
};

/** `CAP_NET_ADMIN` and `net_admin` are one. */
const asCapabilities: Codec<readonly string[]> = {
  write: (names) => names,
  read: (json) => someTexts(json)?.map((name) => name.toUpperCase().replace(/^CAP_/, "")),
};

export const securityFields: Fields<Security> = {
  privileged: ["Privileged", asFlag],
  readOnly: ["ReadonlyRootfs", asFlag],
  addCapabilities: ["CapAdd", asCapabilities],
  dropCapabilities: ["CapDrop", asCapabilities],
  options: ["SecurityOpt", asTexts],
  sysctls: ["Sysctls", asMap],
};

export const namespaceFields: Fields<Namespaces> = {
  pid: ["PidMode", asText],
  ipc: ["IpcMode", asText],
  uts: ["UTSMode", asText],
  user: ["UsernsMode", asText],
  cgroup: ["CgroupnsMode", asText],
  cgroupParent: ["CgroupParent", asText],
  isolation: ["Isolation", except(asText, "default")],
};
