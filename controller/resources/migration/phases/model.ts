import type { ResourceId } from "../../../core/id.ts";

/** One process or container of the deployment as the files ask for it. */
export interface WantedPart {
  readonly id: ResourceId;
  /** What it is a replica of: `web` of `process:web.2`. */
  readonly service: string;
  /** Keyed hash of all that it is made of; of a container without its image. */
  readonly config: string;
  /** Of a container: what its reference is in the plan, and to the engine. */
  readonly image?: { readonly id: ResourceId; readonly reference: string };
}

/** The deployment beside which migrations run, as far as their command has read it. */
export interface DeploymentWish {
  /** Absent: the command at hand does not look at the deployment (`db migrate`). */
  readonly parts?: readonly WantedPart[];
  /** Something of the environment is, or may be, on a container engine. */
  readonly hasContainers: boolean;
}

/** What is there of the deployment, ours and nobody else's. */
export interface DeployedPart {
  readonly resource: ResourceId;
  /** `process web`, `container shop-dev-web-1` */
  readonly called: string;
  /** Digest of its configuration and its image. */
  readonly release: string;
  /** It runs. Else it did, and what it was is still there to be read. */
  readonly isUp: boolean;
  /**
   * Of a process: the orders of the contracts that were in the files when it was started. Its program comes from a folder, of
   * which no digest tells.
   */
  readonly knows?: readonly string[];
  /** It has not become ready, or is not well: if it does not, the release before it comes back. */
  readonly isUnproved?: true;
}

/** What an observed contract is decided by. */
export interface SeenDeployment {
  /** Absent: it could not be told what is there. */
  readonly parts?: readonly DeployedPart[];
  /** By resource. Absent: nobody read what the files ask for. `release` absent: it is not known before its image is there. */
  readonly wanted?: ReadonlyMap<ResourceId, WantedRelease>;
  /** What was older when a contract became known, by its order. */
  readonly noted: ReadonlyMap<string, readonly PastPart[]>;
  /** What releases before this one were made of, as far as they were recorded. */
  readonly before: readonly PastPart[];
}

export interface WantedRelease {
  readonly service: string;
  readonly release?: string;
  readonly image?: ResourceId;
}

/** What a resource was in a release. */
export interface PastPart {
  readonly resource: string;
  readonly release: string;
}

/** What was up beside a contract when it was decided that it may run. */
export interface Beside {
  readonly hasContainers: boolean;
  readonly parts: readonly PastPart[];
}
