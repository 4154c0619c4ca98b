import type { ActionOf, Refusal } from "../../core/action.ts";
import type { Drift } from "../../core/drift.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { Secret } from "../../core/secret.ts";

export interface RoleAttributes {
  readonly login: boolean;
  readonly inherit: boolean;
  readonly superuser: boolean;
  readonly createdb: boolean;
  readonly createrole: boolean;
  readonly replication: boolean;
  readonly bypassrls: boolean;
  /** -1: no limit, which is what Postgres stores. */
  readonly connectionLimit: number;
  /** Undefined and `infinity` are the same: never expires. ISO 8601 otherwise. */
  readonly validUntil?: string;
}

export interface DesiredRole {
  readonly id: ResourceId;
  readonly name: string;
  readonly ensure: "present" | "absent";
  readonly attributes: RoleAttributes;
  /** Undefined: the role's password is none of our business. */
  readonly password?: Secret;
  /** The password was generated here: losing it is `SECRET_LOST`. `new`: it is not on disk yet. */
  readonly generated: "no" | "kept" | "new";
  /** Sorted names of the roles that it is a member of. */
  readonly inRoles: readonly string[];
  /** Databases that go in the same plan: what the role owns in them goes with them, and does not keep it. */
  readonly goesWith?: readonly string[];
  /**
   * The environment's database and whom it is to belong to: with the database goes what its owner until now owns inside
   * it, in the same plan, and does not keep that role.
   */
  readonly handover?: { readonly database: string; readonly databaseId: ResourceId; readonly to: string };
  /** What marks an object as this environment's (RELIABILITY 11). */
  readonly mark: string;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

export interface ObservedRole {
  readonly name: string;
  readonly oid: number;
  /** `ours` only when the comment holds our mark with this very oid. */
  readonly owner: "ours" | "foreign";
  /** The comment holds our mark with another oid: dropped and made again by hand, or restored from a dump. */
  readonly strayMark: boolean;
  /** The login that Poststack itself uses. */
  readonly isAdmin: boolean;
  readonly attributes: RoleAttributes;
  /** Compared by re-deriving with the stored salt; unknown where the catalog may not be read. */
  readonly password: "matches" | "differs" | "none" | "unknown";
  readonly inRoles: readonly string[];
  /** Memberships that this environment made; only these are revoked. */
  readonly ourMemberships: readonly string[];
  /** Memberships whose privileges hold without SET ROLE. Since Postgres 16 each has an INHERIT of its own. */
  readonly inheriting: readonly string[];
  /** How many objects it owns, in all databases. Counted where the role may have to go, else 0. */
  readonly ownedObjects: number;
  /** The databases in which it owns them; a database itself counts as its own. */
  readonly ownsIn: readonly string[];
  /** The databases that are its own. Looked for where {@link ownedObjects} are counted. */
  readonly ownsDatabases: readonly string[];
}

/** What happens to memberships. Names, sorted. */
export interface MembershipChange {
  /** To be granted, with the role's own INHERIT. */
  readonly grant: readonly string[];
  readonly revoke: readonly string[];
  /** Those of ours afterwards, for the mark. */
  readonly ours: readonly string[];
}

export type RoleAction =
  | ActionOf<"role", "create", { readonly desired: DesiredRole }>
  | ActionOf<
      "role",
      "update",
      {
        readonly desired: DesiredRole;
        readonly oid: number;
        readonly drift: readonly Drift[];
        readonly memberships: MembershipChange;
      }
    >
  | ActionOf<"role", "drop", { readonly name: string; readonly oid: number; readonly mark: string }>
  | Refusal<"role">;
