import type { ActionOf, Refusal } from "../../core/action.ts";
import type { ContainerNeed } from "../../core/container-needs.ts";
import type { Drift } from "../../core/drift.ts";
import type { EngineProject } from "../../core/engine-labels.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { ActualMount, ContainerDetails, ContainerSummary } from "../../core/ports/container-facts.ts";
import type { ImageConfig } from "../../core/ports/container-images.ts";
import type { ContainerSpec, NetworkAttachment, RestartPolicy } from "../../core/ports/container-spec.ts";
import type { ContainerFile, ExecSpec, InPlaceChange } from "../../core/ports/containers.ts";

/** One container of a service: one replica of it. */
export interface DesiredContainer {
  readonly id: ResourceId;
  /** `web` */
  readonly service: string;
  /** From 1. */
  readonly number: number;
  /** As the engine knows it. */
  readonly name: string;
  /** `as-is`: whatever it does now is right; only what is there besides it goes. */
  readonly to: "running" | "stopped" | "absent" | "as-is";
  /** With the labels that the user wrote, and no others; networks and volumes by name. */
  readonly spec: ContainerSpec;
  /** Where its mounts lead on the host besides the places that they name. */
  readonly hostPaths?: readonly string[];
  /** What its reference is in the plan: `image:redis:7`. */
  readonly image: ResourceId;
  /** Contents of configs and secrets. */
  readonly files: readonly ContainerFile[];
  readonly config: ContainerConfig;
  readonly needs: readonly Need[];
  /** Whose network, processes or volumes it goes into: made anew, those take this one along. */
  readonly sharesWith: readonly ResourceId[];
  /** Run inside it right after it was started, one after the other. */
  readonly postStart: readonly ExecSpec[];
  /** Run inside it before it is stopped by us. */
  readonly preStop: readonly ExecSpec[];
  /** Keyed hash of both; absent: there are none. */
  readonly hooks?: string;
  /** `once`: something waits for it to end well, so to have ended well is what is wanted of it. */
  readonly runs: "always" | "once";
  /** The moment at which the command began: what ended well since then is not started again. */
  readonly since?: Date;
  readonly acceptance: Acceptance;
  /** One that was started before this moment is restarted. */
  readonly startedAfter?: Date;
  /**
   * Look also for what only an inspect call shows: limits that somebody changed. It costs a call for each container, so
   * it is not part of every pass.
   */
  readonly isThorough?: boolean;
  readonly project: EngineProject;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

/** What its labels keep, to tell without an inspect call whether it is what the files ask for. */
export interface ContainerConfig {
  /** Keyed hash of all that can only be changed by making it anew, files included. */
  readonly fixed: string;
  /** What can be changed in place, as text. Nothing in it is secret. */
  readonly limits: string;
  /** A short keyed hash of what no plan shows: contents of files by path, secret variables by `environment/NAME`. */
  readonly contents: ReadonlyMap<string, string>;
}

/** Running is not healthy (RELIABILITY 15). */
interface Acceptance {
  /** How long it must have been up. 0: as soon as it runs. */
  readonly stableMs: number;
  /** How long it may take. */
  readonly limitMs: number;
}

export interface Need extends ContainerNeed {
  /** This one is restarted when that one is made anew. */
  readonly restart: boolean;
}

export interface ObservedContainer {
  readonly summary: ContainerSummary;
  /** What it is to us; absent: it is not ours. */
  readonly resource?: ResourceId;
  /** Of one that the files ask for: the image that its reference means now. */
  readonly wantedImageId?: string;
  /** Asked only where the labels say that something differs. */
  readonly details?: ContainerDetails;
  /** What its image gives to containers; along with the details. */
  readonly imageConfig?: ImageConfig;
  /** It was started by us, and its `post_start` commands have not come to their end. */
  readonly isStartUnfinished?: true;
  /** What can be changed in place on this engine. */
  readonly changesInPlace?: ReadonlySet<keyof InPlaceChange>;
  /** Whose network, processes or volumes it went into, and which were made anew since. */
  readonly outlived?: readonly ResourceId[];
  /** What it needs with `restart: true` and was made anew after this one had started. */
  readonly startedBefore?: readonly ResourceId[];
}

/** What this machine has of what containers that are to start want; only where the engine is on it. */
export interface ObservedMachine {
  readonly machine: {
    /** Programs that listen where one of them is to be reached, by the port in the short syntax. */
    readonly listeners: ReadonlyMap<string, string>;
    /** Sources of bind mounts that are not there. */
    readonly missing: ReadonlySet<string>;
  };
}

/** A container of ours that an action is about. */
export interface Own {
  readonly id: string;
  readonly name: string;
  readonly isUp: boolean;
  /** What its engine does when it ends; of one that was put aside, what it did. */
  readonly restart: RestartPolicy;
}

/** What is wrong with a container that stays as it is otherwise. */
export type Repair =
  | { readonly type: "rename" }
  | { readonly type: "unpause" }
  | { readonly type: "connect"; readonly network: string; readonly attachment: NetworkAttachment }
  | { readonly type: "disconnect"; readonly network: string }
  | { readonly type: "limits"; readonly change: InPlaceChange }
  | { readonly type: "post-start" };

/** How one takes the place of another: docs/decisions/0009-container-replacement.md */
export type Order = "start-first" | "stop-first";

export interface Ending {
  readonly current: Own;
  readonly preStop: readonly ExecSpec[];
  /** As in the wish. */
  readonly hooks?: string;
}

interface Changing {
  readonly desired: DesiredContainer;
  readonly current: Own;
  readonly repairs: readonly Repair[];
}

/** An image that the plan is about to build or to pull is another one afterwards than a container was made from. */
export interface ImageChange {
  readonly image: ResourceId;
  readonly reference: string;
  /** The id of the image that the container was made from. */
  readonly madeFrom: string;
}

/** What can only be decided when the images that it depends on are there: docs/decisions/0013-replaced-if-the-image-changes.md */
interface Conditional {
  /** One of these is enough. Absent: it is carried out in any case. */
  readonly onlyIf?: readonly ImageChange[];
  /** What is done if none of them comes about; absent: nothing. */
  readonly otherwise?: Conditioned | Extract<ContainerAction, { readonly verb: "start" | "update" }>;
}

export type Conditioned = Extract<ContainerAction, { readonly verb: "replace" | "restart" }>;

export type ContainerAction =
  | ActionOf<"container", "create", { readonly desired: DesiredContainer }>
  | ActionOf<"container", "start", Changing>
  | ActionOf<"container", "restart", Changing & Conditional>
  | ActionOf<"container", "update", Changing & { readonly drift: readonly Drift[] }>
  | ActionOf<
      "container",
      "replace",
      Conditional & {
        readonly desired: DesiredContainer;
        readonly order: Order;
        readonly drift: readonly Drift[];
        /** The one that serves until now, or did. */
        readonly old: Own;
        /** The new one, as far as an interrupted replacement has come with it. */
        readonly made?: Own;
        /** What else such a one left. */
        readonly leftovers: readonly Own[];
        /** Volumes without a name that the new one goes on with. */
        readonly inherits: readonly ActualMount[];
        /** What may live inside the old one, and is made anew or goes by this plan, too. */
        readonly inside?: readonly Ending[];
      }
    >
  | ActionOf<
      "container",
      "stop",
      Ending & {
        /** The name that it gets then. Nothing starts it again by itself, and what it had is another one's. */
        readonly aside?: string;
      }
    >
  | ActionOf<"container", "delete", Ending>
  | Refusal<"container">;
