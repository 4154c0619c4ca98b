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

type ObjectKind = "table" | "sequence" | "function";
export type PrivilegeType = "database" | "schema" | ObjectKind | `default ${ObjectKind}`;

/** One privilege on one object: `select on table public.orders to reporting`, or a default privilege. */
export interface ObservedPrivilege {
  /** Role name, or `public`. */
  readonly to: string;
  readonly type: PrivilegeType;
  /** Schema-qualified name; for a function with its argument types; for a default the schema. */
  readonly object: string;
  /** Of the object; for a default of the schema. */
  readonly oid: number;
  /** The schema that it is in; '' for a database. */
  readonly schema: string;
  /** Whose later objects, for a default; else ''. */
  readonly owner: string;
  /** Lower case. */
  readonly privilege: string;
  readonly grantable: boolean;
  /** Granted by us: the ledger has a row for it, or it came from a default privilege of ours. Only these are revoked. */
  readonly ours: boolean;
  /** The grant option is ours, whoever granted the privilege. */
  readonly optionOurs: boolean;
}

export type ObservedGrant =
  | { readonly type: "privilege"; readonly privilege: ObservedPrivilege }
  /** Objects that exist, so that `all` and missing names can be told. */
  | {
      readonly type: "object";
      readonly kind: "schema" | ObjectKind;
      readonly schema: string;
      readonly name: string;
      /** Argument types of a function as the server writes them: `integer, text`. */
      readonly signature: string;
      /** It belongs to an extension: `all` leaves it out. */
      readonly isMember: boolean;
    }
  | { readonly type: "role"; readonly name: string }
  /** Always there when the server was asked. `server_version_num`; and, where there is anything to tell, which database. */
  | { readonly type: "server"; readonly version: number; readonly database?: string };

/** What is wished on one object. Without an oid: the object does not exist yet, or nobody could ask. */
export interface Privilege {
  readonly type: PrivilegeType;
  readonly object: string;
  readonly privilege: string;
}

/** What is to be taken away. */
export interface Surplus {
  readonly privilege: ObservedPrivilege;
  /** Only the grant option: the privilege itself is wished, or not ours. */
  readonly onlyOption: boolean;
}

export type GrantAction =
  | ActionOf<"grant", "create", { readonly desired: DesiredGrant; readonly missing: readonly Privilege[] }>
  | ActionOf<
      "grant",
      "update",
      {
        readonly desired: DesiredGrant;
        readonly drift: readonly Drift[];
        readonly missing: readonly Privilege[];
        readonly surplus: readonly Surplus[];
      }
    >
  | ActionOf<"grant", "revoke", { readonly surplus: readonly Surplus[] }>
  | Refusal<"grant">;
