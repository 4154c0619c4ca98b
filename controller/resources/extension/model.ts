import type { ActionOf, Refusal } from "../../core/action.ts";
import type { Drift } from "../../core/drift.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";

export interface DesiredExtension {
  readonly id: ResourceId;
  readonly name: string;
  /** Undefined: the server's default at creation, never changed afterwards. */
  readonly version?: string;
  readonly schema?: string;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

export interface ObservedExtension {
  readonly name: string;
  /** Undefined: available but not installed. */
  readonly installed?: {
    readonly version: string;
    readonly schema: string;
    readonly oid: number;
    /** The ledger has a row for it, with this very oid. */
    readonly ours: boolean;
    /** Whether it can move to another schema. */
    readonly relocatable: boolean;
    /** Installed extensions that need it, sorted. */
    readonly neededBy: readonly string[];
  };
  /** Empty where nothing asked for them. */
  readonly availableVersions: readonly string[];
}

export type ExtensionAction =
  | ActionOf<"extension", "create", { readonly desired: DesiredExtension }>
  | ActionOf<
      "extension",
      "update",
      { readonly desired: DesiredExtension; readonly oid: number; readonly drift: readonly Drift[] }
    >
  | ActionOf<"extension", "drop", { readonly name: string; readonly oid: number }>
  | Refusal<"extension">;
