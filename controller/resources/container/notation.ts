import type {
  Blkio,
  ContainerSpec,
  Device,
  DeviceRequest,
  Healthcheck,
  Mount,
  PublishedPort,
  Resources,
  Security,
  TmpfsMount,
} from "../../core/ports/container-spec.ts";
import { bytesText, durationText } from "./units.ts";

// Values of a spec as a Compose file writes them (compose-spec, 05-services.md).

/** One text; several, of which a plan shows those that differ; or parts with names of their own. */
export type Written = string | readonly string[] | ReadonlyMap<string, string>;

type Notations<T> = { readonly [F in keyof T]-?: ((value: NonNullable<T[F]>) => Written) | undefined };

const pairs = <T>(values: ReadonlyMap<string, T>, text: (value: T) => string): ReadonlyMap<string, string> =>
  new Map([...values].map(([name, value]) => [name, text(value)]));

type Simple = Omit<
  ContainerSpec,
  | "environment"
  | "labels"
  | "command"
  | "entrypoint"
  | "resources"
  | "security"
  | "namespaces"
  | "network"
  | "healthcheck"
  | "mounts"
  | "restart"
  | "platform"
  | "removeWhenDone"
>;

/** Undefined: as it is, whatever it is. */
const ofService: Notations<Simple> = {
  image: undefined,
  annotations: undefined,
  user: undefined,
  groups: undefined,
  workingDirectory: undefined,
  hostname: undefined,
  domainname: undefined,
  tty: undefined,
  stdinOpen: undefined,
  stopSignal: undefined,
  stopGraceMs: durationText,
  ports: (ports) => ports.map(portText),
  expose: undefined,
  volumesFrom: undefined,
  logging: ({ driver, options }) =>
    new Map([["driver", driver], ...[...options].map(([name, value]) => [`options.${name}`, value] as const)]),
  dns: undefined,
  dnsSearch: undefined,
  dnsOptions: undefined,
  extraHosts: undefined,
  links: undefined,
  init: undefined,
  runtime: undefined,
  storageOptions: undefined,
};

const ofResources: Notations<Resources> = {
  nanoCpus: (count) => String(count / 1e9),
  cpuShares: undefined,
  cpuset: undefined,
  cpuQuotaMicros: undefined,
  cpuPeriodMicros: undefined,
  cpuRealtimePeriodMicros: undefined,
  cpuRealtimeRuntimeMicros: undefined,
  memoryBytes: bytesText,
  memoryReservationBytes: bytesText,
  memorySwapBytes: bytesText,
  memorySwappiness: undefined,
  disableOomKill: undefined,
  oomScoreAdjust: undefined,
  pidsLimit: undefined,
  shmBytes: bytesText,
  blkio: blkioParts,
  ulimits: (limits) =>
    pairs(limits, ({ soft, hard }) => (soft === hard ? String(soft) : `{ soft: ${soft}, hard: ${hard} }`)),
  devices: (devices) => devices.map(deviceText),
  deviceCgroupRules: undefined,
  deviceRequests: (requests) => requests.map(requestText),
};

const ofSecurity: Notations<Security> = {
  privileged: undefined,
  readOnly: undefined,
  addCapabilities: undefined,
  dropCapabilities: undefined,
  options: undefined,
  sysctls: undefined,
};

const notations: Readonly<Record<string, ((value: never) => Written) | undefined>> = {
  ...ofService,
  ...Object.fromEntries(Object.entries(ofResources).map(([name, write]) => [`resources/${name}`, write])),
  ...Object.fromEntries(Object.entries(ofSecurity).map(([name, write]) => [`security/${name}`, write])),
};

/** @param field of the port, with its group: `resources/shmBytes` */
export function written(field: string, value: unknown): Written {
  const write = Object.hasOwn(notations, field) ? notations[field] : undefined;
  if (write !== undefined) return write(value as never);
  if (Array.isArray(value)) return value.map(String);
  return value instanceof Map ? pairs(value as ReadonlyMap<string, unknown>, String) : String(value);
}

/** As the short syntax says it: `127.0.0.1:8080:80/tcp`. */
export function portText({ containerPort, protocol, hostIp, hostPort }: PublishedPort): string {
  const host = typeof hostPort === "object" ? `${hostPort.first}-${hostPort.last}` : String(hostPort ?? "");
  const address = hostIp === undefined ? "" : `${hostIp.includes(":") ? `[${hostIp}]` : hostIp}:`;
  return `${address}${host}${host === "" ? "" : ":"}${containerPort}/${protocol}`;
}

/** What counts where a check says nothing (Dockerfile reference, HEALTHCHECK): Podman fills it in, and Docker does not. */
const usualCheck: Readonly<Omit<Required<Healthcheck>, "test">> = {
  intervalMs: 30_000,
  timeoutMs: 30_000,
  startPeriodMs: 0,
  startIntervalMs: 5_000,
  retries: 3,
};

