import type { Secret } from "../../core/secret.ts";

/**
 * A Compose project as it is meant: files merged, `extends` and `include` resolved, variables and env files worked in,
 * short forms expanded, defaults that the specification states filled in. Keys are named as the specification names
 * them. What is absent was not asked for: the image's or the engine's own default holds.
 *
 * Durations are milliseconds, sizes bytes, paths absolute. Lists keep the order of the files; `Map` where the user
 * chooses the keys. A path into this model is a path into the files: see `LoadedCompose.placeOf`.
 */
export interface ComposeProject {
  /** Prefix of all that is made; small letters, digits, `-` and `_`. */
  readonly name: string;
  /** Absolute: what relative paths of the first file are relative to. */
  readonly directory: string;
  /** Those whose profiles are active, in the order of the files. */
  readonly services: ReadonlyMap<string, ComposeService>;
  /** Names of services that are left out because none of their profiles is active, with these profiles. */
  readonly inactive: ReadonlyMap<string, readonly string[]>;
  /** Only what an active service uses, here and below. */
  readonly networks: ReadonlyMap<string, ComposeNetwork>;
  readonly volumes: ReadonlyMap<string, ComposeVolume>;
  readonly configs: ReadonlyMap<string, ComposeConfig>;
  readonly secrets: ReadonlyMap<string, ComposeSecret>;
  /** The `x-` keys of the file itself, as written. */
  readonly extensions: ReadonlyMap<string, unknown>;
}

