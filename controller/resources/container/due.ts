import { bareId } from "../../core/image-reference.ts";
import type { Ports } from "../../core/ports.ts";
import type { ContainerAction } from "./model.ts";

/** What is really to be done, now that the images are there; undefined: nothing. */
export async function dueOf(
  action: ContainerAction,
  ports: Ports,
  signal: AbortSignal,
): Promise<ContainerAction | undefined> {
  if ((action.verb !== "replace" && action.verb !== "restart") || action.onlyIf === undefined) return action;
  for (const { reference, madeFrom } of action.onlyIf) {
    const image = await ports.containers.inspectImage(reference, signal);
    if (image !== undefined && bareId(image.id) !== bareId(madeFrom)) return action;
  }
  return action.otherwise === undefined ? undefined : dueOf(action.otherwise, ports, signal);
}
