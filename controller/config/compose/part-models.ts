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
