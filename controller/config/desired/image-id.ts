import { resourceId, type ResourceId } from "../../core/id.ts";
import { fullReference } from "../../core/image-reference.ts";

/** The same for all names of one image, and the shortest of them: `image:redis` for `docker.io/library/redis:latest`. */
export function imageId(reference: string): ResourceId {
  const short = fullReference(reference).replace(/^docker\.io\/(?:library\/)?/, "");
  return resourceId("image", short.replace(/:latest$/, ""));
}
