import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PoststackError } from "../core/errors.ts";

/** An image whose build context comes with Poststack. */
export interface ShippedImage {
  readonly name: string;
  /** All names that it gets. */
  readonly references: readonly [string, ...string[]];
  /** Absolute folder with its Dockerfile. */
  readonly context: string;
}

/** From the sources, and from the bundle in dist/. */
const places = ["../images", "../controller/images"];

/**
 * The images that come with Poststack, each after the one that it is built from.
 *
 * @throws PoststackError `FILE_MISSING`: this copy of Poststack has lost them
 */
export function shippedImages(): readonly ShippedImage[] {
  const folders = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const folder = folders.find((path) => existsSync(path));
  if (folder === undefined) {
    throw new PoststackError("FILE_MISSING", {
      what: `the images that come with Poststack are neither in ${folders.join(" nor in ")}`,
      next: "install Poststack again",
    });
  }
  return [
    {
      name: "base-debian",
      references: ["poststack/base-debian:latest"],
      context: join(folder, "base-debian"),
    },
    {
      name: "postgres",
      references: ["poststack/postgres:15", "poststack/postgres:latest"],
      context: join(folder, "postgres"),
    },
  ];
}
