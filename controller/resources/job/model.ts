import type { ActionOf, Refusal } from "../../core/action.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { Text } from "../../core/secret.ts";

export interface DesiredJob {
  readonly id: ResourceId;
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Absolute. */
  readonly cwd: string;
  readonly environment: ReadonlyMap<string, Text>;
  readonly when: "always" | "once" | "on_change";
  /** Hash of spec and inputs: with `on_change` a new one runs the job again. */
  readonly key: string;
  /** What the key is made of, by name (`command`, `inputs/seed.csv`), so that a plan can say what changed. */
  readonly keyParts: ReadonlyMap<string, string>;
  readonly timeoutMs: number;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

/** The last runs of one job name in the ledger. */
export interface ObservedJob {
  readonly name: string;
  /** Keys that ended with exit code 0. */
  readonly succeededKeys: readonly string[];
  readonly last?: {
    readonly key: string;
    readonly keyParts: ReadonlyMap<string, string>;
    readonly state: "running" | "succeeded" | "failed";
    readonly exitCode?: number;
  };
}

export type JobAction = ActionOf<"job", "run", { readonly desired: DesiredJob }> | Refusal<"job">;
