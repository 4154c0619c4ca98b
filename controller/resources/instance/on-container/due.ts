import { fromFacts } from "../../../core/errors.ts";
import { bareId } from "../../../core/image-reference.ts";
import type { Ports } from "../../../core/ports.ts";
import { majorUpgrade } from "../actions.ts";
import type { ContainerServer, InstanceAction } from "../model.ts";
import { majorIn } from "./layout.ts";

/**
 * What is really to be done, now that the image is there; undefined: nothing.
 *
 * @throws PoststackError `MAJOR_UPGRADE`: the image is of another version than the data
 */
export async function dueOf(
  action: Extract<InstanceAction, { readonly verb: "replace" }>,
  server: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<InstanceAction | undefined> {
  const { desired, onlyIf, otherwise } = action;
  if (onlyIf === undefined) return action;
  const image = await ports.containers.inspectImage(server.image, signal);
  if (image === undefined || bareId(image.id) === bareId(onlyIf.madeFrom)) return otherwise;
  const major = majorIn(image.config.environment);
  const { dataMajor = major } = onlyIf;
  if (major !== undefined && dataMajor !== undefined && major !== dataMajor)
    throw fromFacts(majorUpgrade(desired, dataMajor, major));
  return action;
}
