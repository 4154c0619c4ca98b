import type { ActionOf, Refusal } from "../../core/action.ts";
import type { Drift } from "../../core/drift.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { PortHolder, Probe, ProcessRecord } from "../../core/ports/host.ts";
import type { Text } from "../../core/secret.ts";

/** One process of this host: a line of the Procfile, one replica of it. */
export interface DesiredProcess {
  readonly id: ResourceId;
  /** `web` or, with replicas, `web.2`. */
  readonly name: string;
  readonly to: "running" | "stopped" | "absent";
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly environment: ReadonlyMap<string, Text>;
  /** Keyed hash of command, cwd, environment and stop signal. */
  readonly configHash: string;
  /** The same, field by field, for the reason in the plan: made by `fieldsOf`, secrets as short keyed hashes. */
  readonly fields: ReadonlyMap<string, string>;
  readonly ready?: Probe;
  readonly readyTimeoutMs: number;
  readonly stopSignal: NodeJS.Signals;
  readonly stopGraceMs: number;
  /** A process that was started before this moment is replaced. */
  readonly startedAfter?: Date;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
  /** The files say it in a last line without a line end, of which the rest may be missing. */
  readonly isOpenLine?: true;
}

export interface ObservedProcess {
  readonly id: ResourceId;
  /** Absent: it is not there, and somebody holds its port. */
  readonly record?: ProcessRecord;
  /** Who holds the port that it wants, when it is not this process itself. */
  readonly portHolder?: PortHolder;
}

export type ProcessAction =
  | ActionOf<"process", "start", { readonly desired: DesiredProcess; readonly leftover?: ProcessRecord }>
  | ActionOf<
      "process",
      "replace",
      { readonly desired: DesiredProcess; readonly record: ProcessRecord; readonly drift: readonly Drift[] }
    >
  | ActionOf<"process", "stop", { readonly record: ProcessRecord }>
  | ActionOf<"process", "delete", { readonly record: ProcessRecord }>
  | Refusal<"process">;
