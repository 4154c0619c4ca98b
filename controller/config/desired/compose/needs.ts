import type { ComposeProject } from "../../compose/model.ts";
import type { ComposeService } from "../../compose/service-model.ts";
import type { ResourceId } from "../../../core/id.ts";
import type { Need } from "../../../resources/container/model.ts";
import type { Peers } from "./peers.ts";

const conditions = {
  service_started: "started",
  service_healthy: "healthy",
  service_completed_successfully: "completed",
} as const satisfies Record<string, Need["condition"]>;

/** `depends_on`, for each container of the services named there. One that is not active needs no waiting for. */
export const needsOf = (service: ComposeService, { services }: ComposeProject, peers: Peers): readonly Need[] =>
  [...(service.depends_on ?? [])].flatMap(([wanted, { condition, required, restart = false }]) =>
    services.has(wanted)
      ? peers
          .of(wanted)
          .map(({ id, name }): Need => ({ id, name, condition: conditions[condition], required, restart }))
      : [],
  );

/** The containers whose network, processes or volumes this one goes into. */
export function sharesOf(service: ComposeService, peers: Peers): readonly ResourceId[] {
  const modes = [service.network_mode, service.pid, service.ipc, service.uts];
  const spaces = modes.flatMap((mode) =>
    mode?.startsWith("service:") === true ? [mode.slice("service:".length)] : [],
  );
  const volumes = (service.volumes_from ?? [])
    .filter((from) => !from.startsWith("container:"))
    .map((from) => from.split(":")[0] ?? from);
  return [...new Set([...spaces, ...volumes])].map((name) => peers.first(name).id).sort();
}

/** Services that others wait for to end well: to have run once is what is wanted of them. */
export const runOnce = ({ services }: ComposeProject): ReadonlySet<string> =>
  new Set(
    [...services.values()].flatMap(({ depends_on = new Map() }) =>
      [...depends_on].flatMap(([name, { condition }]) =>
        condition === "service_completed_successfully" ? [name] : [],
      ),
    ),
  );
