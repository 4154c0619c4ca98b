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
  /** `ours` by the mark in its comment or in its ledger, or as a creation that did not come to that. */
  readonly owner: "ours" | "foreign";
  /** The comment holds our mark with this very oid. */
  readonly marked: boolean;
  /** The ledger inside holds it, too: so the database is still known when somebody, or a migration, writes another comment. */
  readonly witnessed: boolean;
  /** The comment holds our mark with another oid: dropped and made again by hand, or restored from a dump. */
  readonly strayMark: boolean;
  readonly ownerRole: string;
  /** The owner is a role of this environment: what it owns inside goes to the next owner. */
  readonly ownerIsOurs: boolean;
  /** 0: no schema `poststack`. */
  readonly ledgerVersion: number;
  /** Schema `poststack` exists and is not a ledger, or may not be read. */
  readonly ledgerUnreadable: boolean;
  /** Roles that may write the table of migrations. */
  readonly ledgerWriters: readonly string[];
  /**
   * Tables, views, functions outside Poststack's own schema and the system's: what makes it "not empty". Counted where it
   * is to be deleted or bears no mark, since counting ten thousand tables takes longer than all else that is asked.
   */
  readonly objects: number;
}

export type DatabaseAction =
  | ActionOf<"database", "create", { readonly desired: DesiredDatabase }>
  | ActionOf<
      "database",
      "update",
      {
        readonly desired: DesiredDatabase;
        readonly oid: number;
        /** The owner until now: its access to the ledger goes. */
        readonly ownerRole: string;
        /** What the owner until now owns inside goes to the new one, in the same transaction. */
        readonly handsOver: boolean;
        readonly drift: readonly Drift[];
      }
    >
  | ActionOf<"database", "drop", { readonly name: string; readonly oid: number; readonly mark: string }>
  | Refusal<"database">;
