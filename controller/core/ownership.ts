import { asideName, retiredName } from "./derived-name.ts";
import { labelNames, observedMark, resourceIn } from "./engine-labels.ts";
import { kindOf, type ResourceId } from "./id.ts";
import { bareId } from "./image-reference.ts";
import type { Ports } from "./ports.ts";
import type { ContainerSummary } from "./ports/container-facts.ts";
import type { ImageFacts } from "./ports/container-images.ts";

/** What is a container on an engine. An image of ours has our mark, too, and so has whatever is run from it. */
const kinds: ReadonlySet<string> = new Set(["container", "instance", "job"]);

/** A container of ours. */
export interface Claim {
  readonly resource: ResourceId;
  readonly summary: ContainerSummary;
}

/**
 * Which of our containers this is; undefined: none of them. A container inherits the labels of its image, and an image
 * can be made of one of our containers (`docker commit`): where the image brings the very labels along, or is not here
 * to be asked, only the name that we gave counts (RELIABILITY 8).
 *
 * @param images by their bare id; needed where the name is not the one that we gave
 */
function claimOf(
  summary: ContainerSummary,
  mark: string | undefined,
  images: ReadonlyMap<string, ImageFacts>,
): ResourceId | undefined {
  const resource = markedAs(summary, mark);
  if (resource === undefined || hasGivenName(summary)) return resource;
  const image = images.get(bareId(summary.imageId));
  return image !== undefined && resourceIn(image.labels, mark) !== resource ? resource : undefined;
}

/** Which of these containers are ours. Images are listed only where one that may be has another name than we gave it. */
export async function claimsAmong(
  containers: readonly ContainerSummary[],
  ports: Pick<Ports, "containers" | "state">,
  signal: AbortSignal,
): Promise<readonly Claim[]> {
  const mark = observedMark(ports);
  const isAsked = containers.some((one) => markedAs(one, mark) !== undefined && !hasGivenName(one));
  const images = isAsked ? await ports.containers.images(signal) : [];
  const imagesById = new Map(images.map((image) => [bareId(image.id), image]));
  return containers.flatMap((summary): Claim[] => {
    const resource = claimOf(summary, mark, imagesById);
    return resource === undefined ? [] : [{ resource, summary }];
  });
}

/** What its labels say, whoever wrote them. */
function markedAs({ labels }: ContainerSummary, mark: string | undefined): ResourceId | undefined {
  const resource = resourceIn(labels, mark);
  return resource !== undefined && kinds.has(kindOf(resource)) ? resource : undefined;
}

/** The name that we gave it, or one that it has during a replacement. An engine gives a name only once. */
function hasGivenName({ id, names, labels }: ContainerSummary): boolean {
  const given = labels.get(labelNames.name);
  if (given === undefined) return false;
  if (names.includes(given)) return true;
  const ours = [asideName(given, "next"), asideName(given, "previous"), retiredName(given, id)];
  return names.some((name) => ours.includes(name));
}
