import { PoststackError } from "../../core/errors.ts";
import type { ContainerDetails } from "../../core/ports/container-facts.ts";
import { isCode, Refusal } from "./failure.ts";

/** What Docker says to a second removal of a container (daemon/delete.go, ContainerRm). Podman lets the second one wait. */
export const isRemovalInProgress = (error: unknown): boolean =>
  error instanceof PoststackError &&
  error.cause instanceof Refusal &&
  /removal of container .* is already in progress/i.test(error.cause.message);

/**
 * Who has a name that an engine would not give. A container keeps its name until the engine has removed it altogether, which
 * under load takes seconds (moby#37698): Docker shows it as `removing`, and for the last of its removal, or while it is
 * being made, knows it by no name at all (daemon/delete.go, cleanupContainer). That passes by itself, and is nobody's fault.
 *
 * @param error of a call that asked for the name
 * @param holder what the engine has under the name now
 * @returns `ENGINE_BUSY` of a name that will be free by itself, or that somebody is taking; else the error as it was
 */
export function unlessPassing(
  error: unknown,
  name: string,
  holder: Pick<ContainerDetails, "state"> | undefined,
): unknown {
  if (!isCode(error, "NAME_TAKEN") || (holder !== undefined && holder.state !== "removing")) return error;
  const what =
    holder === undefined
      ? `the name "${name}" is not free, and no container has it: the engine is removing or making one`
      : `the engine is still removing the container that has the name "${name}"`;
  return new PoststackError("ENGINE_BUSY", { what, next: "run the same again: it passes by itself" }, { cause: error });
}
