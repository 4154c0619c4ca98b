import type { EnvironmentConfig } from "../../schema/generated/config.ts";
import type { Place } from "../core/place.ts";

/** A path into a document: `["postgres", "roles", "reporting"]`. */
export type Path = readonly (string | number)[];

/** One environment as written: `extends` merged, values interpolated and validated, every value with its place. */
export interface EnvironmentSource {
  readonly name: string;
  /** Marked `template: true`: never applied by itself. */
  readonly template: boolean;
  readonly config: EnvironmentConfig;
  /** Where the value at this path was written, also when it came from an environment that this one extends. */
  placeOf(path: Path): Place;
}

/** The whole configuration file. */
export interface ProjectSource {
  /** Absolute. */
  readonly file: string;
  /** Absolute: the folder of the file. */
  readonly root: string;
  readonly name: string;
  readonly defaultEnvironment?: string;
  /** Relative to the root. */
  readonly migrations: string;
  readonly containers: string;
  readonly environments: ReadonlyMap<string, EnvironmentSource>;
}