export interface ComposeService {
  /** Undefined: the image is only built, and named after project and service. */
  readonly image?: string;
  readonly build?: ComposeBuild;
  readonly annotations?: ReadonlyMap<string, string>;
  readonly attach?: boolean;
  readonly blkio_config?: ComposeBlkio;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly cgroup?: "host" | "private";
  readonly cgroup_parent?: string;
  /** Words; empty: the image's command is cleared. */
  readonly command?: readonly string[];
  readonly configs?: readonly ComposeMount[];
  readonly container_name?: string;
  readonly cpu_count?: number;
  readonly cpu_percent?: number;
  /** Microseconds. */
  readonly cpu_period?: number;
  /** Microseconds. */
  readonly cpu_quota?: number;
  /** Microseconds. */
  readonly cpu_rt_period?: number;
  /** Microseconds. */
  readonly cpu_rt_runtime?: number;
  readonly cpu_shares?: number;
  /** A fraction of processors: 0.5 is half of one. */
  readonly cpus?: number;
  readonly cpuset?: string;
  readonly credential_spec?: { readonly config?: string; readonly file?: string; readonly registry?: string };
  /** Also what follows from `links`, `volumes_from` and shared namespaces. */
  readonly depends_on?: ReadonlyMap<string, ComposeDependency>;
  readonly deploy?: ComposeDeploy;
  readonly develop?: { readonly watch: readonly ComposeWatch[] };
  readonly device_cgroup_rules?: readonly string[];
  readonly devices?: readonly ComposeDevice[];
  readonly dns?: readonly string[];
  readonly dns_opt?: readonly string[];
  readonly dns_search?: readonly string[];
  readonly domainname?: string;
  /** Words; empty: the image's entrypoint is cleared. */
  readonly entrypoint?: readonly string[];
  /**
   * With what the env files say. `null`: written without a value and not set in the shell, which takes a variable of
   * the image away.
   */
  readonly environment?: ReadonlyMap<string, string | null>;
  /** Ports or ranges, with `/udp` where it is written. */
  readonly expose?: readonly string[];
  readonly external_links?: readonly string[];
  /** Addresses by host name, `host-gateway` among them. */
  readonly extra_hosts?: ReadonlyMap<string, readonly string[]>;
  readonly gpus?: readonly ComposeDeviceRequest[];
  readonly group_add?: readonly string[];
  readonly healthcheck?: ComposeHealthcheck;
  readonly hostname?: string;
  readonly init?: boolean;
  readonly ipc?: string;
  readonly isolation?: string;
  /** With what the label files say. */
  readonly labels?: ReadonlyMap<string, string>;
  readonly links?: readonly string[];
  readonly logging?: { readonly driver?: string; readonly options?: ReadonlyMap<string, string> };
  readonly mac_address?: string;
  /** Bytes. */
  readonly mem_limit?: number;
  /** Bytes. */
  readonly mem_reservation?: number;
  /** Per cent, 0 to 100. */
  readonly mem_swappiness?: number;
  /** Bytes of memory and swap together; -1: unlimited. */
  readonly memswap_limit?: number;
  /** `host`, `none`, `bridge`, `service:NAME`, `container:NAME` or a network's name; then there are no `networks`. */
  readonly network_mode?: string;
  readonly networks?: ReadonlyMap<string, ComposeServiceNetwork>;
  readonly oom_kill_disable?: boolean;
  readonly oom_score_adj?: number;
  readonly pid?: string;
  /** -1: unlimited. */
  readonly pids_limit?: number;
  readonly platform?: string;
  readonly ports?: readonly ComposePort[];
  readonly post_start?: readonly ComposeHook[];
  readonly pre_stop?: readonly ComposeHook[];
  readonly privileged?: boolean;
  readonly profiles?: readonly string[];
  /** `always`, `never`, `missing`, `build`, `refresh`, `daily`, `weekly` or `every_…`. */
  readonly pull_policy?: string;
  /** Milliseconds. */
  readonly pull_refresh_after?: number;
  readonly read_only?: boolean;
  /** `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:TIMES`. */
  readonly restart?: string;
  readonly runtime?: string;
  /** How many containers; `deploy.replicas` is the same number. */
  readonly scale?: number;
  readonly secrets?: readonly ComposeMount[];
  readonly security_opt?: readonly string[];
  /** Bytes. */
  readonly shm_size?: number;
  readonly stdin_open?: boolean;
  /** Milliseconds. */
  readonly stop_grace_period?: number;
  readonly stop_signal?: string;
  readonly storage_opt?: ReadonlyMap<string, string>;
  readonly sysctls?: ReadonlyMap<string, string>;
  /** `PATH` or `PATH:OPTIONS`. */
  readonly tmpfs?: readonly string[];
  readonly tty?: boolean;
  readonly ulimits?: ReadonlyMap<string, ComposeUlimit>;
  readonly user?: string;
  readonly userns_mode?: string;
  readonly uts?: string;
  readonly volumes?: readonly ComposeServiceVolume[];
  /** `SERVICE[:ro|rw]` or `container:NAME[:ro|rw]`. */
  readonly volumes_from?: readonly string[];
  readonly working_dir?: string;
}

export interface ComposeBuild {
  /** Absolute, or a URL that the builder fetches. */
  readonly context: string;
  /** Relative to the context. Absent only beside `dockerfile_inline`. */
  readonly dockerfile?: string;
  readonly dockerfile_inline?: string;
  readonly additional_contexts?: ReadonlyMap<string, string>;
  readonly args?: ReadonlyMap<string, string>;
  readonly cache_from?: readonly string[];
  readonly cache_to?: readonly string[];
  readonly entitlements?: readonly string[];
  readonly extra_hosts?: ReadonlyMap<string, readonly string[]>;
  readonly isolation?: string;
  readonly labels?: ReadonlyMap<string, string>;
  readonly network?: string;
  readonly no_cache?: boolean;
  readonly platforms?: readonly string[];
  readonly privileged?: boolean;
  readonly provenance?: string;
  readonly pull?: boolean;
  readonly sbom?: string;
  readonly secrets?: readonly ComposeMount[];
  /** Bytes. */
  readonly shm_size?: number;
  /** Paths of sockets or keys by id; empty: the agent's socket of the shell. */
  readonly ssh?: ReadonlyMap<string, string>;
  readonly tags?: readonly string[];
  readonly target?: string;
  readonly ulimits?: ReadonlyMap<string, ComposeUlimit>;
}

