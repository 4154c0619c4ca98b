import type { Ports } from "../../core/ports.ts";
import type { Own } from "./model.ts";
import { remove } from "./run.ts";

/**
 * Puts one that was stopped aside, where nothing starts it by itself. An engine that starts, after a crash or with its
 * machine, starts what has a restart policy, also what was stopped (Docker: "Start containers automatically"): beside the
 * one in its place it would write the same data. Under its old name it keeps its policy, since only a name tells later
 * that it has none.
 *
 * @returns whether it is still there: where the engine would start it and cannot be told not to, it is removed
 */
export async function putAside(
  own: Own,
  name: string,
  isDataAtStake: boolean,
  ports: Ports,
  signal: AbortSignal,
): Promise<boolean> {
  const { containers } = ports;
  const canForbid = (await containers.facts(signal)).changesInPlace.has("restart");
  if (!canForbid && isDataAtStake && own.restart.name === "always") {
    await remove(own, ports, signal);
    return false;
  }
  if (own.name !== name) await containers.renameContainer(own.id, name, signal);
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
