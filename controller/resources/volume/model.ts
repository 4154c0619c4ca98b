import type { ActionOf, Refusal } from "../../core/action.ts";
import type { EngineProject } from "../../core/engine-labels.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
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

export interface ObservedVolume {
  readonly facts: VolumeFacts;
  /** What it is to us; absent: it is not ours. */
  readonly resource?: ResourceId;
}

export type VolumeAction =
  | ActionOf<"volume", "create", { readonly desired: DesiredVolume }>
  | ActionOf<"volume", "delete", { readonly desired: DesiredVolume }>
  | Refusal<"volume">;
