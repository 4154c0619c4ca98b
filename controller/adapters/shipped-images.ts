import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PoststackError } from "../core/errors.ts";
import type { ShippedImage } from "../core/ports/container-images.ts";

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
  const shipped = (name: string, ...references: ShippedImage["references"]): ShippedImage => {
    const context = join(folder, name);
    return { name, references, context, text: readFileSync(join(context, "Dockerfile"), "utf8") };
  };
  return [
    shipped("base-debian", "poststack/base-debian:latest"),
    shipped("postgres", "poststack/postgres:15", "poststack/postgres:latest"),
  ];
}
