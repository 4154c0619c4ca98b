import { observedMark, resourceIn } from "../../core/engine-labels.ts";
import { kindOf, nameOf, type ResourceId } from "../../core/id.ts";
import type { ContainerSummary } from "../../core/ports/container-facts.ts";
import { checkEngine } from "../../engine/known-engine.ts";
import type { OpenedEnvironment } from "../open.ts";

/** A container of an environment, as its labels tell: also the one of its server, and what is left over. */
export interface OwnContainer {
  readonly resource: ResourceId;
  /** `web`, `web.2`, `postgres` */
  readonly called: string;
  readonly summary: ContainerSummary;
}

/** By one list call; none where nothing was ever made on an engine. @throws PoststackError `ENGINE_*` */
export async function ownContainers(
  { ports }: Pick<OpenedEnvironment, "ports">,
  signal: AbortSignal,
): Promise<readonly OwnContainer[]> {
  if (!(await hasEngine({ ports }, signal))) return [];
  const mark = observedMark(ports);
  return (await ports.containers.containers(signal))
    .flatMap((summary): OwnContainer[] => {
      const resource = resourceIn(summary.labels, mark);
      const isContainer = resource !== undefined && ["container", "instance", "job"].includes(kindOf(resource));
      return isContainer ? [{ resource, called: nameOf(resource), summary }] : [];
    })
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
