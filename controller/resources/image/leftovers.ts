import { isOfProject, observedMark, resourceIn } from "../../core/engine-labels.ts";
import { kindOf, resourceId } from "../../core/id.ts";
import { bareId, fullReference, shortImageId } from "../../core/image-reference.ts";
import { claimsAmong } from "../../core/ownership.ts";
import type { Ports } from "../../core/ports.ts";
import type { ImageFacts } from "../../core/ports/container-images.ts";
import { done, type Result } from "../../core/resource.ts";
import type { ImageAction, ImageLeftovers, ImageWish, ObservedLeftover } from "./model.ts";

export const isLeftovers = (wish: ImageWish): wish is ImageLeftovers => "keep" in wish;

/**
 * What our builds made for this environment and nothing needs any more. What a container was made from is in use, also
 * while it is stopped.
 */
export async function observeLeftovers(
  { keep, ownContainersGo }: ImageLeftovers,
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedLeftover[]> {
  const [images, containers] = await Promise.all([
    ports.containers.images(signal),
    ports.containers.containers(signal),
  ]);
  const mark = observedMark(ports);
  const going = ownContainersGo ? await claimsAmong(containers, ports, signal) : [];
  const goingIds = new Set(going.map(({ summary }) => summary.id));
  const staying = containers.filter(({ id }) => !goingIds.has(id));
  const used = new Set(staying.map(({ imageId }) => bareId(imageId)));
  const kept = new Set(keep.map(fullReference));
  return (
    images
      .filter((image) => isBuilt(image, mark) && !used.has(bareId(image.id)))
      // What another environment may stand on does not go with this one.
      .filter(({ labels, references }) => !ownContainersGo || !isOfProject(labels) || references.length === 0)
      .filter(({ references }) => !references.some((reference) => kept.has(fullReference(reference))))
      .map((leftover) => ({ reference: leftover.references[0] ?? leftover.id, leftover }))
  );
}

/** By a build for this environment: the label says so, and containers of ours have another resource in theirs. */
function isBuilt({ labels }: ImageFacts, mark: string | undefined): boolean {
  const resource = resourceIn(labels, mark);
  return resource !== undefined && kindOf(resource) === "image";
}

export function diffLeftovers(observed: readonly ObservedLeftover[]): readonly ImageAction[] {
  return observed.map(({ leftover }) => ({
    kind: "image",
    verb: "delete",
    id: resourceId("image", leftover.references[0] ?? shortImageId(leftover.id)),
    dependsOn: [],
    reason: leftover.references.length === 0 ? "an earlier build, and unused" : "unused",
    hazards: [],
    image: { id: leftover.id, references: leftover.references },
  }));
}

/** A container may use it by now: the engine refuses then. */
export async function removeLeftover(
  { image }: Extract<ImageAction, { readonly verb: "delete" }>,
  { containers }: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const now = await containers.inspectImage(image.id, signal);
  if (now === undefined) return { note: "gone already" };
  // Each name goes by itself: one that came meanwhile is somebody's, and keeps the image.
  for (const reference of image.references) {
    const meant = await containers.inspectImage(reference, signal);
    if (meant?.id === now.id) await containers.removeImage(reference, signal);
  }
  const rest = await containers.inspectImage(image.id, signal);
  if (rest !== undefined && rest.references.length === 0) await containers.removeImage(image.id, signal);
  return done;
}
