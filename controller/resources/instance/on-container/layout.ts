import type { ImageConfig } from "../../../core/ports/container-images.ts";
import { majorOf } from "../../../core/postgres-versions.ts";

/** Where an image of Postgres keeps its data, and what we make of it. */
export interface Layout {
  /** Where the volume is mounted. */
  readonly mount: string;
  /** The cluster's directory, inside the volume. */
  readonly data: string;
  /** Of the server in the image; undefined: the image does not tell. */
  readonly major: number | undefined;
}

/**
 * The official image declares its volume at /var/lib/postgresql/data up to 17 and at /var/lib/postgresql from 18 on, where
 * PGDATA has the version in it (github.com/docker-library/postgres, pull request 1259). Mounted where the image has its
 * volume, no second one without a name is made. Inside, the cluster has one place whatever the image: an image of another
 * version meets the data that is there and refuses it, and does not begin anew beside it. A directory below the mount is
 * also what can be renamed.
 */
export function layoutOf({ environment, volumes }: Pick<ImageConfig, "environment" | "volumes">): Layout {
  const home = environment.get("PGDATA") ?? "/var/lib/postgresql/data";
  const [mount = home] = volumes
    .filter((path) => path === home || home.startsWith(`${path}/`))
    .sort((a, b) => b.length - a.length);
  return { mount, data: `${mount}/pgdata`, major: majorIn(environment) };
}

/** PG_MAJOR is part of the official image and of those that are made from it. */
export const majorIn = (environment: ReadonlyMap<string, string>): number | undefined =>
  majorOf(environment.get("PG_MAJOR") ?? environment.get("PG_VERSION") ?? "");
