import { derivedName } from "../../../core/derived-name.ts";
import { resourceId, type ResourceId } from "../../../core/id.ts";
import type { ComposeProject } from "../../compose/model.ts";

/** One container of a service. */
export interface Peer {
  readonly id: ResourceId;
  /** As the engine knows it. */
  readonly name: string;
  /** From 1. */
  readonly number: number;
  /** What a person may call it, besides its service and its id: `web.1`, and its name in the engine. */
  readonly called: readonly string[];
}

/** The containers that a project is to have, by service. */
export interface Peers {
  readonly of: (service: string) => readonly Peer[];
  /** The one that is meant where another container shares something with a service. */
  readonly first: (service: string) => Peer;
}

/**
 * The first container of a service is `container:web`, the others are `container:web.2` and so on: a service that grows
 * keeps those that it has. Names in the engine are Compose's: `myapp-dev-web-1`.
 */
export function peersOf(project: ComposeProject): Peers {
  const peer = (service: string, number: number): Peer => {
    const name = project.services.get(service)?.container_name ?? derivedName([project.name, service, number]);
    const id = resourceId("container", number === 1 ? service : `${service}.${number}`);
    return { id, name, number, called: [`${service}.${number}`, name] };
  };
  return {
    of(service) {
      const { scale, deploy } = project.services.get(service) ?? {};
      return Array.from({ length: scale ?? deploy?.replicas ?? 1 }, (_, index) => peer(service, index + 1));
    },
    first: (service) => peer(service, 1),
  };
}
