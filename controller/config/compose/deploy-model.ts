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
