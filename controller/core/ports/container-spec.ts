import type { Text } from "../secret.ts";

/**
 * What a container is made from: every field of a Compose service that an engine can express, resolved (ids, paths and
 * names as the engine takes them). Absent means: what the image says, else what the engine does by itself.
 */
export interface ContainerSpec {
  /** A reference, or an image id. */
  readonly image: string;
  /** `os/arch[/variant]`. Chosen at creation, not observed. */
  readonly platform?: string;
  /** Empty: the image's is not used. */
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** Undefined: taken out of what the image sets. */
  readonly environment: ReadonlyMap<string, Text | undefined>;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations?: ReadonlyMap<string, string>;
  /** `uid[:gid]` or names of the image. */
  readonly user?: string;
  /** More groups of the process, names or ids. */
  readonly groups?: readonly string[];
  readonly workingDirectory?: string;
  readonly hostname?: string;
  readonly domainname?: string;
  readonly tty?: boolean;
  /** Standard input stays open. */
  readonly stdinOpen?: boolean;
  readonly healthcheck?: Healthcheck | "none";
  /** `SIGTERM`, or a number. */
  readonly stopSignal?: string;
  /** Whole seconds count. */
  readonly stopGraceMs?: number;
  readonly restart?: RestartPolicy;
  readonly network: ContainerNetwork;
  /** Published on the host. */
  readonly ports: readonly PublishedPort[];
  /** `80/tcp`: said to be in use, not published. */
  readonly expose: readonly string[];
  readonly mounts: readonly Mount[];
  /** Ids or names of containers, with `:ro` or `:rw`. */
  readonly volumesFrom?: readonly string[];
  readonly resources?: Resources;
  readonly security?: Security;
  readonly namespaces?: Namespaces;
  readonly logging?: { readonly driver: string; readonly options: ReadonlyMap<string, string> };
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  /** `host:address`; an address may be `host-gateway`. */
  readonly extraHosts?: readonly string[];
  /** Default bridge only: `container:alias`. */
  readonly links?: readonly string[];
  /** A small init process as PID 1. */
  readonly init?: boolean;
  /** The OCI runtime's name. */
  readonly runtime?: string;
  /** For the storage driver: `size`. */
  readonly storageOptions?: ReadonlyMap<string, string>;
  /** Removed by the engine as soon as it ends. */
  readonly removeWhenDone?: boolean;
}

/** Absent: the image's, else 30 s, 30 s, 0 s, 3 and 5 s. */
export interface Healthcheck {
  /** `CMD` and arguments, or `CMD-SHELL` and one text; absent: the image's. */
  readonly test?: readonly string[];
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly startPeriodMs?: number;
  /** Between probes while starting (API 1.44). */
  readonly startIntervalMs?: number;
  readonly retries?: number;
}

export type RestartPolicy =
  | { readonly name: "no" | "always" | "unless-stopped" }
  /** `maxRetries` 0: without end. */
  | { readonly name: "on-failure"; readonly maxRetries: number };

export type ContainerNetwork =
  /** `default`: the engine's own bridge, where no names are resolved. */
  | { readonly mode: "none" | "host" | "default" }
  /** The network of another container, by id. */
  | { readonly mode: "container"; readonly container: string }
  /** By network name or id. The first is the one that it is made with, and its way out unless a priority says otherwise. */
  | { readonly mode: "networks"; readonly attachments: ReadonlyMap<string, NetworkAttachment> };

export interface NetworkAttachment {
  /** Without those that the engine adds itself: short id and hostname. */
  readonly aliases: readonly string[];
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly linkLocalAddresses?: readonly string[];
  /** Not observed here: `ConnectedNetwork` has the one in use. */
  readonly macAddress?: string;
  /** Who is the default gateway: the highest (API 1.48). */
  readonly gatewayPriority?: number;
  readonly driverOptions?: ReadonlyMap<string, string>;
  /** `container:alias`: names of others that this container alone resolves. */
  readonly links?: readonly string[];
}

export interface PublishedPort {
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp" | "sctp";
  /** Absent: every address. */
  readonly hostIp?: string;
  /** Absent: one that the engine chooses at each start. A range lets it choose inside. */
  readonly hostPort?: number | { readonly first: number; readonly last: number };
}

export type Mount = BindMount | VolumeMount | TmpfsMount | ImageMount;

export interface BindMount {
  readonly type: "bind";
  /** Absolute, on the engine's machine. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly propagation?: "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave";
  /** Label the source for SELinux: shared by containers, or private to this one. */
  readonly selinux?: "z" | "Z";
  /** The engine makes a missing source as a folder of root's; else a missing one is an error. */
  readonly createHostPath: boolean;
  /** Mounts below the source: left out, writable although the mount is read-only, read-only or an error. */
  readonly recursive?: "disabled" | "writable" | "readonly";
}

