import type { EnvironmentConfig } from "../../schema/generated/config.ts";
import type { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import type { ForeignFormat } from "../resources/migration/import/formats.ts";

/** A path into a document: `["postgres", "roles", "reporting"]`. */
export type Path = readonly (string | number)[];

/**
 * One environment as written: `extends` merged, variables worked in, validated, every value with its place.
 *
 * Left raw, `${…}` and all, for the stage that knows the injected variables: `variables.*`, every `environment.*`, the
 * words of `init[].run` and of its `command`s, `ready.http`, `ready.tcp` and `ready.command` of a process.
 *
 * Always text as it was written, also where YAML reads a number (`1.10` stays `1.10`): those, `postgres.version`,
 * `postgres.parameters.*`, an extension's `version`, and the command of a secret. A key with nothing after it counts as
 * not written; a name with nothing after it (`dev:`, a role, a process) has all defaults. `x-` keys are left out.
 * Maps have no prototype, so that every name is a name like any other.
 */
export interface EnvironmentSource {
  readonly name: string;
  /** Marked `template: true`: never applied by itself. */
  readonly template: boolean;
  /** Not to be read when there are `obstacles`: a value that needs an undefined variable is missing then. */
  readonly config: EnvironmentConfig;
  /**
   * Why this environment cannot be used although the file is in order: what this version does not have yet
   * (`NOT_YET`), variables without a value (`VARIABLE_UNDEFINED`). Sorted by place.
   */
  readonly obstacles: readonly PoststackError[];
  /**
   * Where the value at this path was written, also when it came from an environment that this one extends: a map's or
   * list's place is its key. What is not written has the place of the nearest thing around it.
   */
  readonly placeOf: (path: Path) => Place;
}

export interface MigrationFormat {
  readonly format: "poststack" | ForeignFormat;
  readonly ledger: "poststack" | ForeignFormat;
  readonly table?: string;
}

/** A folder of migrations. */
export interface MigrationFolder {
  /** Relative to the root. */
  readonly migrations: string;
  /** Whose way the migrations are written in, and whose ledger is taken over: `poststack` for none but ours. */
  readonly migrationFormat: MigrationFormat;
}

/** The whole configuration file. What it says of migrations is for environments that have none of their own. */
export interface ProjectSource extends MigrationFolder {
  /** Absolute. */
  readonly file: string;
  /** Relative to the root: how places name the file. */
  readonly fileName: string;
  /** Absolute: the folder of the file. */
  readonly root: string;
  readonly name: string;
  readonly defaultEnvironment?: string;
  /** Relative to the root. */
  readonly containers: string;
  /** In the order of the file. */
  readonly environments: ReadonlyMap<string, EnvironmentSource>;
  /** Where the value at this path of the file was written: `["project", "migrations"]`. */
  readonly placeOf: (path: Path) => Place;
}
