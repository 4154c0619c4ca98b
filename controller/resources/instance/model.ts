import type { ActionOf, Refusal } from "../../core/action.ts";
import type { Drift } from "../../core/drift.ts";
import type { EngineProject } from "../../core/engine-labels.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { ContainerState } from "../../core/ports/container-facts.ts";
import type { RestartPolicy } from "../../core/ports/container-spec.ts";
import type { EmbeddedSpec } from "../../core/ports/embedded.ts";
import type { Endpoint } from "../../core/ports/postgres.ts";
import type { Twin } from "../../core/twin.ts";

/** One environment's Postgres server. */
export interface DesiredInstance {
  readonly id: ResourceId;
  readonly provider: "embedded" | "external" | "container";
  readonly to: "running" | "stopped" | "absent";
  /** Only with provider embedded. */
  readonly spec?: EmbeddedSpec;
  /** Only with provider container. */
  readonly container?: ContainerServer;
  /** With another provider: a container engine holds something of the environment, perhaps its former server. */
  readonly isOnEngine?: boolean;
  readonly endpoint: Endpoint;
  /** Server parameters by name, as written in the file. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The cluster that the state remembers (RELIABILITY 21). */
  readonly knownIdentifier?: string;
  /** Whether `to: absent` may take the data along. */
  readonly deleteData: boolean;
  /** A server that was started before this moment is restarted. */
  readonly startedAfter?: Date;
  /** Only with provider container: look also for what only an inspect call shows. */
  readonly isThorough?: boolean;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

/** A server in a container, from an image that keeps the contract of the official `postgres` image. */
export interface ContainerServer {
  /** As the engine knows it. */
  readonly name: string;
  /** As the files or the version name it: `postgres:17`. */
  readonly image: string;
  /** The major version that the files ask for; undefined: the image decides. */
  readonly major: number | undefined;
  /** Where it is published on the engine's machine; undefined: on every address. */
  readonly bind: string | undefined;
  readonly port: number;
  /** The volume of its data, as the engine knows it. */
  readonly volume: string;
  /** As the engine knows them. The first is its way out. */
  readonly networks: readonly string[];
  /** What containers on these networks call it. */
  readonly alias: string;
  /** What Compose's tools list it as. */
  readonly service: string;
  /** Keyed hash of all that can only be changed by making the container anew. */
  readonly config: string;
  readonly project: EngineProject;
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
  readonly provider: "embedded" | "external" | "container";
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
  /** Only with provider container. */
  readonly container?: ObservedContainerServer;
  /** With another provider: the name of our container with the environment's server, from when it had that one. */
  readonly formerContainer?: string;
}

/** `lost`: it was made for this very environment, with an owner token that the state does not have. */
export type VolumeOwner = "none" | "ours" | "lost" | "foreign";

/** What an engine has of a server's containers. */
export interface ObservedContainerServer {
  /** Under the name that the data volume has. */
  readonly volume: VolumeOwner;
  /** The one that serves, or should. */
  readonly current?: OwnContainer;
  /** Made beside it to take its place, by a replacement that was cut. */
  readonly next?: OwnContainer;
  /** Stopped and kept, until the one in its place is accepted. */
  readonly previous?: OwnContainer;
  /** Somebody else's container has the name. */
  readonly isNameTaken: boolean;
  /** Of the volume that is lost, or of the container that has the name. */
  readonly twin?: Twin;
  /** The image that the reference means now; undefined: it is not here. */
  readonly wantedImageId?: string;
  /** The major version in that image, where it is known. */
  readonly wantedMajor?: number;
}

export interface OwnContainer {
  readonly id: string;
  readonly name: string;
  readonly state: ContainerState;
  readonly exitCode: number | undefined;
  readonly imageId: string;
  /** What its labels keep of the wish that it was made from. */
  readonly config: string | undefined;
  readonly published: string | undefined;
  readonly networks: readonly string[];
  /** It never ran, and the engine can start it no more. */
  readonly isStuck?: true;
  /** What no list tells; only where it is looked for. */
  readonly inspected?: {
    /** Undefined: this engine changes none of a container that is there. */
    readonly restart: RestartPolicy | undefined;
    /** By network. */
    readonly aliases: ReadonlyMap<string, readonly string[]>;
  };
}

/** Our container, as far as it has to be put right in place. */
export interface Repairs {
  readonly id: string;
  readonly rename: boolean;
  readonly unpause: boolean;
  /** Networks by name. */
  readonly connect: readonly string[];
  readonly disconnect: readonly string[];
  /** Networks where it is not found under its name. */
  readonly reconnect: readonly string[];
  /** What its engine does when it ends is to be as it was made. */
  readonly restart: boolean;
  /** What a replacement left that is no longer wanted. */
  readonly leftovers: readonly OwnContainer[];
  /** The superuser gets the password that is kept, through the socket inside the container. */
  readonly password: boolean;
}

interface Replacement {
  /** The one that serves until now, or did. */
  readonly old: OwnContainer;
  /** The new one, as far as an interrupted replacement has come with it. */
  readonly made?: OwnContainer;
  /** What else such a one left. */
  readonly leftovers: readonly OwnContainer[];
  /** Only where the image turns out to be another one than this; its data is of that major version. */
  readonly onlyIf?: { readonly madeFrom: string; readonly dataMajor?: number };
  /** What is done if it does not; absent: nothing. */
  readonly otherwise?: InstanceAction;
}

type Change = { readonly desired: DesiredInstance; readonly drift: readonly Drift[] };
export type InstanceAction =
  | ActionOf<"instance", "create", { readonly desired: DesiredInstance }>
  | ActionOf<"instance", "start", Change>
  | ActionOf<"instance", "stop", { readonly desired: DesiredInstance }>
  | ActionOf<"instance", "reload", Change>
  | ActionOf<"instance", "restart", Change>
  | ActionOf<"instance", "update", Change & { readonly repairs: Repairs }>
  | ActionOf<"instance", "replace", Change & Replacement>
  | ActionOf<"instance", "delete", { readonly desired: DesiredInstance }>
  | Refusal<"instance">;
