import { resourceIn } from "../../core/engine-labels.ts";
import { kindOf, type ResourceId } from "../../core/id.ts";
import { bareId } from "../../core/image-reference.ts";
import type { ContainerSummary } from "../../core/ports/container-facts.ts";
import type { ImageFacts } from "../../core/ports/container-images.ts";

/** Jobs run in containers, too: what a killed command left of one is as much ours. */
const kinds: ReadonlySet<string> = new Set(["container", "job"]);

/**
 * Which of our containers this is; undefined: none of them. A container inherits the labels of its image, and an image
 * can be made of one of our containers (`docker commit`): where the image brings the very labels along, or is not here
 * to be asked, only the name that we give counts (RELIABILITY 8).
 *
 * @param isOurName whether the resource has that name, or had it during a replacement
 */
export function claimOf(
  { labels, names, imageId }: ContainerSummary,
  mark: string | undefined,
  images: ReadonlyMap<string, ImageFacts>,
  isOurName: (resource: ResourceId, name: string) => boolean,
): ResourceId | undefined {
  const resource = resourceIn(labels, mark);
  if (resource === undefined || !kinds.has(kindOf(resource))) return undefined;
  const image = images.get(bareId(imageId));
  const isOwnLabel = image !== undefined && resourceIn(image.labels, mark) !== resource;
  return isOwnLabel || names.some((name) => isOurName(resource, name)) ? resource : undefined;
}