export interface VolumeMount {
  readonly type: "volume";
  /** Absent: a new volume without a name of its own. */
  readonly name?: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** A new volume is not filled with what the image has at the target. */
  readonly noCopy?: boolean;
  /** A path inside the volume (API 1.45). */
  readonly subpath?: string;
}

export interface TmpfsMount {
  readonly type: "tmpfs";
  readonly target: string;
  readonly readOnly: boolean;
  readonly sizeBytes?: number;
  /** Permission bits: 0o1777. */
  readonly mode?: number;
  /** More options as mount(8) takes them: `uid=1000`, `exec`. */
  readonly options?: readonly string[];
}

/** An image's files (API 1.48). */
interface ImageMount {
  readonly type: "image";
  readonly image: string;
  readonly target: string;
  readonly subpath?: string;
}

export interface Resources {
  /** 1e9 is one processor. */
  readonly nanoCpus?: number;
  readonly cpuShares?: number;
  /** `0-2,7` */
  readonly cpuset?: string;
  readonly cpuQuotaMicros?: number;
  readonly cpuPeriodMicros?: number;
  readonly cpuRealtimePeriodMicros?: number;
  readonly cpuRealtimeRuntimeMicros?: number;
  readonly memoryBytes?: number;
  readonly memoryReservationBytes?: number;
  /** Memory and swap together; -1: no limit. */
  readonly memorySwapBytes?: number;
  /** 0–100 */
  readonly memorySwappiness?: number;
  readonly disableOomKill?: boolean;
  readonly oomScoreAdjust?: number;
  /** -1: no limit. */
  readonly pidsLimit?: number;
  readonly shmBytes?: number;
  readonly blkio?: Blkio;
  readonly ulimits?: ReadonlyMap<string, { readonly soft: number; readonly hard: number }>;
  readonly devices?: readonly Device[];
  /** `c 1:3 mr` */
  readonly deviceCgroupRules?: readonly string[];
  readonly deviceRequests?: readonly DeviceRequest[];
}

export interface Blkio {
  /** 10–1000 */
  readonly weight?: number;
  readonly weightDevices?: ReadonlyMap<string, number>;
  /** By device path. */
  readonly readBytesPerSecond?: ReadonlyMap<string, number>;
  readonly writeBytesPerSecond?: ReadonlyMap<string, number>;
  readonly readOperationsPerSecond?: ReadonlyMap<string, number>;
  readonly writeOperationsPerSecond?: ReadonlyMap<string, number>;
}

export interface Device {
  readonly hostPath: string;
  readonly containerPath: string;
  /** Of `rwm`. A name of CDI has none. */
  readonly permissions: string;
}

export interface DeviceRequest {
  readonly driver?: string;
  /** -1: all. */
  readonly count?: number;
  readonly deviceIds?: readonly string[];
  readonly capabilities: readonly (readonly string[])[];
  readonly options?: ReadonlyMap<string, string>;
}

export interface Security {
  readonly privileged?: boolean;
  /** The root file system cannot be written. */
  readonly readOnly?: boolean;
  /** Without `CAP_`, upper case. */
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
  /** `no-new-privileges:true`, `seccomp=…` with the profile's text, `apparmor=…`, `label=…` */
  readonly options?: readonly string[];
  readonly sysctls?: ReadonlyMap<string, string>;
}

/** `host`, `private`, or `container:<id>`, as each of them takes it. */
export interface Namespaces {
  readonly pid?: string;
  readonly ipc?: string;
  readonly uts?: string;
  readonly user?: string;
  readonly cgroup?: string;
  readonly cgroupParent?: string;
  /** Windows: `process`, `hyperv`. */
  readonly isolation?: string;
}

export interface NetworkSpec {
  readonly labels: ReadonlyMap<string, string>;
  /** Absent: `bridge`. */
  readonly driver?: string;
  readonly driverOptions?: ReadonlyMap<string, string>;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly ipv6?: boolean;
  /** False needs API 1.48. */
  readonly ipv4?: boolean;
  readonly addresses?: {
    readonly driver?: string;
    readonly options?: ReadonlyMap<string, string>;
    readonly pools: readonly AddressPool[];
  };
}

export interface AddressPool {
  readonly subnet?: string;
  readonly gateway?: string;
  readonly range?: string;
  /** Addresses that others use, by name. */
  readonly reserved?: ReadonlyMap<string, string>;
}

export interface VolumeSpec {
  readonly labels: ReadonlyMap<string, string>;
  /** Absent: `local`. */
  readonly driver?: string;
  readonly driverOptions?: ReadonlyMap<string, string>;
}