/** @param other what it is compared with: of a check that only one of them has no more is said than what it runs */
export function healthcheckParts(
  check: ContainerSpec["healthcheck"],
  other: ContainerSpec["healthcheck"],
): ReadonlyMap<string, string> {
  if (check === undefined) return new Map();
  if (check === "none") return new Map([["disable", "true"]]);
  const test: readonly (readonly [string, string])[] =
    check.test === undefined ? [] : [["test", testText(check.test)] as const];
  if (other === undefined || other === "none") return new Map(test);
  const { intervalMs, timeoutMs, startPeriodMs, startIntervalMs, retries } = { ...usualCheck, ...check };
  return new Map([
    ...test,
    ["interval", durationText(intervalMs)],
    ["timeout", durationText(timeoutMs)],
    ["start_period", durationText(startPeriodMs)],
    ["start_interval", durationText(startIntervalMs)],
    ["retries", String(retries)],
  ]);
}

/** A text is run by the shell, a list as it is. */
const testText = ([how = "", ...words]: readonly string[]): string =>
  how === "CMD-SHELL" ? words.join(" ") : `[${[how, ...words].join(", ")}]`;

/** As the short syntax says it, of all but memory: `data:/data:ro`. */
export const mountTexts = (mounts: readonly Mount[]): readonly string[] =>
  mounts
    .flatMap((mount) => {
      switch (mount.type) {
        case "bind": {
          const propagation = mount.propagation === "rprivate" ? undefined : mount.propagation;
          return [[mount.source, mount.target, words(mount.readOnly && "ro", mount.selinux, propagation)]];
        }
        case "volume":
          return [[mount.name, mount.target, words(mount.readOnly && "ro")]];
        case "image":
          return [[mount.image, mount.target]];
        default:
          return [];
      }
    })
    .map((parts) => parts.filter((part) => part !== undefined && part !== "").join(":"));

/** `/run:size=64m,mode=1777` */
export const tmpfsTexts = (mounts: readonly Mount[]): readonly string[] =>
  mounts.flatMap((mount) => (mount.type === "tmpfs" ? [tmpfsText(mount)] : []));

function tmpfsText({ target, readOnly, sizeBytes, mode, options = [] }: TmpfsMount): string {
  const size = sizeBytes === undefined ? [] : [`size=${sizeBytes}`];
  const all = [...size, ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]), ...options];
  const sized = all.map((option) =>
    option.replace(/^size=(\d+)$/, (_all, bytes) => `size=${bytesText(Number(bytes))}`),
  );
  const text = words(readOnly && "ro", ...sized.sort());
  return text === "" ? target : `${target}:${text}`;
}

/** What only the long syntax says of a mount: `/data volume.nocopy`. */
export const mountOptionTexts = (mounts: readonly Mount[]): readonly string[] =>
  mounts.flatMap((mount) => longOptions(mount).map((option) => `${mount.target} ${option}`));

function longOptions(mount: Mount): readonly string[] {
  switch (mount.type) {
    case "bind":
      return [
        ...(mount.createHostPath ? [] : ["bind.create_host_path=false"]),
        ...(mount.recursive === undefined ? [] : [`bind.recursive=${mount.recursive}`]),
      ];
    case "volume":
      return [
        ...(mount.noCopy === true ? ["volume.nocopy=true"] : []),
        ...(mount.subpath === undefined ? [] : [`volume.subpath=${mount.subpath}`]),
      ];
    case "image":
      return mount.subpath === undefined ? [] : [`image.subpath=${mount.subpath}`];
    default:
      return [];
  }
}

const words = (...all: readonly (string | false | undefined)[]): string =>
  all.filter((word) => word !== undefined && word !== false).join(",");

function blkioParts(blkio: Blkio): ReadonlyMap<string, string> {
  const named = (
    key: string,
    values: ReadonlyMap<string, number> = new Map(),
    text: (value: number) => string = String,
  ) => [...values].map(([path, value]) => [`${key}.${path}`, text(value)] as const);
  return new Map([
    ...named("weight_device", blkio.weightDevices),
    ...named("device_read_bps", blkio.readBytesPerSecond, bytesText),
    ...named("device_write_bps", blkio.writeBytesPerSecond, bytesText),
    ...named("device_read_iops", blkio.readOperationsPerSecond),
    ...named("device_write_iops", blkio.writeOperationsPerSecond),
  ]);
}

const deviceText = ({ hostPath, containerPath, permissions }: Device): string =>
  [hostPath, containerPath, permissions].filter((part) => part !== "").join(":");

function requestText({ driver, count, deviceIds = [], capabilities, options = new Map() }: DeviceRequest): string {
  const parts = [
    ...(driver === undefined || driver === "" ? [] : [`driver: ${driver}`]),
    ...(count === undefined || count === 0 ? [] : [`count: ${count === -1 ? "all" : count}`]),
    ...(deviceIds.length === 0 ? [] : [`device_ids: [${deviceIds.join(", ")}]`]),
    ...(capabilities.length === 0 ? [] : [`capabilities: [${capabilities.flat().join(", ")}]`]),
    ...(options.size === 0
      ? []
      : [`options: { ${[...options].map(([name, value]) => `${name}: ${value}`).join(", ")} }`]),
  ];
  return `{ ${parts.join(", ")} }`;
}