/** A config or a secret in a container, or a secret in a build. */
export interface ComposeMount {
  readonly source: string;
  /** Path in the container. In a build: the secret's id, its name when absent. */
  readonly target?: string;
  readonly uid?: string;
  readonly gid?: string;
  /** Permission bits: 0o440 is 288. */
  readonly mode?: number;
}

export interface ComposeDependency {
  readonly condition: "service_started" | "service_healthy" | "service_completed_successfully";
  /** False: a dependency that is missing or fails is no obstacle. */
  readonly required: boolean;
  /** True: restarted when the dependency was. */
  readonly restart?: boolean;
}

export interface ComposeDeploy {
  readonly mode?: string;
  readonly replicas?: number;
  readonly endpoint_mode?: string;
  readonly labels?: ReadonlyMap<string, string>;
  readonly resources?: {
    readonly limits?: ComposeResources;
    readonly reservations?: ComposeReservations;
  };
  readonly restart_policy?: ComposeRestartPolicy;
  readonly update_config?: ComposeUpdate;
  readonly rollback_config?: ComposeUpdate;
  readonly placement?: ComposePlacement;
}

export interface ComposeResources {
  readonly cpus?: number;
  /** Bytes. */
  readonly memory?: number;
  readonly pids?: number;
}

export interface ComposeReservations {
  readonly cpus?: number;
  /** Bytes. */
  readonly memory?: number;
  readonly devices?: readonly ComposeDeviceRequest[];
  readonly generic_resources?: readonly {
    readonly discrete_resource_spec?: { readonly kind?: string; readonly value?: number };
  }[];
}

interface ComposeRestartPolicy {
  /** `none`, `on-failure` or `any`. */
  readonly condition?: string;
  /** Milliseconds. */
  readonly delay?: number;
  readonly max_attempts?: number;
  /** Milliseconds. */
  readonly window?: number;
}

export interface ComposeUpdate {
  readonly parallelism?: number;
  /** Milliseconds. */
  readonly delay?: number;
  readonly failure_action?: string;
  /** Milliseconds. */
  readonly monitor?: number;
  readonly max_failure_ratio?: number;
  readonly order?: "start-first" | "stop-first";
}

interface ComposePlacement {
  readonly constraints?: readonly string[];
  readonly preferences?: readonly { readonly spread?: string }[];
  readonly max_replicas_per_node?: number;
}

export interface ComposeDeviceRequest {
  readonly capabilities?: readonly string[];
  /** -1: all of them. Absent where `device_ids` says which. */
  readonly count?: number;
  readonly device_ids?: readonly string[];
  readonly driver?: string;
  readonly options?: ReadonlyMap<string, string>;
}

export interface ComposeDevice {
  readonly source: string;
  readonly target: string;
  /** Of `r`, `w` and `m`. */
  readonly permissions: string;
}

export interface ComposeHealthcheck {
  /** `CMD` and words, `CMD-SHELL` and one line, or `NONE`. Absent: the image's test. */
  readonly test?: readonly string[];
  /** Milliseconds, as the others. */
  readonly interval?: number;
  readonly timeout?: number;
  readonly start_period?: number;
  readonly start_interval?: number;
  readonly retries?: number;
  readonly disable?: boolean;
}

export interface ComposeHook {
  readonly command: readonly string[];
  readonly user?: string;
  readonly privileged?: boolean;
  readonly working_dir?: string;
  readonly environment?: ReadonlyMap<string, string | null>;
}

export interface ComposeWatch {
  /** Absolute. */
  readonly path: string;
  readonly action: "rebuild" | "sync" | "restart" | "sync+restart" | "sync+exec";
  readonly target?: string;
  readonly ignore?: readonly string[];
  readonly include?: readonly string[];
  readonly exec?: ComposeHook;
  readonly initial_sync?: boolean;
}

export interface ComposePort {
  /** In the container. */
  readonly target: number;
  /** A port or a range `8000-8010` on the host; absent: the engine chooses one. */
  readonly published?: string;
  /** Absent: all addresses. */
  readonly host_ip?: string;
  readonly protocol: string;
  readonly mode: string;
  readonly name?: string;
  readonly app_protocol?: string;
}

