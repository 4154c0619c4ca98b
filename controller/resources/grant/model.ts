import type { ActionOf, Refusal } from "../../core/action.ts";
import type { Drift } from "../../core/drift.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";

export type GrantTarget =
  | { readonly type: "database"; readonly name: string }
  | { readonly type: "schema"; readonly schema: string }
  | {
      readonly type: "table" | "sequence" | "function";
      readonly schema: string;
      readonly names: "all" | readonly string[];
    };

export interface DesiredGrant {
  readonly id: ResourceId;
  /** Role name, or `public`. */
  readonly to: string;
  readonly on: GrantTarget;
  /** Sorted, lower case; `all` is spelled out. */
  readonly privileges: readonly string[];
  readonly withGrantOption: boolean;
  /** Also what the owner will make later (ALTER DEFAULT PRIVILEGES). */
  readonly forFuture: boolean;
  /** Whose future objects: the owner of the database. */
  readonly owner: string;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

/** One privilege on one object: `select on table public.orders to reporting`, or a default privilege. */
export interface ObservedPrivilege {
  readonly to: string;
  readonly type:
    | "database"
    | "schema"
    | "table"
    | "sequence"
    | "function"
    | "default table"
    | "default sequence"
    | "default function";
  /** Schema-qualified name; for a function with its argument types; for a default the schema. */
  readonly object: string;
  readonly privilege: string;
  readonly grantable: boolean;
  /** Granted by us: the ledger has a row for it. Only these are revoked. */
  readonly ours: boolean;
}

export type ObservedGrant =
  | { readonly type: "privilege"; readonly privilege: ObservedPrivilege }
  /** Objects that exist, so that `all` and missing names can be told. */
  | { readonly type: "object"; readonly kind: "schema" | "table" | "sequence" | "function"; readonly object: string };

export type GrantAction =
  | ActionOf<"grant", "create", { readonly desired: DesiredGrant; readonly missing: readonly ObservedPrivilege[] }>
  | ActionOf<
      "grant",
      "update",
      {
        readonly desired: DesiredGrant;
        readonly drift: readonly Drift[];
        readonly missing: readonly ObservedPrivilege[];
        readonly surplus: readonly ObservedPrivilege[];
      }
    >
  | ActionOf<"grant", "revoke", { readonly surplus: readonly ObservedPrivilege[] }>
  | Refusal<"grant">;
