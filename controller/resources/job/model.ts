import type { ActionOf } from "../../core/action.ts";
import type { ContainerNeed } from "../../core/container-needs.ts";
import type { EngineProject } from "../../core/engine-labels.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { ContainerSpec } from "../../core/ports/container-spec.ts";
import type { ContainerFile } from "../../core/ports/containers.ts";
import type { Text } from "../../core/secret.ts";

interface CommonJob {
  readonly id: ResourceId;
  readonly name: string;
  readonly when: "always" | "once" | "on_change";
  /** Hash of spec and inputs: with `on_change` a new one runs the job again. */
  readonly key: string;
  /** What the key is made of, by name (`command`, `inputs/seed.csv`), so that a plan can say what changed. */
  readonly keyParts: ReadonlyMap<string, string>;
  readonly timeoutMs: number;
  /**
   * Only a success that began at or after this moment counts. For `always`, the moment at which the command began: the
   * job runs once in each apply, and the passes after that see that it has. Without it, `always` is never satisfied.
   */
  readonly startedAfter?: Date;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

/** A command on this host. */
export interface HostJob extends CommonJob {
  readonly command: readonly [string, ...string[]];
  /** Absolute. */
  readonly cwd: string;
  readonly environment: ReadonlyMap<string, Text>;
  readonly container?: never;
}

/** A service of a Compose file that runs to its end. Its image's id counts in its key, too. */
export interface ContainerJob extends CommonJob {
  readonly container: JobContainer;
  /** What it needs to go on running beside it; each is in `dependsOn`, too. */
  readonly helpers: readonly NeededHelper[];
  /** Jobs that it waits for to end, well or not (`required: false`). */
  readonly after: readonly ResourceId[];
}

export type DesiredJob = HostJob | ContainerJob;

/** A container that is there while a step runs, and gone afterwards. */
export interface JobContainer {
  /** As the file calls it. */
  readonly service: string;
  /** As the engine knows it. Derived: a second one of it cannot be made. */
  readonly name: string;
  /** With the labels that the user wrote, and no others. */
  readonly spec: ContainerSpec;
  /** Where its mounts lead on the host besides the places that they name. */
  readonly hostPaths?: readonly string[];
  /** Contents of configs and secrets. */
  readonly files: readonly ContainerFile[];
  /** Keyed hash of spec and files. */
  readonly config: string;
  /** The desired image: while it is to be fetched or built, nobody knows which one the job will run. */
  readonly image: ResourceId;
  readonly project: EngineProject;
}

/**
 * A service of the same file that others use while they run, such as a cache: started when the first of them is to run,
 * and ended after the last. Where no job runs, it is not started.
 */
export interface DesiredHelper {
  readonly id: ResourceId;
  readonly name: string;
  readonly container: JobContainer;
  readonly helpers: readonly NeededHelper[];
  readonly after: readonly ResourceId[];
  /** How long it may take to be healthy. */
  readonly limitMs: number;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

export interface NeededHelper {
  readonly helper: DesiredHelper;
  readonly condition: ContainerNeed["condition"];
  readonly required: boolean;
}

/** What the ledger says of one job name, and the engine of its image. */
export interface ObservedJob {
  readonly name: string;
  /** The newest run. */
  readonly last: {
    readonly key: string;
    readonly keyParts: ReadonlyMap<string, string>;
    /** running: and its command is gone, or this pass would not hold the lock. */
    readonly state: "running" | "succeeded" | "failed";
    readonly exitCode?: number;
  };
  /** When the newest run that succeeded began. */
  readonly succeededAt?: Date;
  /** The image that a container of it would be made from now; absent: it is not here, or the job needs none. */
  readonly imageId?: string;
}

export type JobAction =
  | ActionOf<"job", "run", { readonly desired: DesiredJob }>
  | ActionOf<"job", "start", { readonly desired: DesiredHelper }>
  | ActionOf<"job", "end", { readonly desired: DesiredHelper }>;
