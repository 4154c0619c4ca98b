import type { AddressPool, ContainerSpec, NetworkAttachment, PublishedPort } from "./container-spec.ts";
import type { InPlaceChange } from "./containers.ts";

/** Which engine it is. */
export interface EngineIdentity {
  readonly engine: "docker" | "podman";
  /** For messages: `unix:///var/run/docker.sock`. Never with a password. */
  readonly address: string;
}

export interface EngineFacts extends EngineIdentity {
  /** `20.10.24`, `4.3.1` */
  readonly version: string;
  /** What is spoken with it: `1.41`. */
  readonly apiVersion: string;
  /** How that address was found: `DOCKER_HOST`, `docker context "remote"`, `the usual place`. */
  readonly from: string;
  /** The engine is on this machine, so that host paths and ports of 127.0.0.1 are ours, too. */
  readonly isLocal: boolean;
  readonly isRootless: boolean;
  /** `linux/amd64` */
  readonly platform: string;
  readonly changesInPlace: ReadonlySet<keyof InPlaceChange>;
}

export type ContainerState =
  | "created"
  | "running"
  | "paused"
  | "restarting"
  | "removing"
  | "exited"
  | "dead"
  /** A word that this version does not know. */
  | "unknown";

/** Undefined: there is no check, or it does not run. */
export type Health = "starting" | "healthy" | "unhealthy" | undefined;

/** One container as the list call tells of it. */
export interface ContainerSummary {
  readonly id: string;
  /** Without the slash; a container that others link to has several, its own first. */
  readonly names: readonly string[];
  /** `sha256:…` */
  readonly imageId: string;
  /** As it was asked for at creation; an id where the reference went to another image since. */
  readonly imageReference: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly state: ContainerState;
  /** Out of the status text, `Up 3 minutes (healthy)`. */
  readonly health: Health;
  /** Out of the status text, `Exited (137) 3 minutes ago`. */
  readonly exitCode: number | undefined;
  /**
   * Milliseconds that it has been running at least, out of the status text `Up 3 minutes`, which is exact to the second
   * below a minute. Undefined while it does not run, and while it is being restarted.
   */
  readonly upMs: number | undefined;
  /** To the second. */
  readonly createdAt: Date;
  /** By network name. Podman's list has no ids: then they are undefined. */
  readonly networks: ReadonlyMap<string, ConnectedNetwork>;
  /** What is published now: nothing while it does not run. */
  readonly ports: readonly PublishedPort[];
  readonly mounts: readonly ActualMount[];
}

export interface ConnectedNetwork {
  readonly id: string | undefined;
  readonly aliases: readonly string[];
  readonly address: string | undefined;
  /** What it has now, asked for or chosen by the engine. */
  readonly macAddress: string | undefined;
}

export interface ActualMount {
  readonly type: string;
  /** Of a volume. */
  readonly name?: string;
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
}

export interface ContainerDetails {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly state: ContainerState;
  readonly createdAt: Date;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  readonly exitCode: number;
  readonly wasOomKilled: boolean;
  /** Why the last start failed, in the engine's words. */
  readonly startError: string | undefined;
  /** The engine can never start it: it lost hold of an earlier start. Only another container helps. */
  readonly isStuck?: true;
  /** By the engine, because of the restart policy. */
  readonly restartCount: number;
  readonly pid: number | undefined;
  readonly health: Health;
  /** What the last probe printed, at most 4 KiB. */
  readonly healthOutput: string | undefined;
  /**
   * What it was made from, as the engine kept it, with what came from the image and what the engine fills in by itself;
   * its networks as they are now. Values of the environment are secrets: nothing tells a password from the rest.
   */
  readonly spec: ContainerSpec;
  /** Fields of the spec that this engine does not tell, or not as they were asked for: `logging`, `security/sysctls`. */
  readonly untold?: ReadonlySet<string>;
  readonly networks: ReadonlyMap<string, ConnectedNetwork>;
  /** With the ports that the engine chose. */
  readonly ports: readonly PublishedPort[];
  /** With the names of volumes that the engine chose. */
  readonly mounts: readonly ActualMount[];
  /** How it is connected now, by network name, whatever its spec's network mode is. */
  readonly attachments: ReadonlyMap<string, NetworkAttachment>;
}

export interface NetworkFacts {
  readonly id: string;
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly driver: string;
  readonly driverOptions: ReadonlyMap<string, string>;
  readonly isInternal: boolean;
  readonly isAttachable: boolean;
  readonly hasIpv6: boolean;
  readonly hasIpv4: boolean;
  readonly pools: readonly AddressPool[];
  readonly createdAt: Date | undefined;
}

export interface VolumeFacts {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly driver: string;
  readonly driverOptions: ReadonlyMap<string, string>;
  /** On the engine's machine. */
  readonly mountpoint: string;
  readonly createdAt: Date | undefined;
}

export interface EngineEvent {
  readonly kind: "container" | "network" | "volume" | "image";
  /** `die`, `start`, `health_status: healthy` … in the engine's words. */
  readonly action: string;
  readonly id: string;
  readonly name: string | undefined;
  /** Of the container; elsewhere the engine's attributes. */
  readonly attributes: ReadonlyMap<string, string>;
}
