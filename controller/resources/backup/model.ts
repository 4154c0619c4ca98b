import type { ActionOf, Refusal } from "../../core/action.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { EmbeddedSpec } from "../../core/ports/embedded.ts";
import type { Endpoint } from "../../core/ports/postgres.ts";
import type { Secret } from "../../core/secret.ts";
import type { Manifest } from "./manifest.ts";

/** What the environment's files and the command ask for in the way of backups. */
export interface DesiredBackup {
  /** `backup:<database>`: what a backup of it is taken as. */
  readonly id: ResourceId;
  readonly project: string;
  readonly environment: string;
  readonly endpoint: Endpoint;
  /** What marks databases of the environment as ours. */
  readonly mark: string;
  /** Where backups lie, absolute. */
  readonly directory: string;
  /** Name of the server's container; undefined: the server is reached from this machine alone. */
  readonly container?: string;
  /** The server that Poststack runs on this machine; undefined: it is no such one. */
  readonly embedded?: EmbeddedSpec;
  /** With this a physical copy is sealed: one that bears no such seal is not this environment's. */
  readonly sealKey: Secret;
  /** Before which plans one is taken: with {@link endangers}. */
  readonly gate: "never" | "destructive" | "always";
  readonly keep?: Keep;
  readonly wish: Wish;
  /** The server. */
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

/** How many backups of each age stay; absent: none for that age. */
export interface Keep {
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
}

/** What a command asks for; `since` is when it began: what has been done since then is done. */
export type Wish =
  | { readonly type: "none" }
  | {
      readonly type: "take";
      readonly since: Date;
      /** Absolute; else a new name in the directory. */ readonly output?: string;
    }
  | { readonly type: "restore"; readonly since: Date; readonly file: string; readonly deleteData: boolean }
  | { readonly type: "prune"; readonly deleteData: boolean };

/** A file in the directory that was verified. */
export interface Backup {
  readonly path: string;
  /** The file's name. */
  readonly name: string;
  readonly manifest: Manifest;
}

/** A file in the directory that is not what was verified. */
export interface BrokenBackup {
  readonly path: string;
  /** The file's name. */
  readonly name: string;
  /** What it has now. */
  readonly sizeBytes: number;
  /** Undefined: the manifest itself is damaged. */
  readonly manifest?: Manifest;
}

/** What is there, seen once in a look. */
export interface ObservedBackup {
  readonly id: ResourceId;
  /** `server_version_num`. */
  readonly serverVersion: number;
  /** Undefined: the server does not tell. */
  readonly systemIdentifier?: string;
  /** The database is there and was made by Poststack: what a backup can be taken of, or a restore take the place of. */
  readonly database: "absent" | "foreign" | "ours";
  /** The newest migration that is recorded. */
  readonly schemaHead?: string;
  /** Sessions in the database besides our own, by application and how many. */
  readonly sessions: readonly { readonly application: string; readonly count: number }[];
  /** Databases that a restore has made and not come to the end of. */
  readonly leftovers: readonly string[];
  /** Databases that a restore has replaced with the leave to delete them, and not come to that. */
  readonly discarded: readonly string[];
  /** Copies of a cluster that were unpacked beside its data, by whoever did not come to the end: names of folders. */
  readonly unpacked: readonly string[];
  /** The last restore that the database came from. */
  readonly restored?: Restored;
  /** Undefined: there are none for this server, or nobody asked for them. */
  readonly tools: Programs | undefined;
  /** What a physical copy has to do with; undefined: the server is none of which there can be one, or nobody asks. */
  readonly cluster?: ObservedCluster;
  /** Of this environment's database, oldest first. */
  readonly backups: readonly Backup[];
  /** What the wish names; only for a restore. */
  readonly candidate?: Candidate;
  /** What has the name that a backup is to get, or its manifest's. */
  readonly occupied?: string;
}

export interface Restored {
  readonly sha256: string;
  readonly at: Date;
}

/** All that the data directory holds besides the environment's database. */
export interface ObservedCluster {
  /** Other databases of the server, and roles, by name. */
  readonly databases: readonly string[];
  readonly roles: readonly string[];
  /** Sessions in those, by application and how many. */
  readonly sessions: ObservedBackup["sessions"];
  /** Why it cannot be copied while it runs, as a clause; undefined: it can. */
  readonly obstacle?: string;
}

/** Where `pg_dump` and `pg_restore` run. */
export type Programs =
  | { readonly on: "machine"; readonly bin: string; readonly major: number }
  | { readonly on: "container"; readonly name: string };

/** What makes and reads a backup; `files`: the data directory itself is copied, and the server's own program proves it. */
export type Tools = Programs | { readonly on: "files"; readonly major: number };

/** A file that somebody wants to restore. */
export interface Candidate {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Undefined: nobody has verified it. */
  readonly manifest?: Manifest;
  /** Why it cannot be restored. */
  readonly error?: ErrorFacts;
}

export type BackupAction =
  | ActionOf<"backup", "take", { readonly desired: DesiredBackup; readonly tools: Tools; readonly because: string }>
  | ActionOf<"backup", "restore", RestoreFacts>
  | ActionOf<"backup", "prune", { readonly what: Pruned }>
  | Refusal<"backup">;

export interface RestoreFacts {
  readonly desired: DesiredBackup;
  readonly tools: Tools;
  readonly candidate: Candidate;
  /** Drops the database that is replaced, instead of keeping it beside. */
  readonly deleteData: boolean;
}

/** A file that is no longer kept, or a database or a folder that an interrupted run left. */
export type Pruned =
  | { readonly type: "file"; readonly path: string; readonly sha256: string }
  | { readonly type: "database"; readonly name: string; readonly desired: DesiredBackup }
  | { readonly type: "folder"; readonly name: string };
