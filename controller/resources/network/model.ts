import type { ActionOf, Refusal } from "../../core/action.ts";
import type { EngineProject } from "../../core/engine-labels.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { NetworkFacts } from "../../core/ports/container-facts.ts";
import type { NetworkSpec } from "../../core/ports/container-spec.ts";
import type { Twin } from "../../core/twin.ts";

export interface DesiredNetwork {
  readonly id: ResourceId;
  /** As the engine knows it. */
  readonly name: string;
  /** As the files know it: `default`. */
  readonly key: string;
  /** `as-is`: there or not, it is right. */
  readonly to: "present" | "absent" | "as-is";
  /** Somebody else's, which only has to be there. */
  readonly isExternal: boolean;
  /** With the labels that the user wrote, and no others. */
  readonly spec: NetworkSpec;
  /** Keyed hash of the spec. */
  readonly config: string;
  readonly project: EngineProject;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

export interface ObservedNetwork {
  readonly facts: NetworkFacts;
  /** What it is to us; absent: it is not ours. */
  readonly resource?: ResourceId;
  /** It is not ours, and has the labels of this environment. */
  readonly twin?: Twin;
  readonly config?: string;
  readonly members: readonly Member[];
}

/** A container on a network. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly isOurs: boolean;
  /** It holds the environment's server: without the network nobody reaches that. */
  readonly isServer?: true;
}

/** One that is ours, with what is on it. */
export interface OwnNetwork {
  readonly id: string;
  readonly name: string;
  readonly members: readonly Member[];
}

export type NetworkAction =
  | ActionOf<"network", "create", { readonly desired: DesiredNetwork }>
  | ActionOf<"network", "replace", { readonly desired: DesiredNetwork; readonly old: OwnNetwork }>
  | ActionOf<
      "network",
      "delete",
      { readonly old: OwnNetwork; /** Another one of ours, which its containers go to. */ readonly into?: string }
    >
  | Refusal<"network">;
