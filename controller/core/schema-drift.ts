import type { FieldChange } from "./catalog/compare.ts";
import type { Identity, ObjectKind } from "./catalog/model.ts";

/** What of the live schema the recorded migrations do not make, and the other way round. Plain data: prints, travels as JSON. */
export interface SchemaDrift {
  /** How many ran in the shadow. */
  readonly migrations: number;
  readonly differences: readonly DriftedObject[];
  /** What differs as well, and is meant to. */
  readonly expected: readonly ExpectedObject[];
  /** Why it cannot be told; the rest is empty then. */
  readonly unknown?: string;
}

/** One object that differs. */
export interface DriftedObject {
  readonly change: "added" | "removed" | "changed";
  readonly kind: ObjectKind;
  readonly identity: Identity;
  /** Empty for what is added or removed as a whole. */
  readonly fields: readonly FieldChange[];
  /** Statements for a migration, after which the migrations make what is there; null: none can. */
  readonly adopt: readonly string[] | null;
  /** Statements after which the database is what the migrations make; null: none can. */
  readonly undo: readonly string[] | null;
}

/** Another program's: the ledger of the tool whose migrations were taken over, or what `policy.drift.ignore` names. */
export interface ExpectedObject {
  readonly identity: Identity;
  readonly because: string;
}
