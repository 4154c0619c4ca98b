import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Ending, Own } from "./model.ts";
import { removeWithInside } from "./run.ts";

/**
 * Puts one that was stopped aside, where nothing starts it by itself. An engine that starts, after a crash or with its
 * machine, starts what has a restart policy, also what was stopped (Docker: "Start containers automatically"): beside the
 * one in its place it would write the same data. Under its old name it keeps its policy, since only a name tells later
 * that it has none.
 *
 * @param inside what may live inside it: started with the machine, it would take this one along (Podman starts what a
 * container depends on, podman-start(1))
 * @returns whether it is still there: where the engine would start it and cannot be told not to, it is removed
 */
export async function putAside(
  own: Own,
  name: string,
  isDataAtStake: boolean,
  inside: readonly Ending[],
  ports: Ports,
  signal: AbortSignal,
): Promise<boolean> {
  const { containers } = ports;
  const canForbid = (await containers.facts(signal)).changesInPlace.has("restart");
  const startsByItself = [own, ...inside.map(({ current }) => current)].some(
    ({ restart }) => restart.name === "always",
  );
  if (!canForbid && isDataAtStake && startsByItself) {
    await removeWithInside(own, inside, ports, signal);
    return false;
  }
  try {
    if (own.name !== name) await containers.renameContainer(own.id, name, signal);
  } catch (error) {
    // It went with the one that it lived inside of.
    if (error instanceof PoststackError && error.code === "ENGINE_OBJECT_GONE") return false;
    throw error;
  }
  // Whatever it was made with: somebody may have given it another one since.
  if (canForbid) await containers.updateContainer(own.id, { restart: { name: "no" } }, signal);
  return true;
}

/** Gives it its policy and its name back, in this order: one that has its name is taken for one that has both. */
export async function takeBack(own: Own, name: string, ports: Ports, signal: AbortSignal): Promise<void> {
  const { containers } = ports;
  const { changesInPlace } = await containers.facts(signal);
  if (own.restart.name !== "no" && changesInPlace.has("restart")) {
    await containers.updateContainer(own.id, { restart: own.restart }, signal);
  }
  await containers.renameContainer(own.id, name, signal);
}
