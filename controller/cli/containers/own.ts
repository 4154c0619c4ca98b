import { nameOf } from "../../core/id.ts";
import { claimsAmong, type Claim } from "../../core/ownership.ts";
import { checkEngine } from "../../engine/known-engine.ts";
import type { OpenedEnvironment } from "../open.ts";

/** A container of an environment: also the one of its server, and what is left over. */
export interface OwnContainer extends Claim {
  /** `web`, `web.2`, `postgres` */
  readonly called: string;
}

/** By one list call, two where somebody renamed one; none where nothing was ever made on an engine. @throws PoststackError `ENGINE_*` */
export async function ownContainers(
  { ports }: Pick<OpenedEnvironment, "ports">,
  signal: AbortSignal,
): Promise<readonly OwnContainer[]> {
  if (!(await hasEngine({ ports }, signal))) return [];
  return (await claimsAmong(await ports.containers.containers(signal), ports, signal))
    .map((claim): OwnContainer => ({ ...claim, called: nameOf(claim.resource) }))
    .sort((a, b) => (a.resource < b.resource ? -1 : a.resource > b.resource ? 1 : 0));
}

/**
 * Whether the environment has ever had something on an engine; it is the one that answers now.
 *
 * @throws PoststackError `ENGINE_CHANGED`: it is another one
 */
export async function hasEngine({ ports }: Pick<OpenedEnvironment, "ports">, signal: AbortSignal): Promise<boolean> {
  const knownEngine = ports.state.read()?.engine;
  if (knownEngine === undefined) return false;
  await checkEngine({ scope: new Set(["container"]), knownEngine }, ports, signal);
  return true;
}