export interface ComposeUlimit {
  readonly soft: number;
  readonly hard: number;
}

export interface ComposeServiceNetwork {
  readonly aliases?: readonly string[];
  readonly interface_name?: string;
  readonly ipv4_address?: string;
  readonly ipv6_address?: string;
  readonly link_local_ips?: readonly string[];
  readonly mac_address?: string;
  readonly driver_opts?: ReadonlyMap<string, string>;
  readonly priority?: number;
  readonly gw_priority?: number;
}

export interface ComposeServiceVolume {
  readonly type: "bind" | "volume" | "tmpfs" | "cluster" | "npipe" | "image";
  /** bind: an absolute path; volume: a name of `volumes`, absent for an anonymous one; image: an image. */
  readonly source?: string;
  readonly target: string;
  readonly read_only?: boolean;
  readonly consistency?: string;
  readonly bind?: {
    readonly propagation?: string;
    /** Make a folder where the source is missing, as the short form does. */
    readonly create_host_path?: boolean;
    readonly recursive?: "enabled" | "disabled" | "writable" | "readonly";
    readonly selinux?: "z" | "Z";
  };
  readonly volume?: {
    readonly nocopy?: boolean;
    readonly subpath?: string;
    readonly labels?: ReadonlyMap<string, string>;
  };
  readonly tmpfs?: {
    /** Bytes. */
    readonly size?: number;
    /** As written: 1777 is the number 1777. */
    readonly mode?: number;
  };
  readonly image?: { readonly subpath?: string };
}

export interface ComposeBlkio {
  readonly weight?: number;
  readonly weight_device?: readonly { readonly path: string; readonly weight: number }[];
  readonly device_read_bps?: readonly ComposeThrottle[];
  readonly device_read_iops?: readonly ComposeThrottle[];
  readonly device_write_bps?: readonly ComposeThrottle[];
  readonly device_write_iops?: readonly ComposeThrottle[];
}

export interface ComposeThrottle {
  readonly path: string;
  /** Bytes or operations in a second. */
  readonly rate: number;
}

export interface ComposeNetwork {
  /** In the engine. */
  readonly name: string;
  /** Made by somebody else, and only used. */
  readonly external?: boolean;
  readonly driver?: string;
  readonly driver_opts?: ReadonlyMap<string, string>;
  readonly ipam?: ComposeIpam;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly enable_ipv4?: boolean;
  readonly enable_ipv6?: boolean;
  readonly labels?: ReadonlyMap<string, string>;
}

interface ComposeIpam {
  readonly driver?: string;
  readonly config?: readonly {
    readonly subnet?: string;
    readonly ip_range?: string;
    readonly gateway?: string;
    readonly aux_addresses?: ReadonlyMap<string, string>;
  }[];
  readonly options?: ReadonlyMap<string, string>;
}

export interface ComposeVolume {
  /** In the engine. */
  readonly name: string;
  /** Made by somebody else, and only used. */
  readonly external?: boolean;
  readonly driver?: string;
  readonly driver_opts?: ReadonlyMap<string, string>;
  readonly labels?: ReadonlyMap<string, string>;
}

/** Exactly one of `file`, `content` and `environment`. */
export interface ComposeConfig {
  readonly name: string;
  /** Absolute. */
  readonly file?: string;
  readonly content?: string;
  /** The variable whose value is the content. */
  readonly environment?: string;
  /** That value; absent when the variable is not set. */
  readonly value?: string;
  readonly labels?: ReadonlyMap<string, string>;
}

/** Exactly one of `file` and `environment`. */
export interface ComposeSecret {
  readonly name: string;
  /** Absolute. */
  readonly file?: string;
  /** The variable whose value is the secret. */
  readonly environment?: string;
  /** That value; absent when the variable is not set. */
  readonly value?: Secret;
  readonly labels?: ReadonlyMap<string, string>;
}
