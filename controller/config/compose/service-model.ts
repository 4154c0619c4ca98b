import type { ComposeDeploy, ComposeDeviceRequest } from "./deploy-model.ts";
import type {
  ComposeBlkio,
  ComposeBuild,
  ComposeDependency,
  ComposeDevice,
  ComposeHealthcheck,
  ComposeHook,
  ComposeMount,
  ComposePort,
  ComposeServiceNetwork,
  ComposeServiceVolume,
  ComposeUlimit,
  ComposeWatch,
} from "./part-models.ts";

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
  /** Refused in a deployment. */
  readonly models?: ReadonlyMap<string, { readonly endpoint_var?: string; readonly model_var?: string }>;
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
  /** Refused in a deployment. */
  readonly provider?: { readonly type: string; readonly options?: ReadonlyMap<string, string | readonly string[]> };
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
  /** Refused in a deployment. */
  readonly use_api_socket?: boolean;
  readonly user?: string;
  readonly userns_mode?: string;
  readonly uts?: string;
  readonly volumes?: readonly ComposeServiceVolume[];
  /** `SERVICE[:ro|rw]` or `container:NAME[:ro|rw]`. */
  readonly volumes_from?: readonly string[];
  readonly working_dir?: string;
}
