import type { ActionOf, Refusal } from "../../core/action.ts";
import type { Drift } from "../../core/drift.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { EmbeddedSpec } from "../../core/ports/embedded.ts";
import type { Endpoint } from "../../core/ports/postgres.ts";

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
  /** `bool`, `integer`, `real`, `string`, `enum` */
  readonly type: string;
  /** `postmaster` needs a restart, `sighup` and lower a reload; `internal` cannot be set. */
  readonly context: string;
  readonly pendingRestart: boolean;
  /** In the parameter's own unit. */
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  /** Of an enum; some have further spellings that the server does not list. */
  readonly choices: readonly string[];
  /** `alter system` has a value for it, and that one wins over the files. */
  readonly overridden: boolean;
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
  /** Where our server listens, when it runs: perhaps not yet where it is asked to. */
  readonly runningPort?: number;
  readonly portHolder?: string;
  /** What would run: `PostgreSQL 15.18 from /usr/lib/postgresql/15/bin`; undefined when there is nothing at hand. */
  readonly binaries?: string;
  readonly dataDirectory?: string;
  /** Our include file: parameters, `port` and `listen_addresses`; lower-case names. */
  readonly written: ReadonlyMap<string, string>;
  /** The server that is up, for the names that desired or written hold; lower-case names. */
  readonly parameters: ReadonlyMap<string, ObservedParameter>;
  /** False when the include file changed after the server last read it. */
  readonly configurationIsLoaded: boolean;
  /** Why the server could not be asked: of ours only where waiting does not help, of an external one in any case. */
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
