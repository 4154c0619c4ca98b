import type { ActionOf, Refusal } from "../../core/action.ts";
import type { EngineProject } from "../../core/engine-labels.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { Twin } from "../../core/twin.ts";
import type { VolumeFacts } from "../../core/ports/container-facts.ts";
import type { VolumeSpec } from "../../core/ports/container-spec.ts";

export interface DesiredVolume {
  readonly id: ResourceId;
  /** As the engine knows it. */
  readonly name: string;
  /** As the files know it. */
  readonly key: string;
  readonly to: "present" | "absent";
  /** Whether `to: absent` may take the data along. */
  readonly deleteData: boolean;
  /** Somebody else's, which only has to be there. */
  readonly isExternal: boolean;
  /** With the labels that the user wrote, and no others. */
  readonly spec: VolumeSpec;
  /** Keyed hash of the spec. */
  readonly config: string;
  readonly project: EngineProject;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

/** The wish of a command that tidies up: volumes of the environment go that no container mounts, all but these. */
export interface VolumeLeftovers {
  readonly id: ResourceId;
  /** By the engine's names. */
  readonly keep: readonly string[];
  /** The leave to delete data. */
  readonly deleteData: boolean;
  /** The environment's own containers go in the same plan, and need no volume. */
  readonly ownContainersGo: boolean;
  readonly dependsOn: readonly ResourceId[];
}

export type VolumeWish = DesiredVolume | VolumeLeftovers;

export interface ObservedVolume {
  readonly facts: VolumeFacts;
  /** What it is to us; absent: it is not ours. */
  readonly resource?: ResourceId;
  /** It is not ours, and has the labels of this environment. */
  readonly twin?: Twin;
  /** Found for a wish for leftovers. */
  readonly isLeftover?: true;
}

/** One that is ours. A volume has no id of the engine's but its name. */
export interface OwnVolume {
  readonly name: string;
  readonly resource: ResourceId;
}

export type VolumeAction =
  | ActionOf<"volume", "create", { readonly desired: DesiredVolume }>
  | ActionOf<"volume", "delete", { readonly volume: OwnVolume }>
  | Refusal<"volume">;
