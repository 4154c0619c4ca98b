import type { ActionOf } from "../../core/action.ts";
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
  /**
   * Only a success that began at or after this moment counts. For `always`, the moment at which the command began: the
   * job runs once in each apply, and the passes after that see that it has. Without it, `always` is never satisfied.
   */
  readonly startedAfter?: Date;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

/** What the ledger says of one job name. */
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
}

export type JobAction = ActionOf<"job", "run", { readonly desired: DesiredJob }>;
