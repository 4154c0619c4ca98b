import { PoststackError } from "../../core/errors.ts";
import type { ContainerState } from "../../core/ports/container-facts.ts";
import { Refusal } from "./failure.ts";

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
 * @param holder what the engine has under the name now: a container in this state, storage without one, or nothing
 * @returns `ENGINE_BUSY` of a name that will be free by itself, or that somebody is taking; else `NAME_TAKEN`
 */
export function unlessPassing(error: unknown, name: string, holder: ContainerState | "storage" | "nobody"): unknown {
  if (!(error instanceof PoststackError) || error.code !== "NAME_TAKEN") return error;
  const told = { details: [error.message] };
  switch (holder) {
    case "removing": {
      const what = `the engine is still removing the container that has the name "${name}"`;
      return new PoststackError("ENGINE_BUSY", { ...told, what, next: passes }, { cause: error });
    }
    case "nobody": {
      const what = `the name "${name}" is not free, and no container has it: the engine is removing or making one`;
      return new PoststackError("ENGINE_BUSY", { ...told, what, next: passesOrIsLost }, { cause: error });
    }
    case "storage": {
      const what = `the name "${name}" is taken by storage that belongs to no container Podman knows`;
      const next = `see whether somebody needs it (podman ps --all --external), and remove it: podman rm --storage ${name}`;
      return new PoststackError("NAME_TAKEN", { ...told, what, next }, { cause: error });
    }
    default:
      return error;
  }
}

const passes = "run the same again: it passes by itself";
/** Docker has lost names with a creation that failed, and gave them back with its next start (moby#23371). */
const passesOrIsLost = `${passes}; where it does not, the engine has lost hold of the name, and its restart frees it`;
