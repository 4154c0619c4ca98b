import type { ActionOf, Refusal } from "../../core/action.ts";
import type { Drift } from "../../core/drift.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { EmbeddedSpec, Endpoint } from "../../core/ports.ts";

/** One environment's Postgres server. */
export interface DesiredInstance {
  readonly id: ResourceId;
  readonly provider: "embedded" | "external";
  readonly to: "running" | "stopped" | "absent";
  /** Only with provider embedded. */
  readonly spec?: EmbeddedSpec;
  readonly endpoint: Endpoint;
  /** Server parameters by name, as written in the file. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The cluster that the state remembers (RELIABILITY 21). */
  readonly knownIdentifier?: string;
  /** Whether `to: absent` may take the data along. */
  readonly deleteData: boolean;
  /** A server that was started before this moment is restarted. */
  readonly startedAfter?: Date;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

/** One parameter as the running server reports it (`pg_settings`). */
export interface ObservedParameter {
  readonly setting: string;
  readonly unit: string | undefined;
  /** `postmaster` needs a restart, `sighup` and lower a reload; `internal` cannot be set. */
  readonly context: string;
  readonly pendingRestart: boolean;
}

export interface ObservedInstance {
  readonly id: ResourceId;
  readonly provider: "embedded" | "external";
  /** absent: there is no data, so no database and no role either. down: there may be, and it cannot be asked. */
  readonly server: "absent" | "down" | "up";
  /** `server_version_num`, when up. */
  readonly version?: number;
  readonly dataMajor?: number;
  readonly systemIdentifier?: string;
  readonly startedAt?: Date;
  readonly portHolder?: string;
  /** What would run: `PostgreSQL 15.18 from /usr/lib/postgresql/15/bin`; undefined when there is nothing at hand. */
  readonly binaries?: string;
  readonly dataDirectory?: string;
  /** Our include file. */
  readonly written: ReadonlyMap<string, string>;
  /** The running server, for the names that desired or written hold. */
  readonly parameters: ReadonlyMap<string, ObservedParameter>;
  /** Why an external server could not be asked. */
  readonly error?: ErrorFacts;
}

type Change = { readonly desired: DesiredInstance; readonly drift: readonly Drift[] };
export type InstanceAction =
  | ActionOf<"instance", "create", { readonly desired: DesiredInstance }>
  | ActionOf<"instance", "start", Change>
  | ActionOf<"instance", "stop", { readonly desired: DesiredInstance }>
  | ActionOf<"instance", "reload", Change>
  | ActionOf<"instance", "restart", Change>
  | ActionOf<"instance", "delete", { readonly desired: DesiredInstance }>
  | Refusal<"instance">;
