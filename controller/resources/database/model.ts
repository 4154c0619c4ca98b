import type { ActionOf, Refusal } from "../../core/action.ts";
import type { Drift } from "../../core/drift.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";

/** The environment's database, with schema `poststack` (the ledger) inside it. */
export interface DesiredDatabase {
  readonly id: ResourceId;
  readonly name: string;
  readonly owner: string;
  /** The shape of schema `poststack` that this version works with: its newest numbered step. */
  readonly ledgerVersion: number;
  readonly mark: string;
  readonly to: "present" | "absent";
  readonly deleteData: boolean;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

export interface ObservedDatabase {
  readonly name: string;
  readonly oid: number;
  readonly owner: "ours" | "foreign";
  readonly ownerRole: string;
  /** 0: no schema `poststack`. */
  readonly ledgerVersion: number;
  /** Tables, views, functions outside Poststack's own schema and the system's: what makes it "not empty". */
  readonly objects: number;
}

export type DatabaseAction =
  | ActionOf<"database", "create", { readonly desired: DesiredDatabase }>
  | ActionOf<"database", "update", { readonly desired: DesiredDatabase; readonly drift: readonly Drift[] }>
  | ActionOf<"database", "drop", { readonly name: string; readonly oid: number }>
  | Refusal<"database">;
