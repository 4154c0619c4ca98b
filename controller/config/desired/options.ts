import type { Place } from "../../core/place.ts";
import type { Files, SecretSources, TextCache } from "../../core/ports/files.ts";
import type { ShippedImage } from "../../core/ports/container-images.ts";
import type { ForeignFormat } from "../../resources/migration/import/formats.ts";
import type { Resolution } from "../../resources/migration/model.ts";
import type { State } from "../../core/ports/state.ts";
import type { ComposeRecall } from "../compose/recall/recall.ts";
import type { EnvironmentSource, ProjectSource } from "../source.ts";

/** What one environment is loaded from. */
export interface DesiredSource {
  readonly project: ProjectSource;
  readonly environment: EnvironmentSource;
  readonly files: Files;
  /** Spares migrations that have not changed; without it all are read. */
  readonly texts?: TextCache | undefined;
  /** Spares Compose files that mean what they meant; without it all are parsed. */
  readonly recall?: ComposeRecall | undefined;
  readonly state: Pick<State, "read" | "root">;
  readonly secrets: SecretSources;
  readonly shell: ReadonlyMap<string, string>;
  /** Given on the command line, weakest first. */
  readonly envFiles: readonly string[];
  /** When the command began: a job with `when: always` runs once since then. */
  readonly startedAt: Date;
  /** Tells of what works and should not stay so. */
  readonly warn: (what: string, where: Place) => void;
}

/** Which state of the environment is wanted: what commands choose instead of having code paths of their own. */
export interface DesiredOptions {
  /**
   * running: all that the files ask for (the default). stopped: no process, no server. absent: nothing, data only with
   * `deleteData`. empty: no process and no database, the server stays.
   */
  readonly to?: "running" | "stopped" | "absent" | "empty" | undefined;
  /** The leave to delete data. */
  readonly deleteData?: boolean | undefined;
  readonly skipInit?: boolean | undefined;
  readonly skipDeployment?: boolean | undefined;
  readonly migration?: MigrationOptions | undefined;
  readonly restart?: RestartOptions | undefined;
  /**
   * Of what runs on the container engine only these services or containers, `web`, `web.2`, `postgres`; nothing else is
   * spoken of. With `to: running` also what they need there.
   */
  readonly services?: readonly string[] | undefined;
  /** Also what only an inspection of each container shows, at the price of a call for each. */
  readonly isThorough?: boolean | undefined;
  /** How many containers of a service, whatever its file says. */
  readonly scale?: ReadonlyMap<string, number> | undefined;
  /** Everything stays as it is; only what is ours and asked for by nobody goes. Instead of `to`. */
  readonly prune?: PruneOptions | undefined;
  /** Only the server, and a backup of its database. */
  readonly backup?: BackupOptions | undefined;
  /** Only images, and only what is built. */
  readonly build?: BuildOptions | undefined;
}

export interface BuildOptions {
  /** Of services, folders or images; none: all. */
  readonly names: readonly string[];
  /** Every step anew, also of images that are as they should be. */
  readonly noCache: boolean;
  /** Images of services and what they are made from; or those of the project's folders, and all that are shipped. */
  readonly of: "services" | "project";
  /** What comes with Poststack. */
  readonly shipped: readonly ShippedImage[];
}

type BackupOptions =
  | { readonly type: "take"; /** Absolute; else a new name in the directory of backups. */ readonly output?: string }
  /** An absolute path, or a name in the directory of backups. */
  | { readonly type: "restore"; readonly file: string }
  /** With `deleteData`: what no rule keeps goes. */
  | { readonly type: "prune" };

export interface PruneOptions {
  readonly kinds: readonly ("container" | "network" | "image" | "volume")[];
  /** Also images and volumes that the files name, where no container uses them. */
  readonly named: boolean;
}

export interface MigrationOptions {
  /** A version as its file has it, or its number; `0`: none. */
  readonly target?: string | undefined;
  /** Whether a target below the ledger's head rolls back. */
  readonly rollback?: boolean | undefined;
  /** Watch mode: an edited last migration is replayed, where the environment allows it. */
  readonly replay?: boolean | undefined;
  readonly baseline?: string | undefined;
  readonly repair?: boolean | undefined;
  readonly resolve?: Resolution | undefined;
  /** Reads the folder in the manner of another tool, whatever the configuration says (`db import`). */
  readonly readAs?: ForeignFormat | undefined;
  /** Whether what is pending is rehearsed; undefined: as the environment's policy says. */
  readonly rehearse?: boolean | undefined;
  /**
   * Whether drift is told: always, or where the environment's policy speaks of it. Undefined: where drift refuses, before
   * migrations.
   */
  readonly drift?: "always" | "policy" | undefined;
  /** On a copy with up to so many rows of each table. */
  readonly rehearsalRows?: number | undefined;
}

export interface RestartOptions {
  /** `web`, `web.2`, `process:web`, `postgres`; or all of them. */
  readonly services: readonly string[] | "all";
  /** What was started before this moment is started anew. */
  readonly startedAfter: Date;
}
