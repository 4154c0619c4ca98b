import { bareId } from "../../core/image-reference.ts";
import type { DesiredJob } from "./model.ts";

/** The part of a key that is not in the files. */
export const imagePart = "image";

interface Key {
  readonly key: string;
  readonly keyParts: ReadonlyMap<string, string>;
}

/**
 * The key of a run. A container's image counts by its id, which is known only where it is here: the same tag may mean
 * another program tomorrow, and another tag the same one.
 */
export function keyOf({ key, keyParts, container }: DesiredJob, imageId: string | undefined): Key {
  if (container === undefined || imageId === undefined) return { key, keyParts };
  const image = bareId(imageId);
  return { key: `${key} ${image}`, keyParts: new Map([...keyParts, [imagePart, image]]) };
}
